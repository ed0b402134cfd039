"""One socket: accept, check, parse, forward; no exception ever leaves it."""

from __future__ import annotations

import asyncio
import uuid
from enum import IntEnum
from typing import Any, Final

import orjson
import structlog
from autobahn.exception import Disconnected
from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from django.db import Error as DatabaseError

from accounts.errors import NetraError
from accounts.models import ApiKey, User
from chat.commands import run_command
from chat.errors import BadFrame, HelloRequired
from chat.frames import Allowance, is_too_big, parse_frame
from chat.hub import Access, Feed, Hub, LogReader, running_hub
from chat.log import READ_STREAM
from chat.log.connections import DATABASE_GONE
from chat.log.places import resync_reason
from chat.log.read import ENSURE_STREAM
from chat.measures import measures
from chat.selectors import thread_for

log = structlog.get_logger(__name__)
ACK_COST: Final = 0.2
# What sending to a connection that is no more raises: by the ASGI specification, and by daphne.
CLIENT_GONE: Final = (OSError, Disconnected)


class CloseCode(IntEnum):
    """Why the server closed a socket; clients reconnect on all but 4401 and 4403."""

    BAD_MESSAGE = 4400
    SESSION_ENDED = 4401
    FORBIDDEN = 4403
    SLOW_READER = 4408
    TOO_BIG = 4413
    TOO_MANY = 4429
    TRY_AGAIN = 4503


