"""What the clients of one web process have acknowledged, written for all of them every two seconds."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Final

import structlog

from chat.log import Connections
from chat.log.connections import DATABASE_GONE, first_line
from chat.receipts import HEALTH_OF_A_FAILURE, HEALTH_OF_AN_ACK, Ack, write_receipts

log = structlog.get_logger(__name__)
KEEP_SECONDS: Final = 2.0


class Receipts:
    """Acknowledgements on their way into the database."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._acks: dict[uuid.UUID, Ack] = {}

    def note(self, user_id: uuid.UUID, epoch: uuid.UUID, seq: int) -> None:
        """Somebody has everything up to here; a late word of an older place changes nothing."""
        ack = self._ack_of(user_id, epoch)
        ack.health += HEALTH_OF_AN_ACK
        if seq > ack.seq:
            ack.seq, ack.at = seq, datetime.now(UTC)

    def note_failure(self, user_id: uuid.UUID, epoch: uuid.UUID) -> None:
        """A connection failed or timed out."""
        self._ack_of(user_id, epoch).health += HEALTH_OF_A_FAILURE

    async def keep(self) -> None:
        """Writes what came in, again and again; what could not be written is written with the next."""
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            try:
                await self.write()
            except DATABASE_GONE as error:
                log.warning("receipts_not_written", error=first_line(error))

    async def write(self) -> None:
        """Writes what came in since the last time."""
        if not self._acks:
            return
        taken, self._acks = self._acks, {}
        try:
            async with self._connections.lend() as connection:
                await write_receipts(connection, sorted(taken.items(), key=lambda item: item[0]))
        except BaseException:
            for user_id, ack in taken.items():
                self._take_back(user_id, ack)
            raise

    def _ack_of(self, user_id: uuid.UUID, epoch: uuid.UUID) -> Ack:
        ack = self._acks.get(user_id)
        if ack is None or ack.epoch != epoch:
            ack = self._acks[user_id] = Ack(epoch, 0, datetime.now(UTC))
        return ack

    def _take_back(self, user_id: uuid.UUID, ack: Ack) -> None:
        newer = self._acks.setdefault(user_id, ack)
        if newer is not ack and newer.epoch == ack.epoch:
            newer.health += ack.health
            if ack.seq > newer.seq:
                newer.seq, newer.at = ack.seq, ack.at
