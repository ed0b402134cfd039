"""The REST side of the record: shapes in, services and selectors, shapes out."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from chat import receipts, runs, selectors, threads
from chat.errors import CursorAhead, EpochChanged
from chat.serializers import (
    Acknowledgement,
    NewMessage,
    NewThread,
    RetryRequest,
    read_id,
    read_number,
    shape_message,
    shape_run,
    shape_thread,
)


class RecordView(APIView):
    """A view for one signed-in person."""

    def person(self) -> User:
        """Who asks."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def request_id(self) -> str:
        """The id of this request, which the run it starts will carry."""
        return str(getattr(self.request, "request_id", ""))


class ThreadsView(RecordView):
    """The person's threads."""

    def get(self, request: Request) -> Response:
        """One page, the last used first."""
        limit = read_number(request, "limit", selectors.THREADS_A_PAGE, least=1, most=200)
        before = read_id(request, "before")
        found = list(selectors.threads_for(self.person(), before=before, limit=limit + 1))
        page = [shape_thread(thread) for thread in found[:limit]]
        return Response({"threads": page, "next": page[-1]["id"] if len(found) > limit else None})

    def post(self, request: Request) -> Response:
        """A new thread."""
        wanted = NewThread(data=request.data)
        wanted.is_valid(raise_exception=True)
        thread = threads.create_thread(self.person(), **wanted.validated_data)
        return Response(shape_thread(thread), status=201)


class ThreadView(RecordView):
    """One thread."""

    def get(self, request: Request, thread_id: uuid.UUID) -> Response:
        """The thread with all its messages and runs."""
        thread = selectors.thread_for(self.person(), thread_id)
        return Response(
            {
                **shape_thread(thread),
                "messages": [shape_message(message) for message in selectors.messages_of(thread)],
                "runs": [shape_run(run) for run in selectors.runs_of(thread)],
            }
        )


class MessagesView(RecordView):
    """The messages of a thread."""

    def post(self, request: Request, thread_id: uuid.UUID) -> Response:
        """Says something; the answer is the message and the run it started."""
        wanted = NewMessage(data=request.data)
        wanted.is_valid(raise_exception=True)
        posted = threads.post_message(
            self.person(), thread_id=thread_id, request_id=self.request_id(), **wanted.validated_data
        )
        answer = {"message": shape_message(posted.message), "run": shape_run(posted.run)}
        return Response(answer, status=201)


class SnapshotView(RecordView):
    """The page's whole state at one moment."""

    def get(self, request: Request) -> HttpResponse:
        """Thread list, one thread if asked for, and the place in the log they belong to."""
        body = selectors.snapshot_for(self.person(), read_id(request, "thread"))
        return HttpResponse(body, content_type="application/json")


class RunView(RecordView):
    """One run."""

    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        """Where the run is."""
        return Response(shape_run(selectors.run_for(self.person(), run_id)))


class CancelView(RecordView):
    """Stops a run."""

    def post(self, request: Request, run_id: uuid.UUID) -> Response:
        """Ends it at once or asks its worker to."""
        return Response(shape_run(runs.cancel_run(self.person(), run_id)))


class RetryView(RecordView):
    """Tries a run again."""

    def post(self, request: Request, run_id: uuid.UUID) -> Response:
        """A new run for the same question."""
        wanted = RetryRequest(data=request.data)
        wanted.is_valid(raise_exception=True)
        client_id = runs.check_client_id(wanted.validated_data.get("client_id") or uuid.uuid4().hex)
        run = runs.retry_run(self.person(), run_id, client_id, self.request_id())
        return Response({"message": shape_message(run.question), "run": shape_run(run)}, status=201)


class BlobView(RecordView):
    """A result too large for an event."""

    def get(self, request: Request, blob_id: uuid.UUID) -> HttpResponse:
        """The whole result as JSON."""
        blob = selectors.blob_for(self.person(), blob_id)
        return HttpResponse(bytes(blob.content), content_type="application/json")


class UsageView(RecordView):
    """What the person has used."""

    def get(self, request: Request) -> Response:
        """The counters beside what the tier allows."""
        person = self.person()
        allowed = {"runs_per_hour": person.limits.runs_per_hour, "sockets": person.limits.sockets}
        return Response({**selectors.usage_for(person), "tier": person.tier, "allowed": allowed})


class AcknowledgementView(RecordView):
    """Up to where the person's clients have the log."""

    def post(self, request: Request) -> HttpResponse:
        """Takes note of a place; nothing up to it is sent by another way any more."""
        told = Acknowledgement(data=request.data)
        told.is_valid(raise_exception=True)
        stream = selectors.stream_for(self.person())
        if told.validated_data["epoch"] != stream.epoch:
            raise EpochChanged
        if told.validated_data["seq"] > stream.last_seq:
            raise CursorAhead
        receipts.acknowledge(stream.user_id, stream.epoch, told.validated_data["seq"])
        return HttpResponse(status=204)
