"""What the hub sees of a connection that stays open."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from chat.hub import Feed, Hub
from chat.streams.handover import Asker
from chat.streams.reader import StreamReader


class Listener:
    """Among a person's sockets while its connection lasts."""

    feed: Feed

    def __init__(self, asker: Asker, stirred: asyncio.Event) -> None:
        self.asker = asker
        self.user_id = asker.user_id
        self.access = asker.access
        self.farewell = "enough for one connection"
        self._stirred = stirred

    def wake(self) -> None:
        """Something may have been added to the person's log."""
        raise NotImplementedError

    def behind(self, head: int) -> bool:
        """True while the head has not been taken."""
        raise NotImplementedError

    def end_access(self) -> None:
        """The session, key or account is gone."""
        self.farewell = "access ended"
        self._stirred.set()

    def reads(self, epoch: uuid.UUID) -> bool:
        """False in the middle of another log than this one."""
        return self.asker.epoch == epoch

    def lose_log(self) -> None:
        """A backup was restored: whoever comes again is told to fetch a snapshot."""
        self.farewell = "another log"
        self._stirred.set()


class PollListener(Listener):
    """Waits for the first event after its place."""

    def __init__(self, asker: Asker, stirred: asyncio.Event) -> None:
        super().__init__(asker, stirred)
        self._head = 0

    def wake(self) -> None:
        """A late word of what the client has is no news."""
        pushed = self.feed.pieces[-1].to if self.feed.pieces else 0
        if max(self._head, pushed) > self.asker.cursor:
            self._stirred.set()

    def behind(self, head: int) -> bool:
        """Notes the head."""
        self._head = max(self._head, head)
        return head > self.asker.cursor


class StreamListener(Listener):
    """Reads on from its place."""

    _reader: StreamReader | None = None

    def wake(self) -> None:
        """There may be something to send."""
        if self._reader is not None:
            self._reader.wake()

    def behind(self, head: int) -> bool:
        """Lets the log be read up to the head."""
        return self._reader is not None and self._reader.may_read(head, "direct")

    async def read(self, hub: Hub, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Sends the log from the client's place on, until this connection has had its share."""
        self._reader = StreamReader(hub, self.feed, write)
        self._reader.start_at(self.asker.cursor, self.asker.epoch)
        self._reader.watched_thread = self.asker.watched_thread
        # Beyond the head that Django saw: something may have come before the hub had its first word of this person.
        self._reader.may_read(self.asker.head + 1, "direct")
        await self._reader.run()

    def take_place(self) -> bytes:
        """What moves the client's place past events it did not want."""
        return self._reader.take_place() if self._reader else b""
