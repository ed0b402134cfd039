"""What emitters, clients and questioners write down while it happens: one JSON list a line, its kind first."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import orjson

# Who a piece of text is for: the person, and a seal that nobody else's text can carry.
MARK: Final = re.compile(r"<<[0-9a-f]{8}\.[0-9a-f]{16}>>")
# An emitter's lines.
BEGUN, TRIED, ACKED, UNSURE, LOST, ENDED = "begun", "tried", "acked", "unsure", "lost", "ended"
# A client's lines.
CLIENT, GOT, JUMPED, MET, LEFT = "client", "got", "jumped", "met", "left"
# A questioner's line.
ASKED = "asked"


def mark_of(secret: str, user_id: str) -> str:
    """The canary of a person."""
    seal = hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()
    return f"<<{user_id[:8]}.{seal[:16]}>>"


def marks_in(text: str) -> str:
    """The different canaries in a text, sorted, as one text."""
    return "".join(sorted(set(MARK.findall(text))))


def digest_of(data: bytes) -> str:
    """What an event's data is recognised by, as Postgres computes it too."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Recorder:
    """Appends lines to one file; what must survive a kill is flushed to the disk at once."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("ab")

    def write(self, *fields: Any) -> None:
        """A line that may wait."""
        self._file.write(orjson.dumps(fields) + b"\n")

    def write_through(self, *fields: Any) -> None:
        """A line that is on the disk when this returns."""
        self.write(*fields)
        self.flush()
        os.fsync(self._file.fileno())

    def flush(self) -> None:
        """Everything so far can be read by others."""
        self._file.flush()

    def close(self) -> None:
        """Nothing more follows."""
        self._file.close()


def read_lines(path: Path) -> Iterator[list[Any]]:
    """Every whole line; a kill may have cut the last one."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield orjson.loads(line)
