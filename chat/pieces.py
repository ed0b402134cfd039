"""Stretches of the log on their way to viewers: entries of encoded events, and the frame round them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chat.events import DELTA_TYPES, StoredEvent, id_text

PAGE_BYTES: Final = 256 * 1024


class Entry(NamedTuple):
    """What a viewer needs of an event: its place, its thread if it is a delta, its bytes; and what is measured."""

    seq: int
    delta_of: str
    body: bytes
    type: str
    stored_at: float


@dataclass(slots=True)
class Piece:
    """A stretch of the log; viewers at the same place share its one frame."""

    prev: int
    to: int
    entries: Sequence[Entry]
    size: int
    frame: str | None = None

    def shared_frame(self) -> str:
        """The frame of the whole stretch, made once."""
        if self.frame is None:
            self.frame = events_frame(self.prev, self.to, [entry.body for entry in self.entries])
        return self.frame


def entry_of(stored: StoredEvent, encoded: bytes) -> Entry:
    """The event as an entry."""
    event = stored.event
    thread = id_text(event.thread_id) if event.thread_id and event.type in DELTA_TYPES else ""
    return Entry(stored.seq, thread, encoded, event.type.value, event.created_at.timestamp())


def piece_of(prev: int, entries: Sequence[Entry]) -> Piece:
    """The entries after a place, up to the last of them."""
    return Piece(prev, entries[-1].seq, entries, sum(len(entry.body) for entry in entries))


def events_frame(prev: int, to: int, bodies: list[bytes]) -> str:
    """An events frame round already encoded events."""
    return f'{{"type":"events","prev":{prev},"to":{to},"events":[' + b",".join(bodies).decode() + "]}"
