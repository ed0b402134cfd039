"""Commits of many runs keep a pace, that of a single run waits for nothing; who pours beside others gets a share."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from chat.emitter import RunStream, Writer, publisher_thread
from chat.emitter.writer import (
    MOST_EVENTS_A_COMMIT,
    MOST_EVENTS_BESIDE_OTHERS,
    PACE_SECONDS,
    PACED_FROM_RUNS,
    RunWrites,
)
from chat.log import Connections, Outcome
from chat.models import Agent, Run
from tests.chat.writing import assert_logs_whole, claimed_runs, stream_of

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS_EACH = 60
EVENTS_POURED = 10_000
# What a loop's clock may be early by.
TICK_SECONDS = 0.001


class NotingWriter(Writer):
    """Notes when each commit begins, and how many events of which run it has."""

    def __init__(self) -> None:
        super().__init__(publisher_thread.submit)
        self.begun: list[float] = []
        self.sizes: list[dict[uuid.UUID, int]] = []

    async def _append(self, lane: Connections, batch: list[RunWrites], *, wait: bool) -> Outcome:
        self.begun.append(time.monotonic())
        self.sizes.append({writes.run_id: len(writes.in_flight.events) for writes in batch if writes.in_flight})
        return await super()._append(lane, batch, wait=wait)


async def write_all(runs: list[Run], write: Callable[[RunStream], Awaitable[None]]) -> NotingWriter:
    """All runs write at the same time; the writer and what it noted."""
    writer = NotingWriter()
    writing = asyncio.create_task(writer.run())
    streams = [stream_of(writer, run) for run in runs]
    await asyncio.gather(*map(write, streams))
    for stream in streams:
        stream.close()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await writer.close()
    return writer


async def pauses_between_commits(runs: list[Run]) -> list[float]:
    """Each run has its next event ready as soon as the last one was committed."""

    async def write(stream: RunStream) -> None:
        for place in range(EVENTS_EACH):
            await stream.emit("message_delta", {"delta": str(place), "part": 0}, "netra")
            await stream.drain()

    writer = await write_all(runs, write)
    return [later - earlier for earlier, later in pairwise(writer.begun)]


async def pour(stream: RunStream) -> None:
    """As fast as it may."""
    for place in range(EVENTS_POURED):
        await stream.emit("message_delta", {"delta": str(place), "part": 0}, "netra")
    await stream.drain()


def test_commits_of_many_runs_begin_at_a_pace(agent: Agent) -> None:
    runs = claimed_runs(PACED_FROM_RUNS, 1, "worker-1")
    assert min(asyncio.run(pauses_between_commits(runs))) > PACE_SECONDS - TICK_SECONDS
    assert_logs_whole(runs, EVENTS_EACH)


def test_commits_of_a_few_runs_follow_each_other_at_once(agent: Agent) -> None:
    runs = claimed_runs(PACED_FROM_RUNS - 1, 1, "worker-1")
    assert min(asyncio.run(pauses_between_commits(runs))) < PACE_SECONDS - TICK_SECONDS
    assert_logs_whole(runs, EVENTS_EACH)


def test_a_run_that_pours_alone_fills_its_commits(agent: Agent) -> None:
    runs = claimed_runs(1, 1, "worker-1")
    writer = asyncio.run(write_all(runs, pour))
    sizes = [size for commit in writer.sizes for size in commit.values()]
    assert max(sizes) == MOST_EVENTS_A_COMMIT
    # While one is under way the next one fills.
    assert len(sizes) < 2 * EVENTS_POURED / MOST_EVENTS_A_COMMIT
    assert_logs_whole(runs, EVENTS_POURED)


def test_a_run_that_pours_beside_another_gets_a_share(agent: Agent) -> None:
    runs = claimed_runs(2, 1, "worker-1")
    writer = asyncio.run(write_all(runs, pour))
    shared = [commit.values() for commit in writer.sizes if len(commit) > 1]
    assert len(shared) > EVENTS_POURED / MOST_EVENTS_A_COMMIT
    assert max(size for commit in shared for size in commit) == MOST_EVENTS_BESIDE_OTHERS
    assert_logs_whole(runs, EVENTS_POURED)
