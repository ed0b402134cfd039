"""Every read; each takes the acting user, so a foreign id is an unknown id."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypedDict, TypeVar

import orjson
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from chat.errors import RunNotFound, ThreadNotFound
from chat.events import encode_event
from chat.heartbeats import count_sockets
from chat.log import ensure_stream, join_deltas, read_after, read_run_events
from chat.models import Blob, Message, Run, Thread, UserStream
from chat.serializers import (
    MessageShape,
    RunShape,
    ThreadShape,
    shape_message,
    shape_run,
    shape_thread,
)

THREADS_A_PAGE: Final = 50
EVENTS_A_PAGE: Final = 500
Answer = TypeVar("Answer")


class ThreadDetail(TypedDict):
    """A thread with all that was said and done in it."""

    thread: ThreadShape
    messages: list[MessageShape]
    runs: list[RunShape]


def threads_for(user: User, *, before: uuid.UUID | None = None, limit: int = THREADS_A_PAGE) -> QuerySet[Thread]:
    """The user's threads, the last used first."""
    threads = Thread.objects.filter(user=user, archived=False)
    if before is not None:
        last = thread_for(user, before)
        earlier = Q(updated_at__lt=last.updated_at) | Q(updated_at=last.updated_at, id__lt=last.id)
        threads = threads.filter(earlier)
    return threads.order_by("-updated_at", "-id")[:limit]


def thread_for(user: User, thread_id: uuid.UUID) -> Thread:
    """The user's thread, or ThreadNotFound."""
    try:
        return Thread.objects.get(id=thread_id, user=user)
    except Thread.DoesNotExist:
        raise ThreadNotFound from None


def run_for(user: User, run_id: uuid.UUID) -> Run:
    """The user's run, or RunNotFound."""
    try:
        return Run.objects.get(id=run_id, user=user)
    except Run.DoesNotExist:
        raise RunNotFound from None


def blob_for(user: User, blob_id: uuid.UUID) -> Blob:
    """The user's large result, or RunNotFound."""
    try:
        return Blob.objects.get(id=blob_id, user=user)
    except Blob.DoesNotExist:
        raise RunNotFound("There is no such result.") from None


def runs_of(thread: Thread) -> QuerySet[Run]:
    """The runs of a thread already fetched for its owner, oldest first."""
    return Run.objects.filter(thread=thread).order_by("id")


def messages_of(thread: Thread) -> QuerySet[Message]:
    """The messages of a thread already fetched for its owner, oldest first."""
    return Message.objects.filter(thread=thread).order_by("id")


def active_runs_for(user: User) -> QuerySet[Run]:
    """The user's runs that have not ended."""
    return Run.objects.filter(user=user, status__in=Run.ACTIVE).order_by("id")


class QueueOverview(TypedDict):
    """How much is waiting and at work, and how long the oldest run that could start has been waiting."""

    queued: int
    running: int
    oldest_seconds: float


COUNT_QUEUE: Final = """
SELECT (SELECT count(*) FROM chat_run WHERE status = 'queued'),
       (SELECT count(*) FROM chat_run WHERE status = 'running'),
       (SELECT extract(epoch FROM clock_timestamp() - min(run.created_at))::float8 FROM chat_run AS run
         WHERE run.status = 'queued' AND NOT EXISTS (
               SELECT 1 FROM chat_run AS other WHERE other.thread_id = run.thread_id
                  AND (other.status = 'running' OR (other.status = 'queued' AND other.id < run.id))))
"""


def queue_overview() -> QueueOverview:
    """The queue of all people, in figures only."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_QUEUE)
        queued, running, oldest = cursor.fetchone()
    return {"queued": queued, "running": running, "oldest_seconds": round(oldest or 0.0, 1)}


class UsageShape(TypedDict):
    """What one person has used; nobody else's doing moves any of it."""

    runs: int
    runs_last_hour: int
    events: int
    sockets: int
    tokens: dict[str, int]
    cost: str


COUNT_USAGE: Final = """
SELECT count(*), count(*) FILTER (WHERE created_at > clock_timestamp() - interval '1 hour'),
       COALESCE(sum((usage ->> 'input_tokens')::bigint), 0), COALESCE(sum((usage ->> 'output_tokens')::bigint), 0),
       COALESCE(sum((usage ->> 'cached_read_tokens')::bigint), 0),
       COALESCE(sum((usage ->> 'cache_write_tokens')::bigint), 0),
       COALESCE(sum((usage ->> 'reasoning_tokens')::bigint), 0), COALESCE(sum(cost), 0)
  FROM chat_run WHERE user_id = %s
"""


def usage_for(user: User) -> UsageShape:
    """The user's counters: runs, events, open sockets, tokens and cost of the models that worked for them."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_USAGE, [user.id])
        runs, last_hour, given, written, cached, kept, thought, cost = cursor.fetchone()
    return {
        "runs": runs,
        "runs_last_hour": last_hour,
        "events": stream_for(user).last_seq,
        "sockets": count_sockets(user.id),
        "tokens": {
            "input": int(given),
            "cached_read": int(cached),
            "cache_write": int(kept),
            "output": int(written),
            "reasoning": int(thought),
        },
        "cost": str(cost),
    }


def stream_for(user: User) -> UserStream:
    """The user's stream, made on first use."""
    ensure_stream(user.id)
    return UserStream.objects.get(user=user)


def events_for(user: User, *, after: int, limit: int = EVENTS_A_PAGE) -> tuple[list[bytes], UserStream]:
    """The next events of the user's log, encoded as on the socket, and the stream they belong to."""
    # Events first: what was removed meanwhile then shows in the floor.
    events = read_after(user.id, after, limit)
    stream = stream_for(user)
    return [encode_event(event, stream.epoch) for event in events], stream


def in_one_snapshot(read: Callable[..., Answer]) -> Callable[..., Answer]:
    """Runs the read in one REPEATABLE READ transaction: everything it sees is of one moment."""

    @wraps(read)
    def reading(*args: Any, **kwargs: Any) -> Answer:
        if connection.in_atomic_block:
            return read(*args, **kwargs)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return read(*args, **kwargs)

    return reading


def snapshot_for(user: User, thread_id: uuid.UUID | None) -> bytes:
    """The page's whole state and the place in the log it belongs to, as JSON."""
    ensure_stream(user.id)
    return read_snapshot(user, thread_id)


@in_one_snapshot
def read_snapshot(user: User, thread_id: uuid.UUID | None) -> bytes:
    """The snapshot, all of one moment."""
    stream = UserStream.objects.get(user=user)
    thread = thread_for(user, thread_id) if thread_id else None
    return orjson.dumps(
        {
            "epoch": str(stream.epoch),
            "as_of_seq": stream.last_seq,
            "threads": [shape_thread(t) for t in threads_for(user)],
            "active_runs": [shape_run(run) for run in active_runs_for(user)],
            "thread": thread_state(thread, stream) if thread else None,
        }
    )


def thread_state(thread: Thread, stream: UserStream) -> dict[str, Any]:
    """A thread with its messages, runs and the events of those runs."""
    runs = list(runs_of(thread))
    events = read_run_events([run.id for run in runs], stream.last_seq)
    return {
        **shape_thread(thread),
        "messages": [shape_message(message) for message in messages_of(thread)],
        "runs": [shape_run(run) for run in runs],
        "events": [orjson.Fragment(encode_event(event, stream.epoch)) for event in join_deltas(events)],
    }
