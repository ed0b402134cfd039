"""The append as steps of SQL: locks, fence, bump, insert, end of a run."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import orjson
from django.conf import settings

from chat.events import NewEvent, StoredEvent, encode_event
from chat.log.statements import (
    ADD_MESSAGE,
    COPY,
    END_RUN,
    INSERT,
    LOCK_RUNS,
    LOCK_STREAMS,
    REREAD,
    TAKE_PLACES,
    TOUCH_THREAD,
)

# Below it one INSERT is quicker: it shares a round trip with COMMIT, which COPY cannot.
COPY_FROM_ROWS: Final = 100


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


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one commit added to one user's stream, encoded and ready to publish."""

    user_id: uuid.UUID
    epoch: uuid.UUID
    prev: int
    to: int
    events: tuple[tuple[StoredEvent, bytes], ...]


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    chunks: list[Chunk] = field(default_factory=list)
    fenced: set[uuid.UUID] = field(default_factory=set)
    cancel_requested: set[uuid.UUID] = field(default_factory=set)
    locked: set[uuid.UUID] = field(default_factory=set)


class Head(NamedTuple):
    """Where a user's stream is."""

    last_seq: int
    epoch: uuid.UUID


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a step; the statements of a step do not need each other's results."""

    sql: str
    params: Sequence[Any] = ()
    copy_rows: list[tuple[Any, ...]] | None = None


Rows = list[tuple[Any, ...]]
Steps = Generator[list[Statement], list[Rows], Outcome]


def append_steps(batch: Sequence[Append], *, wait: bool, own_transaction: bool) -> Steps:
    """The append as steps of SQL. Locks are taken in one order: runs by id, then streams by user.

    Without `wait` a locked run or user is left out and reported, so that it delays nobody else.
    """
    outcome = Outcome()
    begin = [Statement("BEGIN")] if own_transaction else []
    skip = "" if wait else "SKIP LOCKED"
    runs = sorted({a.fence.run_id for a in batch if a.fence})
    users = sorted({a.user_id for a in batch})
    results = yield [
        *begin,
        Statement(LOCK_RUNS.format(skip=skip), (runs,)),
        Statement(LOCK_STREAMS.format(skip=skip), (users,)),
    ]
    free_runs, free_users = ({row[0] for row in rows} for rows in results[-2:])
    free = []
    for append in batch:
        if append.user_id in free_users and (append.fence is None or append.fence.run_id in free_runs):
            free.append(append)
        elif wait and append.fence:
            outcome.fenced.add(append.fence.run_id)
        else:
            outcome.locked.add(append.user_id)
    passed, heads = yield from take_places(free, outcome)
    yield from write_passed(passed, heads, outcome, [Statement("COMMIT")] if own_transaction else [])
    return outcome


def take_places(
    batch: list[Append], outcome: Outcome
) -> Generator[list[Statement], list[Rows], tuple[list[Append], dict[uuid.UUID, Head]]]:
    """The appends whose run is still the writer's, and the heads of the streams after them."""
    if not batch:
        return [], {}
    results = yield [Statement(TAKE_PLACES, place_columns(batch))]
    passed = {run_id: is_cancelled for run_id, is_cancelled, *_ in results[0] if run_id is not None}
    heads = {row[2]: Head(row[3], row[4]) for row in results[0] if row[2] is not None}
    outcome.cancel_requested |= {run_id for run_id, is_cancelled in passed.items() if is_cancelled}
    lost = [append for append in batch if append.fence and append.fence.run_id not in passed]
    if lost:
        results = yield [Statement(REREAD, ([a.fence.run_id for a in lost if a.fence],))]
        now = {row[0]: row[1:] for row in results[0]}
        outcome.fenced |= {a.fence.run_id for a in lost if a.fence and not was_committed(a, now)}
    return [append for append in batch if append.fence is None or append.fence.run_id in passed], heads


