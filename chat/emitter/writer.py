"""Group commit: all runs of a worker share one writer, which takes what waits, commits it and hands it on."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Final

import psycopg
import structlog
from psycopg import errors as postgres_errors

from chat.errors import Fenced
from chat.events import NewEvent
from chat.log import Append, Chunk, Connections, Ending, Fence, Outcome, append_at_once
from chat.log.connections import DATABASE_GONE, first_line
from chat.measures import measures

log = structlog.get_logger(__name__)
MOST_EVENTS_A_COMMIT: Final = 500
# A run that pours beside others: large commits are good for it and keep the others waiting.
MOST_EVENTS_BESIDE_OTHERS: Final = 125
# Enough for the next commits to be full while one is under way.
MOST_WAITING_A_RUN: Final = 1_024
MOST_WAITING_BYTES_A_RUN: Final = 256 * 1024
# Commits of many runs begin so far apart: fewer and larger ones cost a third less, which helps the late ones most.
PACED_FROM_RUNS: Final = 4
PACE_SECONDS: Final = 0.005
PAUSE_SECONDS: Final = 0.2
SLOW_LANES: Final = 8


class RunWrites:
    """What one run still has to write, and where it stands in its log."""

    def __init__(
        self, *, user_id: uuid.UUID, run_id: uuid.UUID, attempt: int, owner: str, urgent: bool = False
    ) -> None:
        self.user_id = user_id
        self.run_id = run_id
        self.attempt = attempt
        self.owner = owner
        self.urgent = urgent
        # How well the person's connection does, as of the last renewal of the lease.
        self.health = 100
        self.next_run_seq = 0
        self.waiting: deque[NewEvent] = deque()
        self.waiting_bytes = 0
        self.ending: Ending | None = None
        # The very append that was tried last: a lost acknowledgement is recognised only by the same events.
        self.in_flight: Append | None = None
        self.in_slow_lane = False
        self.error: Exception | None = None
        self.room = asyncio.Event()
        self.room.set()
        self.idle = asyncio.Event()
        self.idle.set()
        self.cancel_requested = asyncio.Event()
        self.lost = asyncio.Event()

    def add(self, event: NewEvent, ending: Ending | None = None) -> None:
        """Queues an event; the last one may carry the run's end."""
        self.waiting.append(event)
        self.waiting_bytes += len(event.data)
        self.ending = ending
        self.idle.clear()
        if len(self.waiting) >= MOST_WAITING_A_RUN or self.waiting_bytes >= MOST_WAITING_BYTES_A_RUN:
            self.room.clear()

    @property
    def may_go_on(self) -> bool:
        """True while there is room and the run has not been lost."""
        return self.error is None and self.room.is_set()

    def next_append(self, most: int) -> Append:
        """What to try now: what is in flight, else the next events."""
        if self.in_flight is None:
            events = tuple(islice(self.waiting, most))
            ending = self.ending if len(events) == len(self.waiting) else None
            fence = Fence(self.run_id, self.attempt, self.next_run_seq, self.owner)
            self.in_flight = Append(self.user_id, events, fence, ending, self.urgent)
        return self.in_flight

    def settle(self) -> int:
        """What was in flight is in the log; how many events that are."""
        assert self.in_flight is not None
        events = self.in_flight.events
        for event in events:
            self.waiting.popleft()
            self.waiting_bytes -= len(event.data)
        self.next_run_seq += len(events)
        self.in_flight = None
        self._let_go()
        return len(events)

    def fail(self, error: Exception) -> None:
        """The run cannot write any more; whoever waits is told why."""
        self.error = error
        self.waiting.clear()
        self.waiting_bytes = 0
        self.in_flight = None
        self.lost.set()
        self._let_go()

    def _let_go(self) -> None:
        if len(self.waiting) < MOST_WAITING_A_RUN and self.waiting_bytes < MOST_WAITING_BYTES_A_RUN:
            self.room.set()
        if not self.waiting:
            self.idle.set()


