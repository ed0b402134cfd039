"""One stream's way through the log: single events, until as much is under way as may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from chat.hub import Feed, Hub, LogReader
from chat.pieces import Piece
from chat.streams.texts import event_block, place_block

MOST_EVENTS: Final = 500
MOST_BYTES: Final = 256 * 1024


class StreamReader(LogReader):
    """Writes events until the connection has had its share: the client's return is what acknowledges them."""

    def __init__(self, hub: Hub, feed: Feed, write: Callable[[bytes], Awaitable[None]]) -> None:
        super().__init__(hub, feed, send=self._write_text, close_slow=self._note_end)
        self._write = write
        self._events = 0
        self._bytes = 0

    @property
    def has_credit(self) -> bool:
        """True while more may be sent on this connection."""
        return self._events < MOST_EVENTS and self._bytes < MOST_BYTES

    def take_place(self) -> bytes:
        """What tells the client of a place past the last event it was sent; nothing if that is its place."""
        assert self.epoch is not None
        assert self.cursor is not None
        if self.sent == self.cursor:
            return b""
        self.sent = self.cursor
        return place_block(self.epoch, self.cursor)

    def _patience(self) -> float:
        """A connection that is full ends at once."""
        return 0.0

    async def _send_piece(self, piece: Piece, via: str = "push") -> None:
        """Writes what of the stretch is wanted and fits; the rest is for the next connection.

        Nothing is measured: when a stream's client has what it was sent is not known before it comes back.
        """
        assert self.epoch is not None
        blocks: list[bytes] = []
        for entry in piece.entries:
            if self.cursor is None or not self.has_credit:
                break
            if entry.seq <= self.cursor:
                continue
            self.cursor = entry.seq
            if self._wants(entry):
                blocks.append(event_block(entry, self.epoch))
                self.sent = entry.seq
                self._events += 1
                self._bytes += len(blocks[-1])
        if blocks:
            await self._write(b"".join(blocks))

    async def _write_text(self, text: str) -> None:
        await self._write(text.encode())

    async def _note_end(self) -> None:
        """The caller sees that reading has ended."""
