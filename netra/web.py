"""The web server: daphne, but no request's body is ever in memory as a whole (`python -m netra.web`, daphne's options).

Left to themselves, its HTTP library parses forms while every socket waits, and daphne queues a body piece by piece
until all of it is in memory: an upload of 250 MB stopped the process for seconds and took a gigabyte.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from functools import partial
from typing import IO, Any, Final, NoReturn

from daphne import http_protocol, ws_protocol
from daphne.cli import CommandLineInterface
from daphne.server import Server, reactor

from netra.bodies import BODY
from netra.prompt_sockets import PromptSocket

# Each connection is looked at so often, as daphne does it, but in so many portions.
CHECK_SECONDS: Final = 2.0
PORTIONS: Final = 40


class Withheld:
    """A body that looks empty to the server and stays whole for the application."""

    def __init__(self, body: IO[bytes]) -> None:
        self.body = body

    @property
    def closed(self) -> bool:
        """Whether the client has gone."""
        return self.body.closed

    def read(self, size: int = -1) -> bytes:
        """Nothing, for the server's own queue."""
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """The server goes to the beginning before it hands the request over."""
        return self.body.seek(offset, whence)

    def close(self) -> None:
        """At the end of the request the file goes."""
        self.body.close()


class StreamedRequest(http_protocol.WebRequest):
    """A request whose form is parsed by nobody but Django."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, parsePOSTFormSubmission=False)

    content: Any

    def process(self) -> None:
        """Withholds the body from the server's queue."""
        self.content = Withheld(self.content)
        super().process()
        if self.transport is None:
            # Handed over to a socket: left in its channel's list, both would wait for the garbage collector.
            self.channel.requests.clear()


class StreamingServer(Server):
    """Hands an application the file of its request's body, and looks after many connections a few at a time."""

    _portion = 0

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """The application's queue, as daphne makes it."""
        if isinstance(protocol, StreamedRequest):
            scope[BODY] = protocol.content.body
        queue = super().create_application(protocol, scope)
        if queue is not None:
            self.connections[protocol]["application_instance"].add_done_callback(partial(self._forget, protocol))
        return queue

    def _forget(self, protocol: Any, ended: asyncio.Future[None]) -> None:
        """Forgets a connection that ended well; daphne does it each second, for all that are left in one turn."""
        is_closed = "disconnected" in self.connections.get(protocol, ())
        if is_closed and not ended.cancelled() and ended.exception() is None:
            del self.connections[protocol]

    def protocol_disconnected(self, protocol: Any) -> None:
        """Told twice of a socket that was refused: the second time it may have been forgotten."""
        if protocol in self.connections:
            super().protocol_disconnected(protocol)

    def timeout_checker(self) -> None:
        """Pings whom it is time to ping; thousands of sockets at once would hold up what anybody is sent."""
        self._portion = (self._portion + 1) % PORTIONS
        for protocol in list(self.connections)[self._portion :: PORTIONS]:
            protocol.check_timeouts()
        reactor.callLater(CHECK_SECONDS / PORTIONS, self.timeout_checker)


class WebCommand(CommandLineInterface):
    """Daphne's command line for this server."""

    server_class = StreamingServer


def main() -> None:
    """Serves until told to stop."""
    # Daphne's factories take these classes when a connection is made.
    http_protocol.WebRequest = StreamedRequest
    ws_protocol.WebSocketFactory.protocol = PromptSocket
    WebCommand.entrypoint()
    leave_at_once()


def leave_at_once() -> NoReturn:
    """Ends the process although requests are under way: each waits in a thread for the loop that has just ended.

    An ordinary end waits for those threads, for ever, with the port already closed.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