class UserConsumer(AsyncConsumer):
    """One socket of one user, whose group is named after the server-side session and nothing the client says."""

    # No such layer is configured: the hub owns the layer, so that Redis cannot refuse, close or crash a socket.
    channel_layer_alias = "detached"
    user: User
    access: Access
    may_write: bool

    def __init__(self) -> None:
        self._socket_id = uuid.uuid4().hex
        self._frames = 0
        self._allowance = Allowance()
        self._hub: Hub | None = None
        self._feed: Feed | None = None
        self._reader: LogReader | None = None
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def request_id(self) -> str:
        """The id of the frame at hand: in the log, and in the run it starts."""
        return f"{self._socket_id}-{self._frames}"

    @property
    def user_id(self) -> uuid.UUID:
        """Whose log this socket reads."""
        return self.user.id

    async def dispatch(self, message: dict[str, Any]) -> None:
        """The server's three messages; the stock dispatch hops to a thread for every frame."""
        try:
            match message["type"]:
                case "websocket.connect":
                    await self.connect()
                case "websocket.receive":
                    await self.receive(message.get("text"))
                case "websocket.disconnect":
                    await self.disconnect()
        except StopConsumer:
            raise
        except Exception:  # the delivery boundary: a fault of ours ends in the log, not in this person's socket
            log.exception("socket_fault", user_id=str(self.user_id) if self._feed else None)
            await self.say_error("server_error", "Something went wrong on our side. Please try again.")

    async def connect(self) -> None:
        """Accepts first, so that a refusal reaches the browser as a code."""
        await self._tell_server({"type": "websocket.accept"})
        user = self.scope.get("user")
        if not isinstance(getattr(user, "_wrapped", user), User) or not user.is_active:
            await self.close(CloseCode.SESSION_ENDED)
            return
        self.user = getattr(user, "_wrapped", user)
        self.may_write = self.scope.get("key_scope") != ApiKey.Scope.READ
        session = self.scope.get("session")
        self.access = Access(
            self.user.auth_version, session.session_key if session else None, self.scope.get("key_digest")
        )
        self._hub = await running_hub()
        self._feed = self._hub.add(self)
        if len(self._feed.sockets) > self.user.limits.sockets:
            await self.close(CloseCode.TOO_MANY)

    async def disconnect(self) -> None:
        """Lets go of everything this socket held, and so of itself: nothing is left to the garbage collector."""
        self._let_go()
        self._reader = self._sending = None
        raise StopConsumer

    async def receive(self, text: str | None) -> None:
        """Carries out one frame; what is wrong with it goes back as an error frame."""
        if self._closed:
            return
        if is_too_big(text):
            await self.close(CloseCode.TOO_BIG)
            return
        frame: dict[str, Any] = {}
        try:
            frame = parse_frame(text)
            answer = await self._carry_out(frame)
        except NetraError as error:
            if not frame and not self._allowance.take(1.0):
                await self.close(CloseCode.TOO_MANY)
            else:
                await self.say_error(error.code, error.sentence, frame)
        except (DatabaseError, *DATABASE_GONE) as error:
            log.warning("command_failed", error=type(error).__name__)
            await self._say_database_gone(frame)
        else:
            if answer is not None:
                await self.say(answer)

    async def _say_database_gone(self, frame: dict[str, Any]) -> None:
        """Who has not got its hello answered has nothing but the socket's end to tell it to try again."""
        if frame.get("command") == "hello":
            await self.close(CloseCode.TRY_AGAIN)
        else:
            sentence = "The database does not answer right now. Try again in a moment."
            await self.say_error("database_unavailable", sentence, frame)

    async def _carry_out(self, frame: dict[str, Any]) -> dict[str, Any] | None:
        """The command's answer; a client over its allowance is closed instead."""
        if self._allowance.take(ACK_COST if frame.get("command") == "ack" else 1.0):
            self._frames += 1
            return await run_command(self, frame)
        await self.close(CloseCode.TOO_MANY)
        return None

    async def say_hello(self, cursor: int | None, epoch: str | None) -> None:
        """Answers ready, and then the events after the cursor or the reason why they cannot be had."""
        if self._hub is None or self._feed is None:
            return
        self._stop_reading()
        async with self._hub.lend() as connection:
            await connection.execute(ENSURE_STREAM, (self.user_id,))
            row = await (await connection.execute(READ_STREAM, (self.user_id,))).fetchone()
        assert row is not None
        now, head, floor = row
        await self.say({"type": "ready", "v": 1, "epoch": str(now), "head": head, "floor": floor})
        reason = None if cursor is None else resync_reason(cursor, epoch, str(now), head, floor)
        if reason:
            await self.ask_resync(reason)
        elif cursor is None:
            self._start_reading(head, head, now)
        else:
            # Whoever comes with a place has everything up to there.
            self._hub.acknowledge(self.user_id, now, cursor)
            self._start_reading(cursor, head, now)

    async def ask_resync(self, reason: str) -> None:
        """Stops the events; the client fetches a snapshot and says hello again."""
        self._stop_reading()
        measures.count(f"resync|{reason}")
        await self.say({"type": "resync", "reason": reason})

    def acknowledge(self, seq: int) -> None:
        """Gives the client credit for more."""
        if self._reader is None or self._reader.cursor is None:
            raise HelloRequired
        if not self._reader.acknowledge(seq):
            raise BadFrame("seq is ahead of what was sent.")

    async def watch(self, thread_id: uuid.UUID | None) -> None:
        """Checks that the thread is this user's before anything of it is singled out."""
        if thread_id is not None:
            await database_sync_to_async(thread_for, thread_sensitive=False)(self.user, thread_id)
        if self._reader is None:
            raise HelloRequired
        self._reader.watched_thread = None if thread_id is None else str(thread_id)

    def wake(self) -> None:
        """The hub saw something new."""
        if self._reader is not None:
            self._reader.wake()

    def behind(self, head: int) -> bool:
        """True while this socket has not been given everything up to the head, and may read it."""
        return self._reader is not None and self._reader.may_read(head, "direct")

    def reads(self, epoch: uuid.UUID) -> bool:
        """False in the middle of another log than this one."""
        return self._reader is None or self._reader.reads(epoch)

    def lose_log(self) -> None:
        """A backup was restored under this socket: the client has to fetch a snapshot."""
        task = asyncio.ensure_future(self.ask_resync("epoch_changed"))
        task.add_done_callback(lambda done: done.exception())

    def end_access(self) -> None:
        """The session, key or account is gone: close without waiting."""
        task = asyncio.ensure_future(self.close(CloseCode.SESSION_ENDED))
        task.add_done_callback(lambda done: done.exception())

    async def say(self, frame: dict[str, Any]) -> None:
        """Sends one frame."""
        await self._send_text(orjson.dumps(frame).decode())

    async def say_error(self, code: str, sentence: str, frame: dict[str, Any] | None = None) -> None:
        """Sends an error frame, with the id of the command it answers."""
        client_id = (frame or {}).get("client_id")
        shown = client_id if isinstance(client_id, str) and len(client_id) <= 200 else None
        await self.say({"type": "error", "code": code, "message": sentence, "client_id": shown})

    async def close(self, code: CloseCode) -> None:
        """Closes once, with a code that says why."""
        if self._closed:
            return
        self._let_go()
        await self._tell_server({"type": "websocket.close", "code": int(code)})

    async def _send_text(self, text: str) -> None:
        if not self._closed:
            await self._tell_server({"type": "websocket.send", "text": text})

    async def _tell_server(self, message: dict[str, Any]) -> None:
        """Hands a message to the server; a client that has just hung up needs no answer."""
        try:
            await self.base_send(message)
        except CLIENT_GONE:
            self._let_go()

    async def _close_slow(self) -> None:
        if self._hub is not None and self._reader is not None:
            self._hub.note_failure(self.user_id, self._reader.epoch)
        measures.count("closed|slow_reader")
        await self.close(CloseCode.SLOW_READER)

    def _start_reading(self, cursor: int, head: int, epoch: uuid.UUID) -> None:
        assert self._hub is not None
        assert self._feed is not None
        if self._reader is None:
            self._reader = LogReader(self._hub, self._feed, send=self._send_text, close_slow=self._close_slow)
        self._reader.start_at(cursor, epoch)
        self._reader.may_read(head, "replay")
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._reader.run())

    def _stop_reading(self) -> None:
        if self._reader is not None:
            self._reader.stop()

    def _let_go(self) -> None:
        self._closed = True
        if self._sending is not None and self._sending is not asyncio.current_task():
            self._sending.cancel()
        if self._hub is not None and self._feed is not None:
            self._hub.remove(self)
