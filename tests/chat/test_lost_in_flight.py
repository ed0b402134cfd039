"""A run may be lost while the writer waits for the database: it is told so, and nobody else notices."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from chat.emitter import RunStream, Writer, publisher_thread
from chat.emitter.writer import RunWrites
from chat.errors import Fenced
from chat.log import Connections, Outcome
from chat.models import Agent, Run
from tests.chat.writing import RunningWriter, assert_logs_whole, claimed_runs, stream_of

pytestmark = pytest.mark.django_db(transaction=True)
LOCK_TIMEOUT_MILLISECONDS = 150


async def say(stream: RunStream) -> None:
    await stream.emit("message_delta", {"delta": "word", "part": 0}, "netra")


def lose(writes: RunWrites) -> None:
    """As the renewal of the leases does it."""
    writes.fail(Fenced(f"run {writes.run_id} is no longer ours"))


@pytest.mark.parametrize("others", [0, 1])
def test_a_run_that_is_lost_behind_a_lock_is_fenced_and_another_one_of_its_person_goes_on(
    agent: Agent, others: int
) -> None:
    runs = claimed_runs(1, 1 + others, "worker-1")
    asyncio.run(lose_behind_a_lock(runs))
    assert_logs_whole([runs[0]], 0)
    assert_logs_whole(runs[1:], 1)


async def lose_behind_a_lock(runs: list[Run]) -> None:
    holder = Connections(1)
    async with RunningWriter() as writer, holder.lend() as lock:
        writer._slow = Connections(1, lock_timeout_milliseconds=LOCK_TIMEOUT_MILLISECONDS)
        await lock.execute("BEGIN")
        await lock.execute("SELECT 1 FROM chat_userstream WHERE user_id = %s FOR UPDATE", (runs[0].user_id,))
        streams = [stream_of(writer, run) for run in runs]
        for stream in streams:
            await say(stream)
        await wait_in_lane(streams, True)
        lose(streams[0].writes)
        # Long enough for the lane to try again without it.
        await asyncio.sleep(3 * LOCK_TIMEOUT_MILLISECONDS / 1000)
        await lock.execute("COMMIT")
        for stream in streams[1:]:
            await stream.drain()
        with pytest.raises(Fenced):
            await streams[0].drain()
        await wait_in_lane(streams, False)
        assert isinstance(streams[0].writes.error, Fenced)
    await holder.close()


async def wait_in_lane(streams: list[RunStream], is_in_lane: bool) -> None:
    """Returns when all of them are behind the lock, or none any more."""
    async with asyncio.timeout(10):
        while any(stream.writes.in_slow_lane != is_in_lane for stream in streams):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class LosingWriter(Writer):
    """Learns that a run is somebody else's while its append is on the way."""

    lost: uuid.UUID | None = None

    async def _append(self, lane: Connections, batch: list[RunWrites], *, wait: bool) -> Outcome:
        outcome = await super()._append(lane, batch, wait=wait)
        for writes in batch:
            if writes.run_id == self.lost:
                lose(writes)
        return outcome


def test_a_run_that_is_lost_during_its_commit_takes_no_other_with_it(agent: Agent) -> None:
    runs = claimed_runs(3, 1, "worker-1")
    asyncio.run(lose_during_a_commit(runs))
    assert_logs_whole(runs[1:], 2)


async def lose_during_a_commit(runs: list[Run]) -> None:
    writer = LosingWriter(publisher_thread.submit)
    writing = asyncio.create_task(writer.run())
    streams = [stream_of(writer, run) for run in runs]
    writer.lost = runs[0].id
    for stream in streams:
        await say(stream)
    with pytest.raises(Fenced):
        await streams[0].drain()
    for stream in streams[1:]:
        await stream.drain()
        await say(stream)
        await stream.drain()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await writer.close()
