"""Publishes what was committed to its user's group: best effort, after commit, never in the way of an append."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import structlog
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from chat.breaker import breaker_named
from chat.log import Chunk
from chat.measures import measures
from chat.pieces import Entry, entry_of
from chat.switches import is_on

log = structlog.get_logger(__name__)
PIECE_BYTES: Final = 64 * 1024
BATCH_BYTES: Final = 512 * 1024
TIMEOUT_SECONDS: Final = 0.2
MOST_WAITING_EVENTS: Final = 5_000
PUBLISH_FAILURES = (RedisError, OSError, asyncio.TimeoutError)


def group_of(user_id: uuid.UUID) -> str:
    """The group of all of one user's sockets; the id comes from the server-side session only."""
    return f"user.{user_id.hex}"


def pieces_of(chunk: Chunk) -> Iterator[dict[str, Any]]:
    """The chunk as messages of a bounded size, each with its own prev and to."""
    prev, size = chunk.prev, 0
    entries: list[Entry] = []
    for stored, encoded in chunk.events:
        if entries and size + len(encoded) > PIECE_BYTES:
            yield piece(chunk, prev, entries)
            prev, entries, size = entries[-1][0], [], 0
        entries.append(entry_of(stored, encoded))
        size += len(encoded)
    yield piece(chunk, prev, entries)


def piece(chunk: Chunk, prev: int, entries: list[Entry]) -> dict[str, Any]:
    """One message of the live path; the type never changes, so that a rolling deploy breaks no web process."""
    return {
        "type": "user.events",
        "user": str(chunk.user_id),
        "epoch": str(chunk.epoch),
        "prev": prev,
        "to": entries[-1][0],
        "entries": entries,
    }


def joined(older: Chunk, newer: Chunk) -> Chunk:
    """Two chunks of one user as one; a gap between them drops the older, whose events are read from the log."""
    if older.to != newer.prev or older.epoch != newer.epoch:
        return newer
    return replace(newer, prev=older.prev, events=older.events + newer.events, urgent=older.urgent or newer.urgent)


class Patience(NamedTuple):
    """How often a publish is tried, and how soon again."""

    tries: int
    pause_seconds: float


REGULAR: Final = Patience(3, 0.1)
URGENT: Final = Patience(2, 0.001)


class Publisher:
    """Sends what waits of all users in one round trip; while Redis is busy a user's waiting chunks merge."""

    def __init__(self) -> None:
        self.breaker = breaker_named("publish", open_seconds=1.0)
        self.published = 0
        self.dropped = 0
        self._waiting: dict[uuid.UUID, Chunk] = {}
        self._failed_tries: dict[uuid.UUID, int] = {}
        self._wake = asyncio.Event()

    def submit(self, chunks: Iterable[Chunk]) -> None:
        """Queues what a commit added; called on the publisher's own loop."""
        for chunk in chunks:
            self._failed_tries.pop(chunk.user_id, None)
            older = self._waiting.pop(chunk.user_id, None)
            merged = joined(older, chunk) if older else chunk
            self._waiting[chunk.user_id] = chunk if len(merged.events) > MOST_WAITING_EVENTS else merged
        self._wake.set()

    async def run(self) -> None:
        """Publishes until cancelled, even where the Redis client turns a cancellation into an error of its own."""
        task = asyncio.current_task()
        assert task is not None
        while not task.cancelling():
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and not task.cancelling():
                await self._publish(self._take_batch())

    def _take_batch(self) -> list[Chunk]:
        """What goes out in one round trip: the users that wait longest, up to a bound."""
        batch: list[Chunk] = []
        size = 0
        while self._waiting and size < BATCH_BYTES:
            chunk = self._waiting.pop(next(iter(self._waiting)))
            batch.append(chunk)
            size += sum(len(encoded) for _, encoded in chunk.events)
        return batch

    async def _publish(self, batch: list[Chunk]) -> None:
        if not self.breaker.allows():
            self.dropped += len(batch)
            return
        messages = [(group_of(chunk.user_id), message) for chunk in batch for message in pieces_of(chunk)]
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await get_channel_layer().group_send_many(messages)
        except PUBLISH_FAILURES as error:
            self._record_failure(batch, error)
        else:
            self.published += len(batch)
            self.breaker.record_success()

    def _record_failure(self, batch: list[Chunk], error: BaseException) -> None:
        """Tries again what no later publish will carry; a client that got a part of it knows it by its place."""
        self.breaker.record_failure(type(error).__name__)
        log.warning("publish_failed", error=type(error).__name__, users=len(batch))
        for chunk in batch:
            patience = URGENT if chunk.urgent else REGULAR
            tries = self._failed_tries.get(chunk.user_id, 0) + 1
            if tries >= patience.tries:
                self.dropped += 1
                self._failed_tries.pop(chunk.user_id, None)
                continue
            self._failed_tries[chunk.user_id] = tries
            asyncio.get_running_loop().call_later(patience.pause_seconds, self._retry, chunk)

    def _retry(self, chunk: Chunk) -> None:
        """Queues the chunk again unless a later publish has taken its place."""
        if chunk.user_id in self._failed_tries and chunk.user_id not in self._waiting:
            self._waiting[chunk.user_id] = chunk
            self._wake.set()


class PublisherThread:
    """The one publisher of a process, on a loop of its own: nothing else of the process delays a publish."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._publisher: Publisher | None = None

    def submit(self, chunks: Sequence[Chunk]) -> None:
        """Publishes what has just been committed, if that is wanted; returns at once."""
        added = Counter(stored.event.type for chunk in chunks for stored, _ in chunk.events)
        for kind, number in added.items():
            measures.count(f"appended|{kind}", number)
        if is_on("push"):
            self.submit_again(chunks)

    def submit_again(self, chunks: Sequence[Chunk]) -> None:
        """Publishes what was committed before; returns at once."""
        loop, publisher = self._started()
        loop.call_soon_threadsafe(publisher.submit, chunks)

    def start(self) -> None:
        """Makes the first event as quick as the later ones."""
        self._started()

    def _started(self) -> tuple[asyncio.AbstractEventLoop, Publisher]:
        with self._lock:
            if self._loop is None or self._publisher is None:
                ready = threading.Event()
                threading.Thread(target=self._serve, args=(ready,), name="publisher", daemon=True).start()
                ready.wait()
            assert self._loop is not None
            assert self._publisher is not None
            return self._loop, self._publisher

    def _serve(self, ready: threading.Event) -> None:
        async def serve() -> None:
            self._loop, self._publisher = asyncio.get_running_loop(), Publisher()
            ready.set()
            await self._publisher.run()

        asyncio.run(serve())


publisher_thread = PublisherThread()
