"""One user's part of a web process: the frames of the last moments and the sockets that read them."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, Protocol

from chat.channels.replay import Replay
from chat.hub.marks import Marks
from chat.pieces import Entry, Piece, piece_of

RING_BYTES: Final = 256 * 1024
# So many sockets of one person cost more than what they are told: they rest, and get what comes meanwhile in one frame.
MANY_SOCKETS: Final = 10
REST_SECONDS_A_SOCKET: Final = 0.0002


@dataclass(frozen=True, slots=True)
class Access:
    """By what a socket may read: the account's version, and the session or key it came with."""

    auth_version: int
    session_key: str | None
    key_digest: str | None


class Socket(Protocol):
    """What the hub needs of a socket."""

    user_id: uuid.UUID
    access: Access

    def wake(self) -> None:
        """Something may have been added to the user's log."""

    def behind(self, head: int) -> bool:
        """True while the socket has not taken everything up to the head."""

    def reads(self, epoch: uuid.UUID) -> bool:
        """False for a socket that is in the middle of another log than this one."""

    def lose_log(self) -> None:
        """The log the socket reads was replaced by another one."""

    def end_access(self) -> None:
        """The session, key or account behind the socket is gone."""


class Feed:
    """A bounded memory of what was just published to one user; a socket is a cursor into it."""

    def __init__(self, user_id: uuid.UUID) -> None:
        self.user_id = user_id
        self.sockets: set[Socket] = set()
        self.joined = False
        self.replay = Replay(user_id)
        self.epoch: uuid.UUID | None = None
        self._rests = False
        self._was_called = False
        self._forget()

    def _forget(self) -> None:
        self.pieces: deque[Piece] = deque()
        self.size = 0
        self.marks = Marks()
        self._joined: Piece | None = None

    def begin(self, epoch: uuid.UUID) -> None:
        """From now on this log is read: nothing of a former one is remembered."""
        if self.epoch not in (None, epoch):
            self._forget()
        self.epoch = epoch

    def add(self, message: dict[str, Any]) -> None:
        """Remembers a published stretch; a gap in it empties the memory, so that sockets read the log."""
        if self.epoch is not None and message["epoch"] != str(self.epoch):
            # Of two logs only the database knows which one is the present one.
            return
        piece = piece_of(int(message["prev"]), [Entry(*entry) for entry in message["entries"]])
        if self.pieces and piece.to <= self.pieces[-1].to:
            return
        if self.pieces and piece.prev != self.pieces[-1].to:
            self.pieces.clear()
            self.size = 0
        self.pieces.append(piece)
        self.size += piece.size
        while self.size > RING_BYTES and len(self.pieces) > 1:
            self.size -= self.pieces.popleft().size

    def call(self, wake: Callable[[], None]) -> None:
        """Wakes the sockets: at once, or when they have rested."""
        self._was_called = self._rests
        if self._rests:
            return
        wake()
        if len(self.sockets) >= MANY_SOCKETS:
            self._rests = True
            pause = len(self.sockets) * REST_SECONDS_A_SOCKET
            asyncio.get_running_loop().call_later(pause, self._end_rest, wake)

    def _end_rest(self, wake: Callable[[], None]) -> None:
        self._rests = False
        if self._was_called:
            self.call(wake)

    def after(self, cursor: int) -> Piece | None:
        """Everything remembered that continues a cursor, as one stretch; None if that is nothing."""
        newer = [] if self.forgot(cursor) else self._pieces_after(cursor)
        if len(newer) < 2:
            return newer[0] if newer else None
        # Tabs that fell behind together share the one frame of what they missed.
        if self._joined is None or (self._joined.prev, self._joined.to) != (newer[0].prev, newer[-1].to):
            entries = [entry for piece in newer for entry in piece.entries]
            self._joined = piece_of(newer[0].prev, entries)
        return self._joined

    def forgot(self, cursor: int) -> bool:
        """True where the memory begins after the cursor, so that the log has to be read."""
        return bool(self.pieces) and cursor < self.pieces[0].prev

    def _pieces_after(self, cursor: int) -> list[Piece]:
        # Nearly every socket is near the end.
        newer = list(takewhile(lambda piece: piece.to > cursor, reversed(self.pieces)))
        newer.reverse()
        return newer
