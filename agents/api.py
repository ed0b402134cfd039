"""The REST side of usage data."""

from __future__ import annotations

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from agents.serializers import DataSetChoice, shape_data_set
from agents.usage.datasets import choose_dataset, datasets_for, forget_dataset
from chat.api import RecordView
from chat.selectors import thread_for


class DataSetsView(RecordView):
    """The data sets this person may ask about."""

    def get(self, request: Request) -> Response:
        """Their own and the shared demo."""
        return Response({"datasets": [shape_data_set(d) for d in datasets_for(self.person().id)]})


class ThreadDataView(RecordView):
    """The data set of a conversation."""

    def put(self, request: Request, thread_id: uuid.UUID) -> Response:
        """Chooses it; null takes the choice back."""
        thread = thread_for(self.person(), thread_id)
        choice = DataSetChoice(data=request.data)
        choice.is_valid(raise_exception=True)
        dataset_id = choice.validated_data["dataset_id"]
        if dataset_id is None:
            forget_dataset(thread.id)
            return Response({"dataset": None})
        chosen = choose_dataset(self.person().id, thread.id, dataset_id)
        return Response({"dataset": shape_data_set(chosen.data_set)})
