"""One socket's way through the log: from memory while it keeps up, from the database when it does not."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from itertools import takewhile
from typing import Final

import structlog

from chat.hub.feed import Feed
from chat.hub.hub import Hub
from chat.log.connections import DATABASE_GONE
from chat.measures import measures
from chat.pieces import Entry, Piece, events_frame
from chat.switches import is_on

log = structlog.get_logger(__name__)
WINDOW_EVENTS: Final = 2_000
WINDOW_BYTES: Final = 1_048_576
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
        # A list, because an idle socket is most of them: an empty deque takes ten times as much.
        self._unacked: list[tuple[int, int, int]] = []
        self._unacked_events = 0
        self._unacked_bytes = 0
        self._acked_at = time.monotonic()
        # Up to where the log may be read, and which channel says so.
        self._known_head = 0
        self._reads_for = "replay"
        self.epoch: uuid.UUID | None = None
        self.cursor: int | None = None
        self.sent = 0
        self.watched_thread: str | None = None

    def start_at(self, cursor: int, epoch: uuid.UUID) -> None:
        """Reads on from here, whatever was sent before."""
        self._feed.begin(epoch)
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

    def reads(self, epoch: uuid.UUID) -> bool:
        """False in the middle of another log than this one."""
        return self.cursor is None or self.epoch == epoch

    def may_read(self, head: int, channel: str) -> bool:
        """Lets the log be read up to the head, if that channel is on; True while the head has not been reached."""
        if self.cursor is None or self.cursor >= head or not is_on(channel):
            return False
        if head > self._known_head:
            self._known_head, self._reads_for = head, channel
        return True

    def acknowledge(self, seq: int) -> bool:
        """Gives credit back; False for a place that was never sent."""
        if seq > self.sent:
            return False
        acked = list(takewhile(lambda frame: frame[0] <= seq, self._unacked))
        del self._unacked[: len(acked)]
        self._unacked_events -= sum(events for _, events, _ in acked)
        self._unacked_bytes -= sum(size for _, _, size in acked)
        self._acked_at = time.monotonic()
        assert self.epoch is not None
        self._hub.acknowledge(self._feed.user_id, self.epoch, seq)
        self.wake()
        return True

    @property
    def has_credit(self) -> bool:
        """True while the client has acknowledged enough to be sent more."""
        return self._unacked_events < WINDOW_EVENTS and self._unacked_bytes < WINDOW_BYTES

    async def run(self) -> None:
        """Sends until cancelled; a client that stops acknowledging is closed."""
        while True:
            if self.has_credit:
                await self._wake.wait()
            elif not await self._wakes_in_time():
                await self._close_slow()
                return
            self._wake.clear()
            await self._send_new()

    async def _wakes_in_time(self) -> bool:
        """False if the client has not acknowledged for too long: only who is out of credit needs a clock."""
        try:
            async with asyncio.timeout(self._patience()):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    def _patience(self) -> float:
        return max(0.0, self._acked_at + SLOW_AFTER_SECONDS - time.monotonic())

    async def _send_new(self) -> None:
        while self.cursor is not None and self.has_credit:
            piece = self._feed.after(self.cursor)
            if piece is not None:
                await self._send_piece(piece)
            elif not self._is_behind(self.cursor) or not await self._send_page(self.cursor):
                return

    def _is_behind(self, cursor: int) -> bool:
        """True where the log has to be read and may be: up to a known head, or because a gap has opened."""
        if cursor < self._known_head:
            return True
        if not self._feed.forgot(cursor) or not is_on("replay"):
            return False
        measures.count("gaps_healed")
        self._known_head, self._reads_for = cursor + 1, "replay"
        return True

    async def _send_page(self, cursor: int) -> bool:
        """Sends the next page from the log; False if there is none now."""
        assert self.epoch is not None
        try:
            piece = await self._feed.replay.page_after(self._hub.connections, cursor, self.epoch)
        except DATABASE_GONE as error:
            log.warning("pull_failed", error=type(error).__name__)
            await asyncio.sleep(DATABASE_RETRY_SECONDS)
            self.wake()
            return False
        if self.cursor != cursor:
            return True
        if piece is None:
            self._known_head = cursor
            return False
        measures.count(f"channel|{self._reads_for}", len(piece.entries))
        await self._send_piece(piece, self._reads_for)
        # A long replay must not hold up the other sockets of this process.
        await asyncio.sleep(0)
        return True

    async def _send_piece(self, piece: Piece, via: str = "push") -> None:
        """Sends what of the stretch is new to this socket; unwatched deltas only move its place in the log."""
        assert self.cursor is not None
        self._feed.marks.note_push(piece, via)
        wanted = self._wanted(piece, self.cursor)
        whole = len(wanted) == len(piece.entries) and self.sent == piece.prev
        prev, self.cursor = self.sent, piece.to
        if not wanted:
            return
        frame = piece.shared_frame() if whole else events_frame(prev, piece.to, [entry.body for entry in wanted])
        self.sent = piece.to
        self._unacked.append((piece.to, len(wanted), len(frame)))
        self._unacked_events += len(wanted)
        self._unacked_bytes += len(frame)
        if len(self._unacked) == 1:
            self._acked_at = time.monotonic()
        await self._send(frame)

    def _wanted(self, piece: Piece, cursor: int) -> Sequence[Entry]:
        """What of a stretch is new to this socket and not of a thread it does not watch."""
        if piece.prev >= cursor and self.watched_thread is None:
            return piece.entries
        return [entry for entry in piece.entries if entry.seq > cursor and self._wants(entry)]

    def _wants(self, entry: Entry) -> bool:
        return not entry.delta_of or self.watched_thread is None or entry.delta_of == self.watched_thread
