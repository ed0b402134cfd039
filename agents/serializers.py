"""Shapes of the agents API."""

from __future__ import annotations

from typing import TypedDict

from rest_framework import serializers

from agents.models import DataSet


class DataSetShape(TypedDict):
    """A data set as clients see it."""

    id: str
    title: str
    demo: bool
    status: str
    rows: int
    first_day: str | None
    last_day: str | None


def shape_data_set(data_set: DataSet) -> DataSetShape:
    """The data set with the figures of its newest version."""
    version = data_set.versions.order_by("-number").first()
    return {
        "id": str(data_set.id),
        "title": data_set.title,
        "demo": data_set.demo,
        "status": data_set.status,
        "rows": version.rows if version else 0,
        "first_day": version.first_day.isoformat() if version else None,
        "last_day": version.last_day.isoformat() if version else None,
    }


class DataSetChoice(serializers.Serializer[None]):
    """Which data set a conversation shall be about; null: none."""

    dataset_id = serializers.UUIDField(allow_null=True)
