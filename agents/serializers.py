"""Shapes of the agents API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers

from agents.models import DataImport, DataSet, DataSetVersion


class ImportShape(TypedDict):
    """An import as clients see it."""

    id: str
    status: str
    file_name: str
    file_bytes: int
    bytes_read: int
    rows_read: int
    rows_kept: int
    rows_repeated: int
    rows_rejected: int
    reasons: list[dict[str, Any]]
    detection: dict[str, Any]
    error: dict[str, str] | None
    cancelling: bool
    created_at: str
    finished_at: str | None


# `import` is a word of the language, so this shape is written as a call.
DataSetShape = TypedDict(
    "DataSetShape",
    {
        "id": str,
        "title": str,
        "demo": bool,
        "status": str,
        "version": int | None,
        "rows": int,
        "bytes": int,
        "first_day": str | None,
        "last_day": str | None,
        "created_at": str,
        "summary": dict[str, Any],
        "import": ImportShape | None,
    },
)


def shape_import(data_import: DataImport) -> ImportShape:
    """How far the import is, or how it ended."""
    error = {"code": data_import.error_code, "message": data_import.error_message} if data_import.error_code else None
    return {
        "id": str(data_import.id),
        "status": data_import.status,
        "file_name": data_import.file_name,
        "file_bytes": data_import.file_bytes,
        "bytes_read": data_import.bytes_read,
        "rows_read": data_import.rows_read,
        "rows_kept": data_import.rows_kept,
        "rows_repeated": data_import.rows_repeated,
        "rows_rejected": data_import.rows_rejected,
        "reasons": data_import.reasons,
        "detection": data_import.detection,
        "error": error,
        "cancelling": data_import.cancel_requested_at is not None and not data_import.is_final,
        "created_at": format_moment(data_import.created_at),
        "finished_at": format_moment(data_import.finished_at) if data_import.finished_at else None,
    }


def shape_data_set(data_set: DataSet, newest_import: DataImport | None = None) -> DataSetShape:
    """The data set with the figures of its newest version and its newest import.

    The import is read first: one that is seen as finished has its version, whenever it ended.
    """
    newest = newest_import or data_set.imports.order_by("-id").first()
    return describe(data_set, data_set.versions.order_by("-number").first(), newest)


def shape_data_sets(data_sets: Iterable[DataSet]) -> list[DataSetShape]:
    """Several data sets, with as many queries as for one."""
    listed = list(data_sets)
    versions = DataSetVersion.objects.filter(data_set__in=listed).order_by("data_set_id", "-number")
    imports = DataImport.objects.filter(data_set__in=listed).order_by("data_set_id", "-id")
    import_of = {data_import.data_set_id: data_import for data_import in imports.distinct("data_set_id")}
    version_of = {version.data_set_id: version for version in versions.distinct("data_set_id")}
    return [describe(each, version_of.get(each.id), import_of.get(each.id)) for each in listed]


def describe(data_set: DataSet, version: DataSetVersion | None, newest: DataImport | None) -> DataSetShape:
    """The shape from its rows."""
    return {
        "id": str(data_set.id),
        "title": data_set.title,
        "demo": data_set.demo,
        "status": data_set.status,
        "version": version.number if version else None,
        "rows": version.rows if version else 0,
        "bytes": version.bytes if version else 0,
        "first_day": version.first_day.isoformat() if version else None,
        "last_day": version.last_day.isoformat() if version else None,
        "created_at": format_moment(data_set.created_at),
        "summary": version.summary if version else {},
        "import": shape_import(newest) if newest else None,
    }


def format_moment(moment: datetime) -> str:
    """A moment as clients read it."""
    return moment.isoformat()


class DataSetChoice(serializers.Serializer[None]):
    """Which data set a conversation shall be about; null: none."""

    dataset_id = serializers.UUIDField(allow_null=True)


class NewTitle(serializers.Serializer[None]):
    """Another name for a data set."""

    title = serializers.CharField(max_length=200)
