"""Connections that outlast Django's answer: Django says who, what and whether; waiting is done here, on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import structlog

from chat.channels.direct import read_heads
from chat.errors import TooManyConnections
from chat.hub import Hub, running_hub
from chat.log.connections import DATABASE_GONE, first_line
from chat.streams.handover import LINE, Line
from chat.streams.listeners import Listener, PollListener, StreamListener
from chat.streams.texts import BEAT, comment

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger(__name__)
EVENTS_PATH: Final = "/api/v1/events/"
STREAM_PATH: Final = "/api/v1/events/stream/"
BEAT_SECONDS: Final = 15.0
NO_BODY: Final[Message] = {"type": "http.request", "body": b"", "more_body": False}
GONE: Final[Message] = {"type": "http.disconnect"}


def with_direct_connections(application: Application) -> Application:
    """The application, with a line to the log for the requests that may wait for something."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if may_stay(scope):
            await Connection(application, scope, receive, send).serve()
        else:
            await application(scope, receive, send)

    return serve


def may_stay(scope: Scope) -> bool:
    """True for what a view may want to answer later or go on with."""
    path = scope["path"]
    is_one = path == STREAM_PATH or (path == EVENTS_PATH and b"wait=" in scope["query_string"])
    return is_one and scope["method"] == "GET"


@dataclass(slots=True)
class Answer:
    """What Django said, kept back until it is known whether that is the answer."""

    line: Line
    messages: list[Message] = field(default_factory=list)

    async def keep(self, message: Message) -> None:
        """Stands in for the server."""
        self.messages.append(message)

    async def give(self, send: Send) -> None:
        """The answer as it is; nothing where the client hung up before there was one."""
        for message in self.messages:
            await send(message)

    async def begin(self, send: Send) -> None:
        """The answer as the beginning of a longer one."""
        start, *bodies = self.messages
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": b"".join(m["body"] for m in bodies), "more_body": True})


class Connection:
    """One request that may stay open, and the client behind it."""

    def __init__(self, application: Application, scope: Scope, receive: Receive, send: Send) -> None:
        self._application = application
        self._scope = scope
        self._receive = receive
        self._send = send
        self._hung_up = asyncio.Event()
        # Something has happened: news, the end of access, or that the client hung up.
        self._stirred = asyncio.Event()

    async def serve(self) -> None:
        """Answers; a client that hangs up ends it at once, wherever it is."""
        watching = asyncio.create_task(self._watch_client())
        try:
            await self._answer()
        finally:
            watching.cancel()

    async def _watch_client(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._hung_up.set()
        self._stirred.set()

    async def _answer(self) -> None:
        answer = await self._ask_django()
        asker = answer.line.asker
        if asker is None:
            await answer.give(self._send)
            return
        hub = await running_hub()
        if asker.has_up_to and asker.has_up_to <= asker.head:
            hub.acknowledge(asker.user_id, asker.epoch, asker.has_up_to)
        if not answer.line.seconds:
            await answer.give(self._send)
        elif self._scope["path"] == STREAM_PATH:
            stream = StreamListener(asker, self._stirred)
            await self._stay(hub, stream, partial(self._stream, hub, stream, answer))
        else:
            poll = PollListener(asker, self._stirred)
            await self._stay(hub, poll, partial(self._wait, hub, poll, answer))

    async def _stay(self, hub: Hub, listener: Listener, go_on: Callable[[], Awaitable[None]]) -> None:
        """Keeps the connection among the person's sockets while it lasts, if there is a place for it."""
        listener.feed = hub.add(listener)
        try:
            if len(listener.feed.sockets) <= listener.asker.most_sockets:
                await go_on()
                return
        finally:
            hub.remove(listener)
        refused = await self._ask_django(Line(refusal=TooManyConnections()))
        await refused.give(self._send)

    async def _ask_django(self, line: Line | None = None) -> Answer:
        """One pass through Django, which sees a request without a body from a client that may hang up."""
        answer = Answer(line or Line())
        told = iter([NO_BODY])

        async def receive() -> Message:
            for message in told:
                return message
            await self._hung_up.wait()
            return GONE

        await self._application({**self._scope, LINE: answer.line}, receive, answer.keep)
        return answer

    async def _wait(self, hub: Hub, listener: PollListener, answer: Answer) -> None:
        """Holds an empty page back until Django has another one to give, or the time is over."""
        deadline = asyncio.get_running_loop().time() + answer.line.seconds
        await self._look_again(hub, listener)
        while answer.line.seconds:
            try:
                async with asyncio.timeout_at(deadline):
                    await self._stirred.wait()
            except TimeoutError:
                break
            self._stirred.clear()
            if self._hung_up.is_set():
                return
            answer = await self._ask_django()
        await answer.give(self._send)

    async def _look_again(self, hub: Hub, listener: PollListener) -> None:
        """Finds what came between Django's look at the log and the hub's first word of this person."""
        try:
            async with hub.lend() as connection:
                heads = await read_heads(connection, [listener.user_id])
        except DATABASE_GONE as error:
            log.warning("head_not_read", error=first_line(error))
            return
        if any(listener.behind(head.seq) for head in heads):
            listener.wake()

    async def _stream(self, hub: Hub, listener: StreamListener, answer: Answer) -> None:
        """Goes on with the stream that Django's answer began, until one side has had enough."""
        await answer.begin(self._send)
        reading = asyncio.create_task(listener.read(hub, self._write))
        tasks = [reading, asyncio.create_task(self._beat(listener)), asyncio.create_task(self._stirred.wait())]
        try:
            await asyncio.wait(tasks, timeout=answer.line.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not self._hung_up.is_set():
            await self._write(listener.take_place() + comment(listener.farewell), more=False)
        if not reading.cancelled():
            reading.result()

    async def _beat(self, listener: StreamListener) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await self._write(listener.take_place() or BEAT)

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