def place_columns(batch: list[Append]) -> tuple[Any, ...]:
    """The parameters of TAKE_PLACES: a column each of what is fenced, then of what is not."""
    fenced = [(append, append.fence) for append in batch if append.fence]
    free = [append for append in batch if append.fence is None]
    return (
        [fence.run_id for _, fence in fenced],
        [append.user_id for append, _ in fenced],
        [fence.attempt for _, fence in fenced],
        [fence.base for _, fence in fenced],
        [len(append.events) for append, _ in fenced],
        [fence.owner for _, fence in fenced],
        [fence.status for _, fence in fenced],
        settings.LEASE_SECONDS,
        [append.user_id for append in free],
        [len(append.events) for append in free],
    )


def was_committed(append: Append, now: dict[uuid.UUID, tuple[Any, ...]]) -> bool:
    """True if an earlier try of this very append had committed and only its acknowledgement was lost."""
    fence = append.fence
    if fence is None or fence.run_id not in now:
        return False
    attempt, next_run_seq, owner = now[fence.run_id]
    expected_owner = append.ending.owner if append.ending else fence.owner
    return bool(
        attempt == fence.attempt and owner == expected_owner and next_run_seq >= fence.base + len(append.events)
    )


def write_passed(
    batch: list[Append], heads: dict[uuid.UUID, Head], outcome: Outcome, end: list[Statement]
) -> Generator[list[Statement], list[Rows], None]:
    """Gives every event its seq and inserts it; ends the runs whose terminal event is among them."""
    if not batch:
        if end:
            yield end
        return
    added: dict[uuid.UUID, int] = {}
    for append in batch:
        added[append.user_id] = added.get(append.user_id, 0) + len(append.events)
    stored = place_events(batch, {user: heads[user].last_seq - count for user, count in added.items()})
    rows = [row for events in stored.values() for row in map(event_row, events)]
    endings = [statement for append in batch for statement in ending_statements(append)]
    if len(rows) >= COPY_FROM_ROWS:
        yield [Statement(COPY, copy_rows=rows)]
        if endings or end:
            yield [*endings, *end]
    else:
        yield [insert_statement(rows), *endings, *end]
    for user_id, events in stored.items():
        last_seq, epoch = heads[user_id]
        encoded = tuple((event, encode_event(event, epoch)) for event in events)
        outcome.chunks.append(Chunk(user_id, epoch, last_seq - added[user_id], last_seq, encoded))


def place_events(batch: list[Append], heads: dict[uuid.UUID, int]) -> dict[uuid.UUID, list[StoredEvent]]:
    """Each event at its place in its user's stream and in its run."""
    placed: dict[uuid.UUID, list[StoredEvent]] = {user_id: [] for user_id in heads}
    for append in batch:
        for index, event in enumerate(append.events):
            heads[append.user_id] += 1
            fence = append.fence
            attempt, run_seq = (fence.attempt, fence.base + index) if fence else (0, None)
            placed[append.user_id].append(StoredEvent(event, heads[append.user_id], attempt, run_seq))
    return placed


def event_row(stored: StoredEvent) -> tuple[Any, ...]:
    """The row of an event, in the order of COLUMNS."""
    event = stored.event
    return (
        event.user_id,
        stored.seq,
        event.thread_id,
        event.run_id,
        stored.attempt,
        stored.run_seq,
        str(event.type),
        event.agent_name,
        event.terminal,
        event.created_at,
        event.data.decode(),
    )


def insert_statement(rows: Rows) -> Statement:
    """One INSERT of all rows."""
    return Statement(INSERT, [list(column) for column in zip(*rows, strict=True)])


def ending_statements(append: Append) -> list[Statement]:
    """What else the end of a run writes."""
    ending, fence = append.ending, append.fence
    if ending is None or fence is None:
        return []
    usage = orjson.dumps(ending.usage).decode()
    statements = [
        Statement(
            END_RUN,
            (
                ending.status,
                ending.ended_at,
                usage,
                ending.cost,
                ending.error_code,
                ending.owner,
                fence.run_id,
            ),
        )
    ]
    if ending.message_id:
        params = (
            ending.message_id,
            ending.message_parent_id,
            ending.message_text,
            ending.ended_at,
            fence.run_id,
        )
        statements.append(Statement(ADD_MESSAGE, params))
    statements.append(Statement(TOUCH_THREAD, (ending.ended_at, append.events[-1].thread_id)))
    return statements
