"""One user's part of a web process: the frames of the last moments and the sockets that read them."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, Protocol

RING_BYTES: Final = 256 * 1024
Entry = tuple[int, str, bytes]


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

    def end_access(self) -> None:
        """The session, key or account behind the socket is gone."""


@dataclass(slots=True)
class Piece:
    """A stretch of the log; tabs at the same place share its one frame."""

    prev: int
    to: int
    entries: list[Entry]
    size: int
    frame: str | None = None

    def shared_frame(self) -> str:
        """The frame of the whole stretch, made once."""
        if self.frame is None:
            self.frame = events_frame(self.prev, self.to, [body for _, _, body in self.entries])
        return self.frame


def events_frame(prev: int, to: int, bodies: list[bytes]) -> str:
    """An events frame round already encoded events."""
    return f'{{"type":"events","prev":{prev},"to":{to},"events":[' + b",".join(bodies).decode() + "]}"


class Feed:
    """A bounded memory of what was just published to one user; a socket is a cursor into it."""

    def __init__(self, user_id: uuid.UUID) -> None:
        self.user_id = user_id
        self.sockets: set[Socket] = set()
        self.pieces: deque[Piece] = deque()
        self.size = 0
        self.joined = False
        self._joined: Piece | None = None

    def add(self, message: dict[str, Any]) -> None:
        """Remembers a published stretch; a gap in it empties the memory, so that sockets read the log."""
        entries = [(int(seq), str(thread), bytes(body)) for seq, thread, body in message["entries"]]
        piece = Piece(int(message["prev"]), int(message["to"]), entries, sum(len(entry[2]) for entry in entries))
        if self.pieces and piece.to <= self.pieces[-1].to:
            return
        if self.pieces and piece.prev != self.pieces[-1].to:
            self.pieces.clear()
            self.size = 0
        self.pieces.append(piece)
        self.size += piece.size
        while self.size > RING_BYTES and len(self.pieces) > 1:
            self.size -= self.pieces.popleft().size

    def after(self, cursor: int) -> Piece | None:
        """Everything remembered that continues a cursor, as one stretch; None if that is nothing."""
        newer = [] if self.forgot(cursor) else self._pieces_after(cursor)
        if len(newer) < 2:
            return newer[0] if newer else None
        # Tabs that fell behind together share the one frame of what they missed.
        if self._joined is None or (self._joined.prev, self._joined.to) != (newer[0].prev, newer[-1].to):
            entries = [entry for piece in newer for entry in piece.entries]
            self._joined = Piece(newer[0].prev, newer[-1].to, entries, sum(piece.size for piece in newer))
        return self._joined

    def forgot(self, cursor: int) -> bool:
        """True where the memory begins after the cursor, so that the log has to be read."""
        return bool(self.pieces) and cursor < self.pieces[0].prev

    def _pieces_after(self, cursor: int) -> list[Piece]:
        # Nearly every socket is near the end.
        newer = list(takewhile(lambda piece: piece.to > cursor, reversed(self.pieces)))
        newer.reverse()
        return newer
