"""The truth: rows of the log's table and what its runs have on record, read with plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import psycopg

from tests.campaign.evidence import Row
from tests.campaign.recording import marks_in

READ_ROWS: Final = """
SELECT user_id::text, seq, run_id::text, attempt, run_seq, type, terminal, md5(data::text),
       COALESCE(data ->> 'delta', data -> 'message' ->> 'text'),
       CASE WHEN type = 'agent_completed' AND terminal THEN data ->> 'sha256' END
  FROM chat_event WHERE user_id = ANY(%s::uuid[])
"""
READ_HEADS: Final = "SELECT user_id::text, last_seq FROM chat_userstream WHERE user_id = ANY(%s::uuid[])"
READ_EPOCHS: Final = "SELECT user_id::text, epoch::text FROM chat_userstream WHERE user_id = ANY(%s::uuid[])"
READ_RUNS: Final = "SELECT id::text, status IN ('queued', 'running') FROM chat_run WHERE user_id = ANY(%s::uuid[])"
COUNT_OPEN: Final = "SELECT count(*) FROM chat_run WHERE user_id = ANY(%s::uuid[]) AND status IN ('queued', 'running')"


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection on which every statement is done at once."""
    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def read_rows(url: str, users: Sequence[str]) -> list[Row]:
    """Everything in these people's logs."""
    with connect(url) as connection:
        found = connection.execute(READ_ROWS, (list(users),)).fetchall()
    return [Row._make((*row, marks_in(row[8] or ""))) for row in found]


def read_heads(url: str, users: Sequence[str]) -> dict[str, int]:
    """Where each person's log ends now."""
    return read_pairs(url, READ_HEADS, users)


def read_epochs(url: str, users: Sequence[str]) -> dict[str, str]:
    """The name of each person's log."""
    return read_pairs(url, READ_EPOCHS, users)


def read_open(url: str, users: Sequence[str]) -> dict[str, bool]:
    """Their runs, and whether each is still open."""
    return read_pairs(url, READ_RUNS, users)


def read_pairs(url: str, query: str, users: Sequence[str]) -> dict[str, Any]:
    """What a query says of each."""
    with connect(url) as connection:
        return dict(connection.execute(query.encode(), (list(users),)).fetchall())


def count_open_runs(url: str, users: Sequence[str]) -> int:
    """How many of their runs have not ended."""
    return count(url, COUNT_OPEN, list(users))


def count(url: str, query: str, *values: Any) -> int:
    """The one number a query gives."""
    with connect(url) as connection:
        row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return int(row[0])
