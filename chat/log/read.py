"""Reads of the log: pages after a cursor, heads of streams."""

from __future__ import annotations

import uuid
from typing import Any, Final

import orjson
from django.db import connection as django_connection

from chat.events import EventType, NewEvent, StoredEvent

COLUMNS: Final = "user_id, seq, thread_id, run_id, attempt, run_seq, type, agent_name, terminal, created_at, data"
# Looks before it inserts: an insert that meets a row which somebody is changing waits for them, and readers must not.
ENSURE_STREAM: Final = """
INSERT INTO chat_userstream (user_id, epoch, last_seq, floor_seq)
SELECT owner.id, gen_random_uuid(), 0, 0 FROM (SELECT %s::uuid AS id) AS owner
 WHERE NOT EXISTS (SELECT 1 FROM chat_userstream WHERE user_id = owner.id)
ON CONFLICT (user_id) DO NOTHING
"""
# Of a joined delta that began at or before the reader's place, the reader has had the first characters.
READ_AFTER: Final = f"""
SELECT event.{COLUMNS.replace(", ", ", event.")}::text,
       CASE WHEN joined IS NOT NULL THEN
           (SELECT sum((piece ->> 1)::int) FROM json_array_elements(joined -> 'pieces') AS piece
             WHERE (piece ->> 0)::bigint <= reader.after)
       END AS had
  FROM (SELECT %s::uuid AS user_id, %s::bigint AS after) AS reader
  JOIN chat_event AS event ON event.user_id = reader.user_id AND event.seq > reader.after
 ORDER BY event.seq LIMIT %s
"""  # noqa: S608  (only the column names are pasted)
READ_RUNS: Final = f"""
SELECT {COLUMNS}::text, 0 AS had FROM chat_event
 WHERE run_id = ANY(%s::uuid[]) AND seq <= %s ORDER BY seq
"""  # noqa: S608  (only the column names are pasted)
READ_HEADS: Final = "SELECT user_id, last_seq, epoch FROM chat_userstream WHERE user_id = ANY(%s::uuid[])"
READ_STREAM: Final = "SELECT epoch, last_seq, floor_seq FROM chat_userstream WHERE user_id = %s"


def stored_from_row(row: tuple[Any, ...]) -> StoredEvent:
    """An event as it was appended; of a joined delta only what the reader has not had."""
    user_id, seq, thread_id, run_id, attempt, run_seq, kind, agent_name, terminal, created_at, data, had = row
    content = leave_out(data, had) if had else data.encode()
    event = NewEvent(user_id, thread_id, run_id, EventType(kind), agent_name, created_at, content, terminal)
    return StoredEvent(event, seq, attempt, run_seq)


def leave_out(data: str, characters: int) -> bytes:
    """The delta without its first characters."""
    fields = orjson.loads(data)
    return orjson.dumps({**fields, "delta": fields["delta"][characters:]})


def ensure_stream(user_id: uuid.UUID) -> None:
    """The user has a stream after this."""
    with django_connection.cursor() as cursor:
        cursor.execute(ENSURE_STREAM, [user_id])


def lock_stream(user_id: uuid.UUID) -> tuple[uuid.UUID, int]:
    """Epoch and head of the user's stream, locked until the transaction ends.

    Locks are taken runs first, then streams, then everything else of the user: whoever writes a thread's row takes
    this lock before, as the end of a run does.
    """
    ensure_stream(user_id)
    with django_connection.cursor() as cursor:
        cursor.execute("SELECT epoch, last_seq FROM chat_userstream WHERE user_id = %s FOR NO KEY UPDATE", [user_id])
        epoch, last_seq = cursor.fetchone()
    return epoch, last_seq


def read_after(user_id: uuid.UUID, after: int, limit: int) -> list[StoredEvent]:
    """The next events of a user's stream, on Django's connection."""
    with django_connection.cursor() as cursor:
        cursor.execute(READ_AFTER, [user_id, after, limit])
        return [stored_from_row(row) for row in cursor.fetchall()]


def read_run_events(run_ids: list[uuid.UUID], up_to: int) -> list[StoredEvent]:
    """Every event of these runs up to a place in the stream, in the stream's order."""
    with django_connection.cursor() as cursor:
        cursor.execute(READ_RUNS, [run_ids, up_to])
        return [stored_from_row(row) for row in cursor.fetchall()]
