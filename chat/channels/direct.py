"""Channel 3: asking the database where a log is, without anything in between."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection

from chat.log import READ_HEADS

POLL_SECONDS: Final = 0.75
POLL_WHEN_DEAF_SECONDS: Final = 0.2
# The head runs ahead between a commit and its publish: who is behind it is asked this much later.
GRACE_SECONDS: Final = 0.25


class Head(NamedTuple):
    """Where somebody's log ends, and which log that is."""

    user_id: uuid.UUID
    seq: int
    epoch: uuid.UUID


async def read_heads(connection: AsyncConnection[Any], users: Sequence[uuid.UUID]) -> list[Head]:
    """Where these people's logs end now."""
    cursor = await connection.execute(READ_HEADS, (list(users),))
    return [Head(*row) for row in await cursor.fetchall()]
