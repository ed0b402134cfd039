"""Two thin drivers of the one append: a worker's own connection, and a caller's Django transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection as django_connection
from psycopg import AsyncConnection

from chat.log.append import Append, Outcome, append_values, read_outcome

# What the function does stands in the migration that makes it.
APPEND: Final = """
SELECT outcome, before, epoch, is_cancelled FROM chat_append(
    %s, %s,
    %s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::int[],
    %s::int[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %s::text[],
    %s::json)
"""
# Lists in the binary format: as text every element would be searched for characters to escape.
APPEND_BINARY: Final = APPEND.replace("%s", "%b").encode()


async def append_at_once(connection: AsyncConnection[Any], batch: Sequence[Append], *, wait: bool) -> Outcome:
    """One transaction on an autocommit connection, in one round trip; on an error the caller drops the connection."""
    cursor = await connection.execute(APPEND_BINARY, append_values(batch, wait=wait))
    return read_outcome(batch, await cursor.fetchall())


def append_in_transaction(append: Append) -> Outcome:
    """Appends in the caller's own transaction, waiting for locks; nothing is visible before it commits."""
    with django_connection.cursor() as cursor:
        cursor.execute(APPEND, append_values([append], wait=True))
        return read_outcome([append], cursor.fetchall())
