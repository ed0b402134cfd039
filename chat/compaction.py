"""The log of ended runs in fewer lines: each stretch of streamed text as one event."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from chat.events import DELTA_TYPES, MAX_DATA_BYTES, StoredEvent
from chat.log import stored_from_row
from chat.log.joining import delta_key, join
from chat.models import Run, UserStream

RUNS_A_ROUND: Final = 20
ROUND_SECONDS: Final = 0.2
# A transaction holds its user's stream: what is longer takes several.
EVENTS_A_TRANSACTION: Final = 5_000
FIND_RUNS: Final = """
SELECT id FROM chat_run
 WHERE compacted_at IS NULL AND finished_at <= clock_timestamp() - make_interval(secs => %s)
 ORDER BY finished_at, id LIMIT %s
"""
# What has no data here is no piece, or one that was joined before: it ends a stretch.
READ_PIECES: Final = """
SELECT user_id, seq, thread_id, run_id, attempt, run_seq, type, agent_name, terminal, created_at,
       CASE WHEN type = ANY(%s) AND joined IS NULL THEN data::text END AS data, 0 AS had
  FROM chat_event WHERE run_id = %s AND seq > %s ORDER BY seq LIMIT %s
"""
REMOVE_EVENTS: Final = "DELETE FROM chat_event WHERE user_id = %s AND seq = ANY(%s)"
REPLACE_EVENTS: Final = """
UPDATE chat_event AS event SET data = given.data::json, joined = given.joined::json
  FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS given(seq, data, joined)
 WHERE event.user_id = %s AND event.seq = given.seq
"""
FIND_LAST_JOINED: Final = "SELECT max(seq) FROM chat_event WHERE user_id = %s AND seq > %s AND joined IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Joined:
    """One delta for several: at the place of the last of them, with what it was made of."""

    seq: int
    data: bytes
    pieces: bytes
    emptied: list[int]


def compact_ended_runs() -> int:
    """Joins the streamed text of runs that ended a while ago, some at a time, the oldest first."""
    until = time.monotonic() + ROUND_SECONDS
    compacted = 0
    for run_id in find_runs():
        compacted += compact_run(run_id)
        if time.monotonic() > until:
            break
    return compacted


def find_runs() -> list[uuid.UUID]:
    """Ended runs nobody has compacted."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_RUNS, [settings.COMPACT_AFTER_SECONDS, RUNS_A_ROUND])
        return [run_id for (run_id,) in cursor.fetchall()]


def compact_run(run_id: uuid.UUID) -> bool:
    """Joins the run's neighbouring deltas; False if somebody writes there, who goes first, or nothing is to be done.

    Each transaction leaves a log that reads the same, so one that is never followed by the next does no harm.
    """
    after: int | None = 0
    while after is not None:
        with transaction.atomic():
            run = lock_ended_run(run_id)
            if run is None:
                return False
            rows = read_pieces(run, after)
            joined = [join_pieces(pieces) for pieces in stretches_of(rows) if len(pieces) > 1]
            if not lock_free_stream(run.user_id):
                return False
            replace_pieces(run.user_id, joined)
            after = rows[-1][1] if len(rows) == EVENTS_A_TRANSACTION else None
            if after is None:
                run.compacted_at = timezone.now()
                run.save(update_fields=["compacted_at"])
    return True


def lock_ended_run(run_id: uuid.UUID) -> Run | None:
    """The run, if it has ended, is not compacted and nobody holds it; locks are taken runs first, then streams."""
    free = Run.objects.select_for_update(no_key=True, skip_locked=True)
    return free.filter(id=run_id, status__in=Run.FINAL, compacted_at=None).first()


def lock_free_stream(user_id: uuid.UUID) -> bool:
    """Locks the user's stream as every writer does, but never waits for one."""
    free = UserStream.objects.select_for_update(no_key=True, skip_locked=True)
    return free.filter(user_id=user_id).first() is not None


def read_pieces(run: Run, after: int) -> list[tuple[Any, ...]]:
    """The run's next events; only what can be joined has its data."""
    with connection.cursor() as cursor:
        cursor.execute(READ_PIECES, [[str(kind) for kind in DELTA_TYPES], run.id, after, EVENTS_A_TRANSACTION])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def stretches_of(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[StoredEvent]]:
    """Neighbouring deltas that continue each other, as many as one event may hold."""
    for has_data, neighbours in groupby(rows, key=lambda row: row[10] is not None):
        if has_data:
            for _, pieces in groupby(map(stored_from_row, neighbours), key=delta_key):
                yield from bounded_parts(pieces)


def bounded_parts(pieces: Iterable[StoredEvent]) -> Iterator[list[StoredEvent]]:
    """The pieces in parts; joined, each has no more bytes than its pieces had together.

    Nothing of another run lies inside a part: a reader of the joined log could stop there, and would be taken for
    one who has had the pieces before.
    """
    part: list[StoredEvent] = []
    size = 0
    for piece in pieces:
        size += len(piece.event.data)
        if size > MAX_DATA_BYTES or (part and piece.seq != part[-1].seq + 1):
            yield part
            part, size = [], len(piece.event.data)
        part.append(piece)
    yield part


def join_pieces(pieces: list[StoredEvent]) -> Joined:
    """The delta that takes their place, and what is noted of each for readers who have had some of them."""
    lengths = [(piece.seq, len(orjson.loads(piece.event.data)["delta"])) for piece in pieces]
    made_of = {"began_at": pieces[0].event.created_at, "pieces": lengths}
    whole = join(pieces)
    return Joined(whole.seq, whole.event.data, orjson.dumps(made_of), [piece.seq for piece in pieces[:-1]])


def replace_pieces(user_id: uuid.UUID, joined: list[Joined]) -> None:
    """Writes the joined deltas over the last of their pieces and removes the others."""
    if not joined:
        return
    seqs = [delta.seq for delta in joined]
    data, pieces = ([getattr(delta, name).decode() for delta in joined] for name in ("data", "pieces"))
    with connection.cursor() as cursor:
        cursor.execute(REPLACE_EVENTS, [seqs, data, pieces, user_id])
        cursor.execute(REMOVE_EVENTS, [user_id, [seq for delta in joined for seq in delta.emptied]])


def last_joined_seq(user_id: uuid.UUID, after: int) -> int:
    """The place of the last joined delta after this one, or this one.

    Whoever sends a stretch of the log to readers at several places begins there: a joined delta is right only for
    the reader it was read for.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND_LAST_JOINED, [user_id, after])
        return int(cursor.fetchone()[0] or after)