class Writer:
    """The one writer of a worker's event loop."""

    def __init__(self, publish: Callable[[Sequence[Chunk]], None]) -> None:
        self._publish = publish
        self._runs: dict[uuid.UUID, RunWrites] = {}
        self._wake = asyncio.Event()
        self._main = Connections(1, lock_timeout_milliseconds=100)
        self._slow = Connections(SLOW_LANES)
        self._slow_tasks: set[asyncio.Task[None]] = set()
        self._begun_at = 0.0
        self.commits = 0
        self.events = 0

    def open_run(self, writes: RunWrites) -> None:
        """Lets a claimed run write."""
        self._runs[writes.run_id] = writes

    def close_run(self, writes: RunWrites) -> None:
        """Forgets a run that has ended or was lost."""
        self._runs.pop(writes.run_id, None)

    def wake(self) -> None:
        """Something waits to be written."""
        self._wake.set()

    async def run(self) -> None:
        """Writes until cancelled; whatever goes wrong with one run, the others go on."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := await self._take_in_time():
                await self._write_supervised(batch, self._write)

    async def _write_supervised(
        self, batch: list[RunWrites], write: Callable[[list[RunWrites]], Awaitable[None]]
    ) -> None:
        """A fault of the writer ends the runs it was writing, never the writer."""
        try:
            await write(batch)
        except Exception as error:
            log.exception("writer_fault")
            for writes in batch:
                writes.fail(error)

    async def close(self) -> None:
        """Closes the connections."""
        for task in list(self._slow_tasks):
            task.cancel()
        await self._main.close()
        await self._slow.close()

    async def _take_in_time(self) -> list[RunWrites]:
        """The runs of the next commit: after a quiet moment at once, else when the pace lets it begin."""
        pause = self._begun_at + PACE_SECONDS - time.monotonic()
        if pause > 0 and len(self._runs) >= PACED_FROM_RUNS:
            await asyncio.sleep(pause)
        if taken := self._take():
            self._begun_at = time.monotonic()
        return taken

    def _take(self) -> list[RunWrites]:
        """The runs of the next commit; those that wrote last go to the end of the queue."""
        ready = [writes for writes in self._runs.values() if writes.waiting and not writes.in_slow_lane]
        share = MOST_EVENTS_A_COMMIT if len(ready) == 1 else MOST_EVENTS_BESIDE_OTHERS
        taken: list[RunWrites] = []
        left = MOST_EVENTS_A_COMMIT
        for writes in ready:
            if left <= 0:
                break
            left -= len(writes.next_append(min(left, share)).events)
            taken.append(writes)
        for writes in taken:
            self._runs[writes.run_id] = self._runs.pop(writes.run_id)
        return taken

    async def _write(self, batch: list[RunWrites]) -> None:
        """One commit for all; what cannot be written with the others is tried by itself."""
        try:
            outcome = await self._append(self._main, batch, wait=False)
        except (postgres_errors.LockNotAvailable, postgres_errors.DeadlockDetected):
            self._send_to_slow_lane(batch)
        except DATABASE_GONE as error:
            log.warning("database_unreachable", error=first_line(error))
            await asyncio.sleep(PAUSE_SECONDS)
        except psycopg.Error as error:
            await self._write_one_by_one(batch, error)
        else:
            self._settle(batch, outcome)
            self._send_to_slow_lane([w for w in batch if w.in_flight and w.user_id in outcome.locked])

    async def _append(self, lane: Connections, batch: list[RunWrites], *, wait: bool) -> Outcome:
        appends = [writes.in_flight for writes in batch if writes.in_flight]
        async with lane.lend() as connection:
            return await append_at_once(connection, appends, wait=wait)

    async def _write_one_by_one(self, batch: list[RunWrites], error: psycopg.Error) -> None:
        """A row Postgres refuses fails its own run only."""
        if len(batch) == 1:
            refuse(batch, error)
            return
        for writes in batch:
            if writes.in_flight:
                await self._write([writes])

    def _settle(self, batch: list[RunWrites], outcome: Outcome) -> None:
        """Publishes what was committed and tells each run what became of its events."""
        self._publish(outcome.chunks)
        self.commits += 1
        for writes in batch:
            if writes.error or (writes.user_id in outcome.locked and not writes.in_slow_lane):
                continue
            if writes.run_id in outcome.cancel_requested:
                writes.cancel_requested.set()
            if writes.run_id in outcome.fenced:
                measures.count("fenced")
                writes.fail(Fenced(f"run {writes.run_id} is no longer ours"))
            else:
                self.events += writes.settle()

    def _send_to_slow_lane(self, batch: list[RunWrites]) -> None:
        """Each locked user waits for the lock on a connection of its own."""
        by_user: dict[uuid.UUID, list[RunWrites]] = {}
        for writes in batch:
            writes.in_slow_lane = True
            by_user.setdefault(writes.user_id, []).append(writes)
        for runs in by_user.values():
            task = asyncio.create_task(self._write_supervised(runs, self._write_slowly))
            self._slow_tasks.add(task)
            task.add_done_callback(self._slow_tasks.discard)

    async def _write_slowly(self, runs: list[RunWrites]) -> None:
        """Tries until the lock is free; these runs wait, nobody else does. One may be lost meanwhile."""
        while left := [writes for writes in runs if writes.in_flight]:
            try:
                outcome = await self._append(self._slow, left, wait=True)
            except (postgres_errors.LockNotAvailable, postgres_errors.DeadlockDetected):
                continue
            except DATABASE_GONE:
                await asyncio.sleep(PAUSE_SECONDS)
            except psycopg.Error as error:
                refuse(left, error)
                break
            else:
                self._settle(left, outcome)
                break
        for writes in runs:
            writes.in_slow_lane = False
        self._wake.set()


def refuse(runs: list[RunWrites], error: psycopg.Error) -> None:
    """Tells the runs that Postgres does not take their rows."""
    for writes in runs:
        log.error("append_refused", run_id=str(writes.run_id), error=first_line(error))
        writes.fail(error)
