"""The viewers of a measurement, in a process of their own: count, check order, and tell how late events were."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from array import array
from dataclasses import dataclass, field
from importlib import import_module, util
from typing import Any, Final

import orjson

from bench.websocket import WebSocket
from chat.readiness import settle_memory

ACK_EVENTS: Final = 100
ACK_SECONDS: Final = 0.5
# So many at once wait to be let in.
OPENING: Final = 40
LONGEST_SECONDS: Final = 120.0
# The moment an event was due, as its text begins; the frame's other times are written otherwise.
DUE: Final = re.compile(rb"\d{10}\.\d{6}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of events, taken apart and checked in itself."""

    payload: bytes
    prev: int
    to: int
    dues: list[float]
    faults: int


def read_frame(payload: bytes) -> Frame | None:
    """The frame if it has events; an event that is missing or out of order is a fault."""
    content = orjson.loads(payload)
    if content["type"] != "events":
        return None
    prev, to = content["prev"], content["to"]
    dues = [float(due) for due in DUE.findall(payload)]
    seqs = [event["seq"] for event in content["events"]]
    faults = (seqs != list(range(prev + 1, to + 1))) + (dues != sorted(dues))
    return Frame(payload, prev, to, dues, faults)


@dataclass
class Audience:
    """All viewers of one measurement: what they saw together."""

    lags: array[float] = field(default_factory=lambda: array("d"))
    faults: int = 0
    missing: int = 0
    last_at: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    _read: Frame | None = None

    def read(self, payload: bytes) -> Frame | None:
        """The frame; the tabs of one person get the same bytes, which need not be taken apart again."""
        if self._read is None or self._read.payload != payload:
            found = read_frame(payload)
            if found is None:
                return None
            self._read = found
        return self._read


class Viewer:
    """One socket of one person, from the head on."""

    def __init__(self, audience: Audience, expected: int) -> None:
        self._audience = audience
        self._left = expected
        self._cursor = self._acked = 0
        self._acked_at = 0.0
        self._socket: WebSocket | None = None
        self.ready = asyncio.Event()

    async def open(self, address: str, key: str) -> None:
        """Returns when the server said ready."""
        self._socket = await WebSocket.open(address, key, self.take)
        self._socket.send(b'{"command":"hello","v":1,"cursor":null,"epoch":null}')
        await asyncio.wait_for(self.ready.wait(), LONGEST_SECONDS)

    def take(self, payload: bytes) -> None:
        """One frame."""
        if not self.ready.is_set():
            self._cursor = self._acked = orjson.loads(payload)["head"]
            self.ready.set()
            return
        now = time.time()
        frame = self._audience.read(payload)
        if frame is None:
            return
        self._audience.faults += frame.faults + (frame.prev != self._cursor)
        self._audience.lags.extend([now - due for due in frame.dues])
        self._cursor = frame.to
        self._count(len(frame.dues), now)

    def acknowledge(self) -> None:
        """Says that everything so far has come, unless that was said."""
        assert self._socket
        if self._acked < self._cursor:
            self._socket.send(b'{"command":"ack","seq":%d}' % self._cursor)
            self._acked = self._cursor

    def _count(self, events: int, now: float) -> None:
        self._left -= events
        self._audience.missing -= events
        self._audience.last_at = now
        if self._cursor - self._acked >= ACK_EVENTS or now - self._acked_at > ACK_SECONDS:
            self.acknowledge()
            self._acked_at = now
        if self._audience.missing <= 0:
            self._audience.done.set()


async def view_all(order: dict[str, Any]) -> None:
    """Says `ready` when every socket is, and the figures when every socket has everything, or has waited too long."""
    audience = Audience()
    places = asyncio.Semaphore(OPENING)

    async def open_viewer(key: str, expected: int) -> Viewer:
        async with places:
            viewer = Viewer(audience, expected)
            await viewer.open(order["address"], key)
            return viewer

    audience.missing = sum(expected for _, expected in order["viewers"])
    viewers = await asyncio.gather(*(open_viewer(key, expected) for key, expected in order["viewers"]))
    settle_memory()
    write_line("ready")
    spent = time.process_time()
    if audience.missing:
        try:
            await asyncio.wait_for(audience.done.wait(), LONGEST_SECONDS)
        except TimeoutError:
            audience.faults += 1
    else:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    spent = time.process_time() - spent
    # Whoever leaves without a word is sent the rest again later, in the middle of another measurement.
    for viewer in viewers:
        viewer.acknowledge()
    write_line(json.dumps(figures_of(audience) | {"cpu_seconds": spent, "sockets": len(viewers)}))


def figures_of(audience: Audience) -> dict[str, float]:
    """What was seen, in milliseconds."""
    ordered = sorted(audience.lags) or [0.0]
    return {
        "events": len(audience.lags),
        "faults": audience.faults + abs(audience.missing),
        "p50": ordered[len(ordered) // 2] * 1000,
        "p99": ordered[int(len(ordered) * 0.99)] * 1000,
        "last_at": audience.last_at,
    }


def write_line(line: str) -> None:
    """Tells the process that measures."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Reads the order and carries it out, on the quickest loop there is."""
    factory = import_module("uvloop").new_event_loop if util.find_spec("uvloop") else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(view_all(json.loads(sys.stdin.readline())))


if __name__ == "__main__":
    main()
