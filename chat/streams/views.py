"""The log over HTTP: a page of events, at once or when there are some, and a stream of them."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from chat import selectors
from chat.errors import ChannelOff, ForeignOrigin
from chat.log.places import resync_reason
from chat.models import UserStream
from chat.receipts import acked_seq, acknowledge
from chat.serializers import read_id, read_number
from chat.streams.handover import describe_asker, line_of
from chat.streams.texts import Place, opening_text, read_place, resync_text
from chat.switches import is_on

LONGEST_WAIT_SECONDS: Final = 30
LONGEST_STREAM_SECONDS: Final = 300


class EventsView(APIView):
    """The person's log."""

    def get(self, request: Request) -> HttpResponse:
        """The next events after a place, byte for byte what the socket sends; with `wait` once there are some."""
        after = read_number(request, "after", 0, least=0, most=2**63 - 1)
        limit = read_number(request, "limit", selectors.EVENTS_A_PAGE, least=1, most=2_000)
        seconds = read_number(request, "wait", 0, least=1, most=LONGEST_WAIT_SECONDS)
        if seconds:
            check_direct(request)
        events, stream = selectors.events_for(who_asks(request), after=after, limit=limit)
        if seconds:
            line = line_of(request)
            line.asker = describe_asker(request, stream, cursor=after, has_up_to=after)
            # A place beyond the head is one of another log, for which nothing is worth waiting.
            line.seconds = 0 if events or after > stream.last_seq else seconds
        else:
            note_place(stream, after)
        tail = f'],"head":{stream.last_seq},"floor":{stream.floor_seq},"epoch":"{stream.epoch}"}}'
        body = b'{"events":[' + b",".join(events) + tail.encode()
        headers = {"Cache-Control": "no-store"} if seconds else None
        return HttpResponse(body, content_type="application/json", headers=headers)


def note_place(stream: UserStream, after: int) -> None:
    """Who asks for what comes after a place has everything up to there."""
    if acked_seq(stream.user_id) < after <= stream.last_seq:
        acknowledge(stream.user_id, stream.epoch, after)


class WhateverIsAccepted(DefaultContentNegotiation):
    """EventSource accepts event streams only; errors are JSON all the same, as everywhere."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first, for everybody."""
        return renderers[0], renderers[0].media_type


class EventStreamView(APIView):
    """The person's log as server-sent events."""

    content_negotiation_class = WhateverIsAccepted

    def get(self, request: Request) -> HttpResponse:
        """The beginning of the stream, which the connection goes on with; or the reason why it cannot."""
        check_direct(request)
        person, thread_id = who_asks(request), read_id(request, "thread")
        watched = str(selectors.thread_for(person, thread_id).id) if thread_id else None
        place, stream = named_place(request), selectors.stream_for(person)
        reason = place and resync_reason_of(place, stream)
        if reason:
            return stream_answer(resync_text(stream, reason))
        cursor = place.seq if place else stream.last_seq
        line = line_of(request)
        line.asker = describe_asker(
            request, stream, cursor=cursor, has_up_to=place.seq if place else None, watched_thread=watched
        )
        line.seconds = LONGEST_STREAM_SECONDS
        return stream_answer(opening_text(stream, cursor))


def who_asks(request: Request) -> User:
    """The signed-in person, once the connection has nothing against them."""
    refusal = line_of(request).refusal
    if refusal:
        raise refusal
    assert isinstance(request.user, User)
    return request.user


def check_direct(request: Request) -> None:
    """Refuses where the channel is off, and pages of other sites that come with a session."""
    if not is_on("direct"):
        raise ChannelOff
    origin = request.headers.get("Origin")
    if request.auth is None and origin is not None and origin not in settings.ALLOWED_ORIGINS:
        raise ForeignOrigin


def named_place(request: Request) -> Place | None:
    """Where the client is: by the id of its last event, or on a first connection by its own account."""
    last = request.headers.get("Last-Event-ID")
    if last:
        return read_place(last, "Last-Event-ID")
    after = request.query_params.get("after")
    if after is None:
        return None
    place = read_place(after, "after")
    return Place(place.seq, place.epoch or request.query_params.get("epoch"))


def resync_reason_of(place: Place, stream: UserStream) -> str | None:
    """Why the stream cannot be read on from there, or None."""
    now = str(stream.epoch)
    return resync_reason(place.seq, place.epoch or now, now, stream.last_seq, stream.floor_seq)


def stream_answer(body: bytes) -> HttpResponse:
    """A piece of an event stream, which nothing on the way may keep or hold back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return HttpResponse(body, content_type="text/event-stream", headers=headers)
