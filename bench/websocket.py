"""A small and quick WebSocket client, for texts of a server that does not fragment: viewers must not be the limit."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from enum import IntEnum
from typing import Final, Self, cast
from urllib.parse import urlsplit

OPEN_SECONDS: Final = 60.0


class Opcode(IntEnum):
    """Kinds of frames."""

    TEXT = 1
    CLOSE = 8
    PING = 9
    PONG = 10


class WebSocket(asyncio.Protocol):
    """One connection; every text it gets goes to the callback as it is."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._buffer = bytearray()
        self._is_open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, address: str, key: str, take: Callable[[bytes], None]) -> Self:
        """A connection that was accepted."""
        url = urlsplit(address)
        assert url.hostname
        assert url.port
        loop = asyncio.get_running_loop()
        _, socket = await loop.create_connection(lambda: cls(take), url.hostname, url.port)
        lines = (
            f"GET {url.path} HTTP/1.1",
            f"Host: {url.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Bearer {key}",
        )
        socket._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await asyncio.wait_for(socket.opened, OPEN_SECONDS)
        return socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remembers where to write."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells whoever waits."""
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server hung up"))
        if not self.closed.done():
            self.closed.set_result(str(exc or "closed"))

    def send(self, text: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        """Sends a short frame; a mask of zeros changes nothing."""
        assert len(text) < 126
        self._transport.write(bytes((0x80 | opcode, 0x80 | len(text))) + bytes(4) + text)

    def data_received(self, data: bytes) -> None:
        """Takes apart what has come."""
        self._buffer += data
        if not self._is_open and not self._read_answer():
            return
        place = 0
        while (frame := find_frame(self._buffer, place)) is not None:
            opcode, start, place = frame
            self._take_frame(opcode, bytes(self._buffer[start:place]))
        del self._buffer[:place]

    def _read_answer(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self._transport.abort()
            return False
        self._buffer, self._is_open = rest, True
        self.opened.set_result(None)
        return True

    def _take_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == Opcode.TEXT:
            self._take(payload)
        elif opcode == Opcode.PING:
            self.send(payload, Opcode.PONG)
        elif opcode == Opcode.CLOSE and not self.closed.done():
            self.closed.set_result(f"closed with {int.from_bytes(payload[:2], 'big')}")


def find_frame(buffer: bytearray, place: int) -> tuple[int, int, int] | None:
    """Opcode, start and end of the frame at this place, if all of it is there."""
    if len(buffer) < place + 2:
        return None
    size, start = buffer[place + 1] & 0x7F, place + 2
    if size >= 126:
        wide = 2 if size == 126 else 8
        if len(buffer) < start + wide:
            return None
        size, start = int.from_bytes(buffer[start : start + wide], "big"), start + wide
    return (buffer[place] & 0x0F, start, start + size) if len(buffer) >= start + size else None
