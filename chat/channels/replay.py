"""Channel 1: the log itself, read from a viewer's place on, after a reconnect or a gap."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any, Final

from chat.events import encode_event
from chat.log import READ_AFTER, Connections, stored_from_row
from chat.pieces import PAGE_BYTES, Entry, Piece, entry_of, piece_of

PAGE_EVENTS: Final = 500


class Replay:
    """One person's log, a page at a time: viewers that want the same page at the same moment share one read."""

    def __init__(self, user_id: uuid.UUID) -> None:
        self._user_id = user_id
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._last: Piece | None = None

    async def page_after(self, connections: Connections, cursor: int, epoch: uuid.UUID) -> Piece | None:
        """The next page after a place, or None at the end of the log."""
        self._waiting += 1
        try:
            async with self._lock:
                if self._last is None or self._last.prev != cursor:
                    self._last = await self._read(connections, cursor, epoch)
                return self._last
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._last = None

    async def _read(self, connections: Connections, cursor: int, epoch: uuid.UUID) -> Piece | None:
        async with connections.lend() as connection:
            result = await connection.execute(READ_AFTER, (self._user_id, cursor, PAGE_EVENTS))
            rows = await result.fetchall()
        return piece_of(cursor, encode_page(rows, epoch)) if rows else None


def encode_page(rows: list[tuple[Any, ...]], epoch: uuid.UUID) -> list[Entry]:
    """As many of the rows as a page may have bytes."""
    entries: list[Entry] = []
    size = 0
    for row in rows:
        stored = stored_from_row(row)
        entries.append(entry_of(stored, encode_event(stored, epoch)))
        size += len(entries[-1].body)
        if size > PAGE_BYTES:
            break
    return entries
