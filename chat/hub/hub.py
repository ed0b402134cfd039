"""The one live reader of a web process: groups in, sockets out; a dead Redis only makes it slower."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import structlog
from channels.layers import get_channel_layer
from psycopg import AsyncConnection

from chat.channels.direct import GRACE_SECONDS, POLL_SECONDS, POLL_WHEN_DEAF_SECONDS, Head, read_heads
from chat.emitter import group_of
from chat.emitter.publisher import PUBLISH_FAILURES
from chat.hub.feed import Feed, Socket
from chat.hub.lost import find_lost
from chat.hub.memory import Memory
from chat.hub.receipts import Receipts
from chat.log import Connections
from chat.log.connections import DATABASE_GONE, first_line
from chat.measures import measures

log = structlog.get_logger(__name__)
ECHO_SECONDS: Final = 1.0
TIDY_SECONDS: Final = 1.0
DEAF_AFTER_SECONDS: Final = 2.5
JOIN_RETRY_SECONDS: Final = 0.25
READERS: Final = 6
# Of thousands of sockets so many are checked in one turn of the loop: it is on the way of every event.
CHECKED_AT_ONCE: Final = 200
# The envelope of an event stands before its data; whose it is, is among the first words.
ENVELOPE_BYTES: Final = 400


class Hub:
    """Owns one channel of the layer; hands each message to its user's sockets; polls heads in case one was lost."""

    def __init__(self) -> None:
        self.feeds: dict[uuid.UUID, Feed] = {}
        self.connections = Connections(READERS)
        self.receipts = Receipts(Connections(1))
        self.foreign_messages = 0
        self._memory = Memory()
        self._has_delivered = False
        self._poll_connections = Connections(1)
        self._channel: str | None = None
        self._heard_at = 0.0
        self._start_lock = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._join_wanted = asyncio.Event()

    @property
    def is_deaf(self) -> bool:
        """True while the live path does not bring back the hub's own echo."""
        return time.monotonic() - self._heard_at > DEAF_AFTER_SECONDS

    async def start(self) -> None:
        """Starts the loops once, whoever comes first."""
        async with self._start_lock:
            if self._tasks:
                return
            self._heard_at = time.monotonic()
            for loop in self._loops():
                self._tasks.append(asyncio.create_task(loop(), name=f"hub {loop.__name__}"))

    def _loops(self) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
        return self._listen, self._join_groups, self._echo, self._poll_heads, self._keep_tidy, self.receipts.keep

    def add(self, socket: Socket) -> Feed:
        """From now on the socket is woken when its user's log grows."""
        feed = self.feeds.get(socket.user_id)
        if feed is None:
            feed = self.feeds[socket.user_id] = Feed(socket.user_id)
        feed.sockets.add(socket)
        self._join_wanted.set()
        return feed

    def acknowledge(self, user_id: uuid.UUID, epoch: uuid.UUID, seq: int) -> None:
        """A client of this person has everything up to here."""
        self.receipts.note(user_id, epoch, seq)
        if feed := self.feeds.get(user_id):
            feed.marks.note_ack(seq)

    def note_failure(self, user_id: uuid.UUID, epoch: uuid.UUID | None) -> None:
        """A connection of this person failed or did not answer in time."""
        if epoch is not None:
            self.receipts.note_failure(user_id, epoch)

    def remove(self, socket: Socket) -> None:
        """Forgets the socket, and with the last one its user."""
        feed = self.feeds.get(socket.user_id)
        if feed is None:
            return
        feed.sockets.discard(socket)
        if not feed.sockets:
            del self.feeds[socket.user_id]
            if feed.joined and self._channel:
                task = asyncio.ensure_future(self._leave_group(feed.user_id))
                task.add_done_callback(lambda done: done.exception())

    def describe(self) -> dict[str, Any]:
        """What may be known of this web process' live path; may be asked from any thread."""
        feeds = list(self.feeds.values())
        return {
            "hub": "deaf" if self.is_deaf else "live",
            "sockets": sum(len(feed.sockets) for feed in feeds),
            "sockets_of_users": {str(feed.user_id): len(feed.sockets) for feed in feeds},
            "foreign_messages": self.foreign_messages,
            "oldest_unacknowledged": round(max((feed.marks.oldest_seconds for feed in feeds), default=0.0), 1),
        }

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection to read the log with."""
        async with self.connections.lend() as connection:
            yield connection

    def deliver(self, message: dict[str, Any]) -> None:
        """Gives a published stretch to its user's sockets and to nobody else."""
        feed = self.feeds.get(uuid.UUID(message["user"]))
        if feed is None:
            return
        if not is_about(feed.user_id, message):
            self._keep_out(feed.user_id)
            return
        self._has_delivered = True
        feed.add(message)
        feed.call(partial(self._wake, feed))

    def _wake(self, feed: Feed) -> None:
        """Wakes the person's own sockets."""
        for socket in tuple(feed.sockets):
            if socket.user_id == feed.user_id:
                socket.wake()
            else:
                self._keep_out(feed.user_id)

    def _keep_out(self, user_id: uuid.UUID) -> None:
        """Somebody else's message or socket was met on the way to this person."""
        self.foreign_messages += 1
        measures.count("foreign")
        log.critical("foreign_message", user_id=str(user_id))

    def _deliver_readable(self, message: dict[str, Any]) -> None:
        """What a worker of another version says in other words is left to the head poll; the hub listens on."""
        try:
            self.deliver(message)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            log.warning("message_unreadable", error=type(error).__name__)

    async def _listen(self) -> None:
        """Drains the layer's queue without waiting for any socket."""
        layer = get_channel_layer()
        while True:
            try:
                if self._channel is None:
                    self._channel = await layer.new_channel()
                    self._join_wanted.set()
                messages = await layer.receive_many(self._channel)
            except PUBLISH_FAILURES:
                await asyncio.sleep(JOIN_RETRY_SECONDS)
                continue
            self._heard_at = time.monotonic()
            for message in messages:
                if message["type"] == "user.events":
                    self._deliver_readable(message)

    async def _join_groups(self) -> None:
        """Joins the groups of local users, again and again until Redis lets it."""
        while True:
            await self._join_wanted.wait()
            self._join_wanted.clear()
            if not await self._join_missing():
                await asyncio.sleep(JOIN_RETRY_SECONDS)
                self._join_wanted.set()

    async def _join_missing(self) -> bool:
        if self._channel is None:
            return False
        for feed in [feed for feed in self.feeds.values() if not feed.joined]:
            try:
                await get_channel_layer().group_add(group_of(feed.user_id), self._channel)
            except PUBLISH_FAILURES:
                return False
            feed.joined = self.feeds.get(feed.user_id) is feed
        return True

    async def _leave_group(self, user_id: uuid.UUID) -> None:
        try:
            await get_channel_layer().group_discard(group_of(user_id), self._channel)
        except PUBLISH_FAILURES as error:
            log.info("group_not_left", error=type(error).__name__)
        feed = self.feeds.get(user_id)
        if feed is not None:
            feed.joined = False
            self._join_wanted.set()

    async def _echo(self) -> None:
        """Sends the hub a message each second: what does not come back is how deafness shows."""
        while True:
            if self._channel is not None:
                try:
                    async with asyncio.timeout(ECHO_SECONDS):
                        await get_channel_layer().send(self._channel, {"type": "hub.echo"})
                except PUBLISH_FAILURES as error:
                    log.debug("echo_failed", error=type(error).__name__)
            await asyncio.sleep(ECHO_SECONDS)

    async def _keep_tidy(self) -> None:
        """Quiet is a second in which nobody was sent anything."""
        while True:
            self._has_delivered = False
            await asyncio.sleep(TIDY_SECONDS)
            self._memory.tidy(is_quiet=not self._has_delivered)

    async def _poll_heads(self) -> None:
        """One query a second finds whoever the live path has left behind, and whose access has ended."""
        while True:
            pause = POLL_WHEN_DEAF_SECONDS if self.is_deaf else POLL_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311
            await asyncio.sleep(pause)
            if not self.feeds:
                continue
            try:
                async with self._poll_connections.lend() as connection:
                    heads = await self._read_heads(connection)
            except DATABASE_GONE as error:
                log.warning("poll_failed", error=first_line(error))
            else:
                await asyncio.sleep(0 if self.is_deaf else GRACE_SECONDS)
                self._wake_behind(heads)
            for feed in self.feeds.values():
                feed.marks.note_time()

    async def _read_heads(self, connection: AsyncConnection[Any]) -> list[Head]:
        """Where the streams of the local users are; closes the sockets without access."""
        heads = await read_heads(connection, list(self.feeds))
        sockets = [socket for feed in self.feeds.values() for socket in feed.sockets]
        for start in range(0, len(sockets), CHECKED_AT_ONCE):
            for socket in await find_lost(connection, sockets[start : start + CHECKED_AT_ONCE]):
                socket.end_access()
        return heads

    def _wake_behind(self, heads: list[Head]) -> None:
        """Wakes the sockets the live path has left behind; those whose log was replaced have to start afresh."""
        for user_id, head, epoch in heads:
            feed = self.feeds.get(user_id)
            if feed is None:
                continue
            feed.begin(epoch)
            for socket in tuple(feed.sockets):
                if not socket.reads(epoch):
                    socket.lose_log()
                elif socket.behind(head):
                    socket.wake()


def is_about(user_id: uuid.UUID, message: dict[str, Any]) -> bool:
    """True if every event says of itself that it is this person's."""
    own = f'"user_id":"{user_id}"'.encode()
    return all(entry[2].find(own, 0, ENVELOPE_BYTES) >= 0 for entry in message["entries"])


hub_of_process: dict[str, Hub] = {}


def describe_hub() -> dict[str, Any]:
    """What this process' hub says of itself; idle until the first socket starts it."""
    hub = hub_of_process.get("hub")
    if hub:
        return hub.describe()
    idle: dict[str, Any] = {"hub": "idle", "sockets": 0, "sockets_of_users": {}}
    return idle | {"foreign_messages": 0, "oldest_unacknowledged": 0.0}


async def running_hub() -> Hub:
    """The hub of this process, started."""
    hub = hub_of_process.get("hub")
    if hub is None:
        hub = hub_of_process["hub"] = Hub()
    await hub.start()
    return hub
