"""Commits of many runs keep a pace, that of a single run waits for nothing."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from chat.emitter import Writer, publisher_thread
from chat.emitter.writer import PACE_SECONDS, PACED_FROM_RUNS, RunWrites
from chat.log import Connections, Outcome
from chat.models import Agent, Run
from tests.chat.writing import assert_logs_whole, claimed_runs, stream_of

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS_EACH = 60
# What a loop's clock may be early by.
TICK_SECONDS = 0.001


class NotingWriter(Writer):
    """Notes when each commit begins."""

    def __init__(self) -> None:
        super().__init__(publisher_thread.submit)
        self.begun: list[float] = []

    async def _append(self, lane: Connections, batch: list[RunWrites], *, wait: bool) -> Outcome:
        self.begun.append(time.monotonic())
        return await super()._append(lane, batch, wait=wait)


async def pauses_between_commits(runs: list[Run]) -> list[float]:
    """Each run has its next event ready as soon as the last one was committed."""
    writer = NotingWriter()
    writing = asyncio.create_task(writer.run())
    streams = [stream_of(writer, run) for run in runs]

    async def write(number: int) -> None:
        for place in range(EVENTS_EACH):
            await streams[number].emit("message_delta", {"delta": str(place), "part": 0}, "netra")
            await streams[number].drain()

    await asyncio.gather(*(write(number) for number in range(len(runs))))
    for stream in streams:
        stream.close()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await writer.close()
    return [later - earlier for earlier, later in pairwise(writer.begun)]


def test_commits_of_many_runs_begin_at_a_pace(agent: Agent) -> None:
    runs = claimed_runs(PACED_FROM_RUNS, 1, "worker-1")
    assert min(asyncio.run(pauses_between_commits(runs))) > PACE_SECONDS - TICK_SECONDS
    assert_logs_whole(runs, EVENTS_EACH)


def test_commits_of_a_few_runs_follow_each_other_at_once(agent: Agent) -> None:
    runs = claimed_runs(PACED_FROM_RUNS - 1, 1, "worker-1")
    assert min(asyncio.run(pauses_between_commits(runs))) < PACE_SECONDS - TICK_SECONDS
    assert_logs_whole(runs, EVENTS_EACH)
