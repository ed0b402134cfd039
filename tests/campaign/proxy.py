"""A small TCP proxy that delays, holds, deafens, slows, refuses and cuts; its controls work from any thread."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

PIECE_BYTES: Final = 65_536
MOST_WAITING_PIECES: Final = 16
# Hang up without a farewell: the other side gets a reset.
ABRUPT: Final = struct.pack("ii", 1, 0)
COMMIT: Final = b"COMMIT"


@dataclass
class Rules:
    """What a proxy does to all its lines now; `to` and `back` are the two directions."""

    delay_seconds: float = 0.0
    jitter_seconds: float = 0.0
    # Chance of a piece to be late by a retransmission, which is how a lost packet shows on a TCP line.
    loss: float = 0.0
    retransmit_seconds: float = 0.2
    holds_to: bool = False
    holds_back: bool = False
    refuses: bool = False
    bytes_a_second: float = 0.0
    # How many answers to a commit are still to be swallowed, and the chance of each.
    answer_cuts: int = 0
    cut_chance: float = 1.0


@dataclass(eq=False)
class Line:
    """One connection through the proxy."""

    to_client: asyncio.StreamWriter
    to_server: asyncio.StreamWriter
    number: int
    # It has sent the pattern before: a prepared statement does not repeat its text.
    appends: bool = False
    awaits_commit: bool = False
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def cut(self) -> None:
        """Resets both ends."""
        for writer in (self.to_client, self.to_server):
            made: socket.socket | None = writer.get_extra_info("socket")
            if made is not None and made.fileno() >= 0:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
            writer.transport.abort()


class Proxy:
    """Forwards a port of its own to another one, under rules that may change at any time."""

    def __init__(self, name: str, target: int, seed: int, pattern: bytes = b"chat_append") -> None:
        self.name = name
        self.target = target
        self.rules = Rules()
        self.cuts = 0
        self.port = 0
        self._pattern = pattern
        self._chance = random.Random(seed)
        self._lines: list[Line] = []
        self._made = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None

    @property
    def open_lines(self) -> int:
        """How many connections there are."""
        return len(self._lines)

    async def listen(self) -> None:
        """Begins to forward, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Takes no more lines and cuts those there are."""
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.cut()
        while self._lines:  # noqa: ASYNC110  (each line takes itself off the list)
            await asyncio.sleep(0.01)

    def reset(self) -> None:
        """Forwards like a wire again."""
        self.rules = Rules()

    def cut_lines(self, choose: Callable[[int], bool] = lambda _: True) -> int:
        """Resets the lines whose number is chosen; how many those were."""
        chosen = [line for line in list(self._lines) if choose(line.number)]
        assert self._loop is not None
        for line in chosen:
            self._loop.call_soon_threadsafe(line.cut)
        return len(chosen)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            if self.rules.refuses:
                raise ConnectionRefusedError
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            Line(to_client, to_client, 0).cut()
            return
        self._made += 1
        line = Line(to_client, to_server, self._made)
        self._lines.append(line)
        ways = (
            self._carry(line, from_client, to_server, back=False),
            self._carry(line, from_server, to_client, back=True),
        )
        line.tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(line.tasks, return_when=asyncio.FIRST_COMPLETED)
        await self._end(line)

    async def _end(self, line: Line) -> None:
        """One side has ended: the other one is told when it has got what was on its way."""
        for task in line.tasks:
            task.cancel()
        await asyncio.gather(*line.tasks, return_exceptions=True)
        self._lines.remove(line)
        for writer in (line.to_client, line.to_server):
            writer.close()

    async def _carry(
        self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool
    ) -> None:
        """One direction: what is read now is written when it is due."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MOST_WAITING_PIECES)
        writing = asyncio.create_task(self._write(writer, waiting, back=back))
        try:
            while data := await reader.read(PIECE_BYTES):
                if self._notice(line, data, back=back):
                    line.cut()
                    return
                await waiting.put((time.monotonic() + self._lateness(), data))
            await waiting.put((0.0, b""))
            await writing
        except OSError:
            return
        finally:
            writing.cancel()

    async def _write(
        self, writer: asyncio.StreamWriter, waiting: asyncio.Queue[tuple[float, bytes]], *, back: bool
    ) -> None:
        while True:
            due, data = await waiting.get()
            if due > (now := time.monotonic()):
                await asyncio.sleep(due - now)
            await self._hold(back=back)
            if not data:
                return
            if self.rules.bytes_a_second:
                await asyncio.sleep(len(data) / self.rules.bytes_a_second)
            try:
                writer.write(data)
                await writer.drain()
            except OSError:
                return

    async def _hold(self, *, back: bool) -> None:
        """Nothing goes on in this direction while the rules say so."""
        while self.rules.holds_back if back else self.rules.holds_to:  # noqa: ASYNC110  (changed by another thread)
            await asyncio.sleep(0.02)

    def _lateness(self) -> float:
        rules = self.rules
        late = rules.delay_seconds + self._chance.uniform(-rules.jitter_seconds, rules.jitter_seconds)
        if rules.loss and self._chance.random() < rules.loss:
            late += rules.retransmit_seconds
        return max(late, 0.0)

    def _notice(self, line: Line, data: bytes, *, back: bool) -> bool:
        """True where the answer to a commit is to be swallowed and the line cut."""
        if not back:
            line.appends = line.appends or self._pattern in data
            line.awaits_commit = line.appends or COMMIT in data
            return False
        awaited, line.awaits_commit = line.awaits_commit, False
        if not (awaited and self.rules.answer_cuts > 0 and self._chance.random() < self.rules.cut_chance):
            return False
        self.rules.answer_cuts -= 1
        self.cuts += 1
        return True


@contextmanager
def running_proxies(*proxies: Proxy) -> Iterator[None]:
    """The proxies on a loop in a thread of their own while the block runs."""
    ready = threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        ended = asyncio.Event()
        loops.append((asyncio.get_running_loop(), ended))
        for proxy in proxies:
            await proxy.listen()
        ready.set()
        await ended.wait()
        for proxy in proxies:
            await proxy.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="proxies", daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loop, ended = loops[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
