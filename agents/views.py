"""This app's part of the chat page."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from agents.models import DataSet
from agents.serializers import shape_data_set
from agents.usage.datasets import dataset_of_thread, datasets_for
from chat.models import Thread


def page_data(user: User, thread: Thread | None) -> dict[str, Any]:
    """Which data sets there are and which one this conversation is about."""
    chosen = dataset_of_thread(user.id, thread.id) if thread else None
    return {
        "dataset": shape_data_set(chosen) if chosen else None,
        "datasets": [shape_data_set(data_set) for data_set in datasets_for(user.id)],
    }


def demo_offer(user: User, thread: Thread | None) -> dict[str, bool]:
    """Whether there is demo data to try."""
    return {"available": DataSet.objects.filter(demo=True, status=DataSet.Status.READY).exists()}
