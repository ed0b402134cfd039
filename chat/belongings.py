"""What the record keeps of a person: taken along as lines of JSON, and removed with the account."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final

from accounts.belongings import Part, lines
from accounts.models import User
from chat.errors import RunAlreadyFinished, RunNotFound
from chat.events import encode_event
from chat.log import lock_stream, read_after
from chat.models import Blob, Event, Message, Run, Thread, UserStream
from chat.runs import cancel_run
from chat.selectors import active_runs_for, stream_for, usage_for
from chat.serializers import shape_message, shape_run, shape_thread

EVENTS_A_READ: Final = 2_000
ROWS_A_READ: Final = 500


def stop_runs(user: User) -> None:
    """Cancels whatever is queued or running, as the person could have done."""
    for run in active_runs_for(user):
        with suppress(RunAlreadyFinished, RunNotFound):
            cancel_run(user, run.id)


def describe_usage(user: User) -> list[tuple[str, str]]:
    """The person's counters in words."""
    used = usage_for(user)
    tokens = sum(used["tokens"].values())
    return [
        ("Questions asked", f"{used['runs']:,}, {used['runs_last_hour']:,} of them in the last hour"),
        ("Steps recorded", f"{used['events']:,}"),
        ("Connections open now", f"{used['sockets']:,}"),
        ("Model tokens", f"{tokens:,}"),
        ("Model cost", f"${Decimal(used['cost']):,.2f}"),
    ]


def export_record(user: User) -> Iterator[Part]:
    """Threads, messages, runs and events, a line each, and the results that were too large for an event."""
    threads = Thread.objects.filter(user=user).order_by("id").iterator(ROWS_A_READ)
    yield "threads.jsonl", lines({**shape_thread(thread), "settings": thread.settings} for thread in threads)
    messages = Message.objects.filter(thread__user=user).order_by("id").iterator(ROWS_A_READ)
    yield "messages.jsonl", lines(shape_message(message) for message in messages)
    runs = Run.objects.filter(user=user).order_by("id").iterator(ROWS_A_READ)
    yield "runs.jsonl", lines(shape_run(run) for run in runs)
    yield "events.jsonl", event_lines(user)
    for blob_id in list(Blob.objects.filter(user=user).order_by("id").values_list("id", flat=True)):
        yield f"results/{blob_id}.json", [bytes(Blob.objects.get(id=blob_id).content)]


def event_lines(user: User) -> Iterator[bytes]:
    """The person's log as the socket sends it."""
    stream, after = stream_for(user), 0
    while page := read_after(user.id, after, EVENTS_A_READ):
        yield from (encode_event(stored, stream.epoch) + b"\n" for stored in page)
        after = page[-1].seq


def remove_record(user: User) -> None:
    """Removes the log and everything that was said, in the caller's transaction.

    Runs are locked first and then the stream, as every writer does: what a worker has committed before is seen and
    removed here, and afterwards it finds no run and no stream to write to.
    """
    locked = Run.objects.select_for_update().filter(user=user).order_by("id")
    run_ids = list(locked.values_list("id", flat=True))
    lock_stream(user.id)
    Event.objects.filter(user=user).delete()
    # Without these links a long conversation is not one chain that has to be followed from end to end.
    Message.objects.filter(thread__user=user).update(parent=None, run=None)
    Run.objects.filter(user=user).update(retry_of=None)
    remove_runs(run_ids)
    Message.objects.filter(thread__user=user).delete()
    Thread.objects.filter(user=user).delete()
    UserStream.objects.filter(user=user).delete()


def remove_runs(run_ids: list[uuid.UUID]) -> None:
    """Removes runs with what belongs to each, some at a time."""
    for start in range(0, len(run_ids), ROWS_A_READ):
        batch: list[Any] = run_ids[start : start + ROWS_A_READ]
        Run.objects.filter(id__in=batch).delete()
