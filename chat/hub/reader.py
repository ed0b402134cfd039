"""One socket's way through the log: from memory while it keeps up, from the database when it does not."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from chat.events import encode_event
from chat.hub.feed import Entry, Feed, Piece, events_frame
from chat.hub.hub import Hub
from chat.log import READ_AFTER, stored_from_row
from chat.log.connections import DATABASE_GONE

log = structlog.get_logger(__name__)
WINDOW_EVENTS: Final = 2_000
WINDOW_BYTES: Final = 1_048_576
PAGE_EVENTS: Final = 500
PAGE_BYTES: Final = 256 * 1024
SLOW_AFTER_SECONDS: Final = 30.0
DATABASE_RETRY_SECONDS: Final = 0.25


class LogReader:
    """Sends a user's events in order from a cursor; stops at the credit window: the database is the buffer."""

    def __init__(
        self,
        hub: Hub,
        feed: Feed,
        *,
        send: Callable[[str], Awaitable[None]],
        close_slow: Callable[[], Awaitable[None]],
    ) -> None:
        self._hub = hub
        self._feed = feed
        self._send = send
        self._close_slow = close_slow
        self._wake = asyncio.Event()
        self._unacked: deque[tuple[int, int, int]] = deque()
        self._unacked_events = 0
        self._unacked_bytes = 0
        self._acked_at = time.monotonic()
        self._known_head = 0
        self.epoch: uuid.UUID | None = None
        self.cursor: int | None = None
        self.sent = 0
        self.watched_thread: str | None = None

    def start_at(self, cursor: int, epoch: uuid.UUID) -> None:
        """Reads on from here, whatever was sent before."""
        self.epoch = epoch
        self.cursor = self.sent = cursor
        self._unacked.clear()
        self._unacked_events = self._unacked_bytes = 0
        self._acked_at = time.monotonic()
        self.wake()

    def stop(self) -> None:
        """Sends nothing until the next start."""
        self.cursor = None

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def behind(self, head: int) -> bool:
        """Notes the head; True while it has not been reached."""
        self._known_head = max(self._known_head, head)
        return self.cursor is not None and self.cursor < head

    def acknowledge(self, seq: int) -> bool:
        """Gives credit back; False for a place that was never sent."""
        if seq > self.sent:
            return False
        while self._unacked and self._unacked[0][0] <= seq:
            _, events, size = self._unacked.popleft()
            self._unacked_events -= events
            self._unacked_bytes -= size
        self._acked_at = time.monotonic()
        self.wake()
        return True

    @property
    def has_credit(self) -> bool:
        """True while the client has acknowledged enough to be sent more."""
        return self._unacked_events < WINDOW_EVENTS and self._unacked_bytes < WINDOW_BYTES

    async def run(self) -> None:
        """Sends until cancelled; a client that stops acknowledging is closed."""
        while True:
            try:
                async with asyncio.timeout(None if self.has_credit else self._patience()):
                    await self._wake.wait()
            except TimeoutError:
                await self._close_slow()
                return
            self._wake.clear()
            await self._send_new()

    def _patience(self) -> float:
        return max(0.0, self._acked_at + SLOW_AFTER_SECONDS - time.monotonic())

    async def _send_new(self) -> None:
        while self.cursor is not None and self.has_credit:
            piece = self._feed.after(self.cursor)
            if piece is not None:
                await self._send_piece(piece)
                continue
            is_there = self.cursor >= self._known_head and not self._feed.forgot(self.cursor)
            if is_there or not await self._pull_page():
                return

    async def _pull_page(self) -> bool:
        """Sends the next page from the log; False if there is none now."""
        at = self.cursor
        try:
            async with self._hub.lend() as connection:
                result = await connection.execute(READ_AFTER, (self._feed.user_id, at, PAGE_EVENTS))
                rows = await result.fetchall()
        except DATABASE_GONE as error:
            log.warning("pull_failed", error=type(error).__name__)
            await asyncio.sleep(DATABASE_RETRY_SECONDS)
            self.wake()
            return False
        if self.cursor != at or at is None:
            return True
        if not rows:
            self._known_head = at
            return False
        await self._send_piece(self._page(at, rows))
        # A long replay must not hold up the other sockets of this process.
        await asyncio.sleep(0)
        return True

    def _page(self, prev: int, rows: list[tuple[Any, ...]]) -> Piece:
        assert self.epoch is not None
        entries: list[Entry] = []
        size = 0
        for row in rows:
            stored = stored_from_row(row)
            body = encode_event(stored, self.epoch)
            entries.append((stored.seq, str(stored.event.thread_id) if stored.is_delta else "", body))
            size += len(body)
            if size > PAGE_BYTES:
                break
        return Piece(prev, entries[-1][0], entries, size)

    async def _send_piece(self, piece: Piece) -> None:
        """Sends what of the stretch is new to this socket; unwatched deltas only move its place in the log."""
        assert self.cursor is not None
        wanted = [entry for entry in piece.entries if entry[0] > self.cursor and self._wants(entry)]
        whole = len(wanted) == len(piece.entries) and self.sent == piece.prev
        prev, self.cursor = self.sent, piece.to
        if not wanted:
            return
        bodies = [body for _, _, body in wanted]
        frame = piece.shared_frame() if whole else events_frame(prev, piece.to, bodies)
        self.sent = piece.to
        self._unacked.append((piece.to, len(wanted), len(frame)))
        self._unacked_events += len(wanted)
        self._unacked_bytes += len(frame)
        if len(self._unacked) == 1:
            self._acked_at = time.monotonic()
        await self._send(frame)

    def _wants(self, entry: Entry) -> bool:
        return not entry[1] or self.watched_thread is None or entry[1] == self.watched_thread
