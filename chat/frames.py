"""What a client may send on a socket: how much at once, how large, and of what shape."""

from __future__ import annotations

import time
from typing import Any, Final

import orjson

from chat.errors import BadFrame

MOST_FRAME_BYTES: Final = 128 * 1024
FRAMES_A_SECOND: Final = 50.0
FRAMES_AT_ONCE: Final = 150.0


class Allowance:
    """A token bucket: how many frames a client may still send now."""

    def __init__(self) -> None:
        self._left = FRAMES_AT_ONCE
        self._at = time.monotonic()

    def take(self, cost: float) -> bool:
        """False once the client sends more than its share."""
        now = time.monotonic()
        self._left = min(FRAMES_AT_ONCE, self._left + (now - self._at) * FRAMES_A_SECOND) - cost
        self._at = now
        return self._left >= 0


def is_too_big(text: str | None) -> bool:
    """True for a frame over the limit; a short text is not encoded to find out."""
    return text is not None and len(text) > MOST_FRAME_BYTES // 4 and len(text.encode()) > MOST_FRAME_BYTES


def parse_frame(text: str | None) -> dict[str, Any]:
    """The frame as an object; BadFrame for anything else."""
    if text is None:
        raise BadFrame("Frames are JSON text, not binary.")
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadFrame("This is not JSON.") from None
    if not isinstance(frame, dict):
        raise BadFrame
    return frame
