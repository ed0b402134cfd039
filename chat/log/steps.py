"""Reads of one run's log as steps: a stretch of streamed pieces is one step, everything else is its own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection

from chat.events import DELTA_TYPES, EventType

# One read looks at no more events than this, however long the run's log is.
MOST_EVENTS_READ: Final = 20_000
READ_STEPS: Final = """
WITH read AS (
    SELECT seq, attempt, type, agent_name, created_at, type = ANY(%(deltas)s) AS streamed,
           CASE WHEN type = ANY(%(deltas)s) THEN length(data ->> 'delta') ELSE 0 END AS characters,
           COALESCE(json_array_length(joined -> 'pieces'), 1) AS pieces,
           COALESCE((joined ->> 'began_at')::timestamptz, created_at) AS began_at
      FROM chat_event WHERE run_id = %(run)s AND seq > %(after)s ORDER BY seq LIMIT %(most_events)s
), marked AS (
    SELECT read.*, streamed AND type = lag(type) OVER log AND attempt = lag(attempt) OVER log
                   AND agent_name IS NOT DISTINCT FROM lag(agent_name) OVER log AS goes_on
      FROM read WINDOW log AS (ORDER BY seq)
), numbered AS (
    SELECT marked.*, count(*) FILTER (WHERE goes_on IS NOT TRUE) OVER (ORDER BY seq) AS step FROM marked
), step AS (
    SELECT step, min(seq) AS first, max(seq) AS last, attempt, type, agent_name, streamed, count(*) AS events,
           sum(pieces) AS pieces, sum(characters) AS characters, min(began_at) AS began_at, max(created_at) AS ended_at
      FROM numbered GROUP BY step, attempt, type, agent_name, streamed ORDER BY step LIMIT %(most)s
)
SELECT step.last, step.attempt, step.type, step.agent_name, step.pieces, step.characters, step.began_at, step.ended_at,
       event.data::text, step.events
  FROM step
  LEFT JOIN chat_event AS event ON event.user_id = %(user)s AND event.seq = step.first AND NOT step.streamed
 ORDER BY step.step
"""
READ_FAILURE: Final = """
SELECT data ->> 'message' FROM chat_event WHERE run_id = %s AND terminal AND type = %s
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened in a run; streamed text is counted, its words are not read."""

    seq: int
    attempt: int
    type: EventType
    agent_name: str | None
    pieces: int
    characters: int
    began_at: datetime
    ended_at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunSteps:
    """A page of a run's steps; `next_after` is where the next page begins, None at the end."""

    steps: tuple[Step, ...]
    next_after: int | None


def read_run_steps(user_id: uuid.UUID, run_id: uuid.UUID, *, after: int = 0, most: int) -> RunSteps:
    """The run's next steps, in the order of its log."""
    values: dict[str, Any] = {
        "deltas": [str(kind) for kind in DELTA_TYPES],
        "run": run_id,
        "user": user_id,
        "after": after,
        "most": most + 1,
        "most_events": MOST_EVENTS_READ,
    }
    with connection.cursor() as cursor:
        cursor.execute(READ_STEPS, values)
        rows = cursor.fetchall()
    page = tuple(step_from_row(row) for row in rows[:most])
    was_cut = len(rows) > most or sum(row[-1] for row in rows) >= MOST_EVENTS_READ
    return RunSteps(page, page[-1].seq if was_cut else None)


def step_from_row(row: tuple[Any, ...]) -> Step:
    """A step as read."""
    seq, attempt, kind, agent_name, pieces, characters, began_at, ended_at, data, _ = row
    decoded = orjson.loads(data) if data else {}
    return Step(seq, attempt, EventType(kind), agent_name, pieces, int(characters), began_at, ended_at, decoded)


def read_failure_sentence(run_id: uuid.UUID) -> str:
    """What a failed run's user was told, empty for any other run."""
    with connection.cursor() as cursor:
        cursor.execute(READ_FAILURE, [run_id, str(EventType.AGENT_FAILED)])
        found = cursor.fetchone()
    return str(found[0]) if found else ""
