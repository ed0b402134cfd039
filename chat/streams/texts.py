"""Server-sent events as text: blocks, comments, and the ids that name a place in a log."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Final

import orjson

from chat.errors import InvalidQuery
from chat.events import VERSION
from chat.models import UserStream
from chat.pieces import Entry

RETRY_MILLISECONDS: Final = 250
# Who cannot be read on for has a snapshot to fetch first; a client that only comes again must not do so at once.
RETRY_AFTER_RESYNC_MILLISECONDS: Final = 5_000
BEAT: Final = b": beat\n\n"
PLACE: Final = re.compile(r"(?:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-)?([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a client has a log; without an epoch it means the present one."""

    seq: int
    epoch: str | None


def read_place(text: str, name: str) -> Place:
    """The place an id names: `<epoch>-<seq>` as in every event, or only the number."""
    found = PLACE.fullmatch(text.strip())
    if not found:
        raise InvalidQuery(f"{name} must be the id of an event, or its seq.", field=name)
    return Place(int(found[2]), found[1])


def event_block(entry: Entry, epoch: uuid.UUID) -> bytes:
    """One event; its data are the bytes every other way sends."""
    head = f"id: {epoch}-{entry.seq}\nevent: {entry.type}\ndata: "
    return head.encode() + entry.body + b"\n\n"


def place_block(epoch: uuid.UUID, seq: int) -> bytes:
    """Moves the client's place past events it did not want, without telling it anything."""
    return b"id: %s-%d\n\n" % (str(epoch).encode(), seq)


def comment(text: str) -> bytes:
    """What only people read."""
    return b": %s\n\n" % text.encode()


def opening_text(stream: UserStream, cursor: int) -> bytes:
    """The beginning of a stream, and the client's place in the log, should the stream break right away."""
    return b"retry: %d\nid: %s-%d\n" % (RETRY_MILLISECONDS, str(stream.epoch).encode(), cursor) + ready_block(stream)


def resync_text(stream: UserStream, reason: str) -> bytes:
    """A whole stream for a client that has to fetch a snapshot."""
    resync = b"event: resync\ndata: %s\n\n" % orjson.dumps({"reason": reason})
    return b"retry: %d\n" % RETRY_AFTER_RESYNC_MILLISECONDS + ready_block(stream) + resync


def ready_block(stream: UserStream) -> bytes:
    """Where the log is now."""
    ready = {"v": VERSION, "epoch": str(stream.epoch), "head": stream.last_seq, "floor": stream.floor_seq}
    return b"event: ready\ndata: %s\n\n" % orjson.dumps(ready)
