"""How far each person's log has been acknowledged, and how well their connection does."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from psycopg import AsyncConnection

HEALTH_OF_AN_ACK: Final = 2
HEALTH_OF_A_FAILURE: Final = -10
# Of a batch of acknowledgements from many people; somebody whose account has just been removed has none.
WRITE_RECEIPTS: Final = """
INSERT INTO chat_receipt (user_id, epoch, acked_seq, acked_at, health)
SELECT told.user_id, told.epoch, told.acked_seq, told.acked_at, 100
  FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::timestamptz[]) AS told(user_id, epoch, acked_seq, acked_at)
  JOIN chat_userstream AS stream ON stream.user_id = told.user_id AND stream.epoch = told.epoch
 ORDER BY told.user_id
ON CONFLICT (user_id) DO UPDATE
   SET acked_seq = CASE WHEN chat_receipt.epoch = EXCLUDED.epoch
                        THEN GREATEST(chat_receipt.acked_seq, EXCLUDED.acked_seq) ELSE EXCLUDED.acked_seq END,
       acked_at = CASE WHEN chat_receipt.epoch = EXCLUDED.epoch AND chat_receipt.acked_seq >= EXCLUDED.acked_seq
                       THEN chat_receipt.acked_at ELSE EXCLUDED.acked_at END,
       epoch = EXCLUDED.epoch
"""
# Rows are locked in one order first: a person may have sockets in two processes.
CHANGE_HEALTH: Final = """
UPDATE chat_receipt AS receipt SET health = changed.health
  FROM (SELECT kept.user_id, LEAST(100, GREATEST(0, kept.health + told.change)) AS health
          FROM chat_receipt AS kept JOIN unnest(%s::uuid[], %s::int[]) AS told(user_id, change) USING (user_id)
         ORDER BY kept.user_id FOR NO KEY UPDATE OF kept) AS changed
 WHERE receipt.user_id = changed.user_id AND receipt.health <> changed.health
"""
READ_ACKED: Final = """
SELECT receipt.acked_seq FROM chat_receipt AS receipt
  JOIN chat_userstream AS stream ON stream.user_id = receipt.user_id AND stream.epoch = receipt.epoch
 WHERE receipt.user_id = %s
"""


@dataclass(slots=True)
class Ack:
    """What one person's clients acknowledged since it was written last, and what that says of the connection."""

    epoch: uuid.UUID
    seq: int
    at: datetime
    health: int = 0


def acknowledge(user_id: uuid.UUID, epoch: uuid.UUID, seq: int) -> None:
    """Notes at once that a client has everything up to here."""
    ack = Ack(epoch, seq, datetime.now(UTC), HEALTH_OF_AN_ACK)
    with connection.cursor() as cursor:
        for statement, values in receipt_statements([(user_id, ack)]):
            cursor.execute(statement, values)


async def write_receipts(async_connection: AsyncConnection[Any], acks: Sequence[tuple[uuid.UUID, Ack]]) -> None:
    """Notes what a process' clients have acknowledged, in one statement for all of them."""
    for statement, values in receipt_statements(acks):
        await async_connection.execute(statement.encode(), values)


def receipt_statements(acks: Sequence[tuple[uuid.UUID, Ack]]) -> list[tuple[str, tuple[Any, ...]]]:
    """What is written of a batch: how far, and how well."""
    users = [user_id for user_id, _ in acks]
    told = [ack for _, ack in acks]
    places = (users, [ack.epoch for ack in told], [ack.seq for ack in told], [ack.at for ack in told])
    return [(WRITE_RECEIPTS, places), (CHANGE_HEALTH, (users, [ack.health for ack in told]))]


def acked_seq(user_id: uuid.UUID) -> int:
    """How far the person's log has been acknowledged; 0 where nothing of its present epoch has."""
    with connection.cursor() as cursor:
        cursor.execute(READ_ACKED, [user_id])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
