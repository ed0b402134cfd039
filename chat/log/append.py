"""The append: many users' events, fenced by their runs, in one call of the database and so in one transaction.

Locks are held only while the database itself works: a writer that is slow, stopped or dead between two statements
would hold its users up, and here there is no between.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from django.conf import settings

from chat.events import NewEvent, StoredEvent, clean, encode_event


class Fence(NamedTuple):
    """What must still be true of a run for its events to be written."""

    run_id: uuid.UUID
    attempt: int
    base: int
    owner: str
    status: str = "running"


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of the run with its terminal event, in the same transaction."""

    status: str
    owner: str
    ended_at: datetime
    error_code: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    cost: Decimal | None = None
    message_id: uuid.UUID | None = None
    message_parent_id: uuid.UUID | None = None
    message_text: str = ""


@dataclass(frozen=True, slots=True)
class Append:
    """Events of one user, in order, of one run (with its fence) or of none."""

    user_id: uuid.UUID
    events: tuple[NewEvent, ...]
    fence: Fence | None = None
    ending: Ending | None = None
    # Of a run in performance mode: its publish is tried again at once.
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one commit added to one user's stream, encoded and ready to publish."""

    user_id: uuid.UUID
    epoch: uuid.UUID
    prev: int
    to: int
    events: tuple[tuple[StoredEvent, bytes], ...]
    urgent: bool = False


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    chunks: list[Chunk] = field(default_factory=list)
    fenced: set[uuid.UUID] = field(default_factory=set)
    cancel_requested: set[uuid.UUID] = field(default_factory=set)
    locked: set[uuid.UUID] = field(default_factory=set)


Row = tuple[str, int | None, uuid.UUID | None, bool]


def append_values(batch: Sequence[Append], *, wait: bool) -> tuple[Any, ...]:
    """The parameters of APPEND. Without `wait` a locked run or user is left out, so that it delays nobody else."""
    columns = zip(*map(append_row, batch), strict=True)
    events = zip(
        *(event_row(place, event) for place, append in enumerate(batch, start=1) for event in append.events),
        strict=True,
    )
    endings = [ending_fields(place, append) for place, append in enumerate(batch, start=1) if append.ending]
    return wait, settings.LEASE_SECONDS, *map(list, columns), *map(list, events), encode_endings(endings)


def append_row(append: Append) -> tuple[Any, ...]:
    """Whose it is, its fence if it has one, and how many events it adds."""
    fence = append.fence
    if fence is None:
        return append.user_id, None, None, None, None, None, None, len(append.events)
    later_owner = append.ending.owner if append.ending else fence.owner
    return (
        append.user_id,
        fence.run_id,
        fence.attempt,
        fence.base,
        fence.status,
        fence.owner,
        later_owner,
        len(append.events),
    )


def event_row(place: int, event: NewEvent) -> tuple[Any, ...]:
    """An event of the append at this place of the batch."""
    return (
        place,
        event.thread_id,
        event.run_id,
        str(event.type),
        event.agent_name,
        event.terminal,
        event.created_at,
        event.data.decode(),
    )


def ending_fields(place: int, append: Append) -> dict[str, Any]:
    """What else the end of a run writes."""
    ending, fence = append.ending, append.fence
    assert ending is not None
    assert fence is not None
    return {
        "place": place,
        "run_id": fence.run_id,
        "thread_id": append.events[-1].thread_id,
        "status": ending.status,
        "owner": ending.owner,
        "ended_at": ending.ended_at,
        "error_code": ending.error_code,
        "usage": ending.usage,
        "cost": None if ending.cost is None else str(ending.cost),
        "message_id": ending.message_id,
        "message_parent_id": ending.message_parent_id,
        "message_text": ending.message_text,
    }


def encode_endings(endings: list[dict[str, Any]]) -> str:
    """The ends as JSON; characters no text of the database can hold are replaced."""
    return orjson.dumps(clean(endings)).decode()


def read_outcome(batch: Sequence[Append], rows: Iterable[Row]) -> Outcome:
    """What became of each append, and what was added to each user's stream."""
    outcome = Outcome()
    added: dict[uuid.UUID, list[StoredEvent]] = {}
    epochs: dict[uuid.UUID, uuid.UUID] = {}
    for append, (result, before, epoch, is_cancelled) in zip(batch, rows, strict=True):
        if is_cancelled and append.fence:
            outcome.cancel_requested.add(append.fence.run_id)
        if result == "locked":
            outcome.locked.add(append.user_id)
        elif result == "fenced" and append.fence:
            outcome.fenced.add(append.fence.run_id)
        elif before is not None and epoch is not None:
            epochs[append.user_id] = epoch
            added.setdefault(append.user_id, []).extend(place_events(append, before))
    urgent = {append.user_id for append in batch if append.urgent}
    outcome.chunks = [
        make_chunk(user_id, epochs[user_id], events, urgent=user_id in urgent) for user_id, events in added.items()
    ]
    return outcome


def place_events(append: Append, before: int) -> Iterable[StoredEvent]:
    """Each event at its place in its user's stream and in its run."""
    fence = append.fence
    for index, event in enumerate(append.events):
        attempt, run_seq = (fence.attempt, fence.base + index) if fence else (0, None)
        yield StoredEvent(event, before + 1 + index, attempt, run_seq)


def make_chunk(user_id: uuid.UUID, epoch: uuid.UUID, events: list[StoredEvent], *, urgent: bool = False) -> Chunk:
    """What one commit added to one user's stream."""
    encoded = tuple((event, encode_event(event, epoch)) for event in events)
    return Chunk(user_id, epoch, events[0].seq - 1, events[-1].seq, encoded, urgent)
