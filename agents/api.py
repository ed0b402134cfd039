"""The REST side of usage data: bring it, look at it, change it, choose it."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from agents import imports
from agents.incoming import UploadView, read_fields, read_head, read_incoming
from agents.serializers import DataSetChoice, NewTitle, shape_data_set, shape_data_sets
from agents.usage.datasets import choose_dataset, dataset_for, datasets_for, forget_dataset, rename_dataset
from agents.usage.rejects import iterate_rejects, read_rejects
from chat.api import RecordView
from chat.selectors import thread_for
from chat.serializers import read_number

ROWS_A_PAGE = 50
MOST_ROWS_A_PAGE = 500


class DataSetsView(UploadView):
    """The data sets this person may ask about."""

    def get(self, request: Request) -> Response:
        """Their own and the shared demo."""
        return Response({"datasets": shape_data_sets(datasets_for(self.person().id))})

    def post(self, request: Request) -> Response:
        """A new data set from a file, a text or rows; the import goes on in the background."""
        incoming = read_incoming(request, self.request_id())
        title = str(read_fields(request).get("title") or "")
        begun = imports.begin_data_set(self.person(), title, incoming)
        return Response(shape_data_set(begun.data_set, begun), status=201)


class DetectView(UploadView):
    """What a file is, by its beginning."""

    def post(self, request: Request) -> Response:
        """The format and why, the proposed mapping, and the first rows as they would be read; nothing is stored."""
        from agents.usage.recognition import HEAD_BYTES, recognise_head  # brings the database of usage data along

        incoming = read_incoming(request, self.request_id())
        head = read_head(incoming)
        wish = imports.read_wish(incoming.reading())
        return Response(recognise_head(head, incoming.file_name, wish, cut=len(head) >= HEAD_BYTES))


class DataSetView(RecordView):
    """One data set."""

    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """Its summary, and how far its newest import is."""
        return Response(shape_data_set(dataset_for(self.person().id, dataset_id)))

    def patch(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """Another name."""
        wanted = NewTitle(data=request.data)
        wanted.is_valid(raise_exception=True)
        data_set = rename_dataset(self.person().id, dataset_id, wanted.validated_data["title"])
        return Response(shape_data_set(data_set))

    def delete(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """Away with it and with every file of it."""
        imports.forget_data_set(self.person(), dataset_id)
        return Response(status=204)


class RowsView(UploadView):
    """The rows of a data set."""

    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """Some of them, the newest first, with what each cost."""
        from agents.overview import read_preview  # brings the database of usage data along

        limit = read_number(request, "limit", ROWS_A_PAGE, least=1, most=MOST_ROWS_A_PAGE)
        after = read_number(request, "after", 0, least=0, most=10_000)
        return Response(read_preview(dataset_for(self.person().id, dataset_id), self.person(), after, limit))

    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """More rows; the import goes on in the background."""
        begun = imports.append_to(self.person(), dataset_id, read_incoming(request, self.request_id()))
        return Response(shape_data_set(begun.data_set, begun), status=201)


class RejectsView(RecordView):
    """The rows of the newest import that could not be used."""

    def get(self, request: Request, dataset_id: uuid.UUID) -> Response | HttpResponse:
        """Line, reason and row of each, a page at a time; `?download` gives all that was kept as JSON lines."""
        data_set = dataset_for(self.person().id, dataset_id)
        newest = imports.newest_import(data_set)
        folder = imports.folder_of(newest) if newest else None
        if "download" in request.query_params:
            body = b"".join(iterate_rejects(folder)) if folder else b""
            disposition = {"Content-Disposition": 'attachment; filename="rejects.jsonl"'}
            return HttpResponse(body, content_type="application/x-ndjson", headers=disposition)
        limit = read_number(request, "limit", ROWS_A_PAGE, least=1, most=MOST_ROWS_A_PAGE)
        after = read_number(request, "after", 0, least=0, most=10**9)
        found = read_rejects(folder, after, limit) if folder else []
        total = newest.rows_rejected if newest else 0
        reasons = newest.reasons if newest else []
        following = after + len(found) if len(found) == limit else None
        return Response({"rejects": found, "total": total, "reasons": reasons, "next": following})


class SpendView(RecordView):
    """What a data set's owner sees first: spend over time, and where it goes."""

    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """Finished blocks with their charts."""
        from agents.overview import describe_spend  # brings the database of usage data along

        return Response(describe_spend(dataset_for(self.person().id, dataset_id), self.person()))


class MappingView(RecordView):
    """How an upload that was not understood is to be read."""

    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """What it is, as far as its beginning tells, with the first rows as they would be read."""
        return Response(imports.look_at_upload(self.person(), dataset_id))

    def put(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """Reads it again with this format, mapping and options."""
        begun = imports.remap_import(self.person(), dataset_id, read_incoming(request, self.request_id(), empty=True))
        return Response(shape_data_set(begun.data_set, begun))


class CancelImportView(RecordView):
    """Stops an import."""

    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """At once, or as soon as its worker hears of it; nothing of it is kept."""
        ended = imports.cancel_import(self.person(), dataset_id)
        return Response(shape_data_set(ended.data_set, ended))


class RetryImportView(RecordView):
    """Tries an import again."""

    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """The same upload, read in the same way."""
        begun = imports.retry_import(self.person(), dataset_id)
        return Response(shape_data_set(begun.data_set, begun))


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
