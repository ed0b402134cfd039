"""Sockets as daphne serves them, but quicker to write, and to forget.

Left to the library, each frame asks the loop for a turn of its own to be written in, an open socket keeps its request
as it came, taken apart and cleaned, and a closed one stays in memory until the garbage collector has looked through
all others.
"""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.tcp import Server as Connection


class PromptSocket(WebSocketProtocol):
    """A socket that gives the kernel what it takes now; the rest goes the ordinary way."""

    def onOpen(self) -> None:  # noqa: N802  (the library's name)
        """Lets go of the request's text: what counts of it is in the scope, and a browser's takes some kilobytes."""
        super().onOpen()
        # Its path stays, for the end of the socket.
        self.request.headers = {}
        self.http_headers: dict[str, str] = {}
        self.http_request_data = b""

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802
        """Sends some bytes of a frame."""
        if not (sync or chopsize or self.send_queue):
            data = data[send_now(self.transport, data) :]
        if data:
            super().sendData(data, sync, chopsize)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802  (the library's name)
        """Forgets itself: the last thing that refers to a closed socket is its own result."""
        super().connectionLost(reason)
        self.is_closed = None


def send_now(transport: Any, data: bytes) -> int:
    """How many bytes the kernel took; none where earlier ones still wait or the connection ends or is encrypted."""
    if type(transport) is not Connection or not transport.connected or transport.disconnecting:
        return 0
    if transport.dataBuffer or transport._tempDataBuffer:
        return 0
    try:
        return int(transport.socket.send(data))
    except OSError:
        # Full, or gone: the ordinary way finds out which, and knows what to do about it.
        return 0
