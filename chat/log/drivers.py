"""Two thin drivers of the one append: a worker's own connection, and a caller's Django transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection as django_connection
from psycopg import AsyncConnection

from chat.log.append import Append, Outcome, append_values, read_outcome
from chat.log.arrays import Kind, pack

# What the function does stands in the migration that makes it.
APPEND: Final = """
SELECT outcome, before, epoch, is_cancelled FROM chat_append(
    %s, %s,
    %s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::int[],
    %s::int[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %s::text[],
    %s::json)
"""
APPEND_BINARY: Final = APPEND.replace("%s", "%b").encode()
# What the arrays of the parameters are of, in their order.
KINDS: Final = (
    *(Kind.UUID, Kind.UUID, Kind.INTEGER, Kind.BIGINT, Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.INTEGER),
    *(Kind.INTEGER, Kind.UUID, Kind.UUID, Kind.TEXT, Kind.TEXT, Kind.BOOLEAN, Kind.TIMESTAMPTZ, Kind.TEXT),
)


async def append_at_once(connection: AsyncConnection[Any], batch: Sequence[Append], *, wait: bool) -> Outcome:
    """One transaction on an autocommit connection, in one round trip; on an error the caller drops the connection."""
    waits, lease_seconds, *arrays, endings = append_values(batch, wait=wait)
    packed = (pack(kind, values) for kind, values in zip(KINDS, arrays, strict=True))
    cursor = await connection.execute(APPEND_BINARY, (waits, lease_seconds, *packed, endings))
    return read_outcome(batch, await cursor.fetchall())


def append_in_transaction(append: Append) -> Outcome:
    """Appends in the caller's own transaction, waiting for locks; nothing is visible before it commits."""
    with django_connection.cursor() as cursor:
        cursor.execute(APPEND, append_values([append], wait=True))
        return read_outcome([append], cursor.fetchall())
