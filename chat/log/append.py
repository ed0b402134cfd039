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

COPY_FROM_ROWS: Final = 20
COLUMNS: Final = "user_id, seq, thread_id, run_id, attempt, run_seq, type, agent_name, terminal, created_at, data"


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


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a step; the statements of a step do not need each other's results."""

    sql: str
    params: Sequence[Any] = ()
    copy_rows: list[tuple[Any, ...]] | None = None


Rows = list[tuple[Any, ...]]
Steps = Generator[list[Statement], list[Rows], Outcome]

LOCK_RUNS = "SELECT id FROM chat_run WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE {skip}"
LOCK_STREAMS = """
SELECT user_id FROM chat_userstream WHERE user_id = ANY(%s::uuid[]) ORDER BY user_id FOR NO KEY UPDATE {skip}
"""
FENCE = """
UPDATE chat_run AS run
   SET next_run_seq = run.next_run_seq + want.added,
       lease_until = CASE WHEN run.status = 'running' THEN clock_timestamp() + make_interval(secs => %s) END
  FROM unnest(%s::uuid[], %s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
       AS want(id, attempt, base, added, owner, status)
 WHERE run.id = want.id AND run.attempt = want.attempt AND run.next_run_seq = want.base
   AND run.status = want.status AND run.lease_owner = want.owner
RETURNING run.id, run.cancel_requested_at IS NOT NULL
"""
REREAD = "SELECT id, attempt, next_run_seq, lease_owner FROM chat_run WHERE id = ANY(%s::uuid[])"
END_RUN = """
UPDATE chat_run SET status = %s, finished_at = %s, usage = %s::jsonb, cost = %s, error_code = %s,
       lease_until = NULL, lease_owner = %s
 WHERE id = %s
"""
ADD_MESSAGE = """
INSERT INTO chat_message (id, thread_id, parent_id, run_id, role, text, created_at)
SELECT %s, run.thread_id, %s, run.id, 'assistant', %s, %s FROM chat_run AS run WHERE run.id = %s
"""
TOUCH_THREAD = "UPDATE chat_thread SET updated_at = %s WHERE id = %s"
BUMP = """
UPDATE chat_userstream AS stream SET last_seq = stream.last_seq + want.added
  FROM unnest(%s::uuid[], %s::bigint[]) AS want(user_id, added)
 WHERE stream.user_id = want.user_id
RETURNING stream.user_id, stream.last_seq, stream.epoch
"""
INSERT = f"""
INSERT INTO chat_event ({COLUMNS})
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::text[],
                     %s::text[], %s::bool[], %s::timestamptz[], %s::text[]::json[])
"""  # noqa: S608  (only the column names are pasted)
COPY = f"COPY chat_event ({COLUMNS}) FROM STDIN"


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
    passed = yield from pass_fences(free, outcome)
    yield from write_passed(passed, outcome, [Statement("COMMIT")] if own_transaction else [])
    return outcome


def pass_fences(batch: list[Append], outcome: Outcome) -> Generator[list[Statement], list[Rows], list[Append]]:
    """The appends whose run is still the writer's; the others are reported as fenced or already committed."""
    fenced = [append for append in batch if append.fence]
    if not fenced:
        return batch
    fences = [append.fence for append in fenced if append.fence]
    columns: tuple[list[Any], ...] = (
        [f.run_id for f in fences],
        [f.attempt for f in fences],
        [f.base for f in fences],
        [len(append.events) for append in fenced],
        [f.owner for f in fences],
        [f.status for f in fences],
    )
    results = yield [Statement(FENCE, (settings.LEASE_SECONDS, *columns))]
    passed: dict[uuid.UUID, bool] = dict(results[0])
    outcome.cancel_requested |= {run_id for run_id, cancel in passed.items() if cancel}
    lost = [append for append in fenced if append.fence and append.fence.run_id not in passed]
    if lost:
        results = yield [Statement(REREAD, ([a.fence.run_id for a in lost if a.fence],))]
        now = {row[0]: row[1:] for row in results[0]}
        outcome.fenced |= {a.fence.run_id for a in lost if a.fence and not was_committed(a, now)}
    return [append for append in batch if append.fence is None or append.fence.run_id in passed]


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
    batch: list[Append], outcome: Outcome, end: list[Statement]
) -> Generator[list[Statement], list[Rows], None]:
    """Gives every event its seq and inserts it; ends the runs whose terminal event is among them."""
    added: dict[uuid.UUID, int] = {}
    for append in batch:
        added[append.user_id] = added.get(append.user_id, 0) + len(append.events)
    if not added:
        if end:
            yield end
        return
    results = yield [Statement(BUMP, (list(added), list(added.values())))]
    heads = {user_id: (last_seq, epoch) for user_id, last_seq, epoch in results[0]}
    stored = place_events(batch, {user: heads[user][0] - count for user, count in added.items()})
    rows = [row for events in stored.values() for row in map(event_row, events)]
    endings = [statement for append in batch for statement in ending_statements(append)]
    insert = Statement(COPY, copy_rows=rows) if len(rows) >= COPY_FROM_ROWS else insert_statement(rows)
    if insert.copy_rows is not None:
        yield [insert]
        if endings or end:
            yield [*endings, *end]
    else:
        yield [insert, *endings, *end]
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
    """One INSERT for few rows: it can share a round trip with COMMIT, which COPY cannot."""
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
