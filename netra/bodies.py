"""Bodies of requests, read from the server's file while the application asks for them, never held as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import IO, Any, Final

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[dict[str, Any], Receive, Any], Awaitable[None]]
# Where the web server puts the file of a body; another server leaves it out and sends the body itself.
BODY: Final = "netra.body"
PIECE_BYTES: Final = 256 * 1024
GONE: Final[Message] = {"type": "http.disconnect"}


class BodyReader:
    """What an application receives: the pieces of the body, and after them what the server has to say."""

    def __init__(self, body: IO[bytes], receive: Receive) -> None:
        self._body, self._receive = body, receive
        self._ended = False

    async def __call__(self) -> Message:
        """The next message."""
        if self._ended:
            return await self._after_the_body()
        # Other requests and sockets of this process have their turn between two pieces.
        await asyncio.sleep(0)
        if self._body.closed:
            return GONE
        piece = self._body.read(PIECE_BYTES)
        self._ended = len(piece) < PIECE_BYTES
        return {"type": "http.request", "body": piece, "more_body": not self._ended}

    async def _after_the_body(self) -> Message:
        """The server has put an empty body of its own before its other messages."""
        message = await self._receive()
        return await self._receive() if message["type"] == "http.request" else message


def with_streamed_bodies(application: Application) -> Application:
    """The application, given bodies piece by piece where the server offers that."""

    async def serve(scope: dict[str, Any], receive: Receive, send: Any) -> None:
        body = scope.pop(BODY, None)
        await application(scope, receive if body is None else BodyReader(body, receive), send)

    return serve
