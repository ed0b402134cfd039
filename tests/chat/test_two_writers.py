"""Two workers write for the same people at once: no deadlock reaches a run, and a locked person delays nobody else."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from django.db import connection

from chat.emitter import RunStream, Writer
from chat.log import Connections
from chat.models import Agent, Run
from chat.threads import post_message
from tests.chat.writing import RunningWriter, assert_logs_whole, claimed_runs, stream_of

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 5
RUNS_EACH = 4


@pytest.mark.parametrize(
    ("events_each", "least_commits"), [(60, 100), pytest.param(5_500, 10_000, marks=pytest.mark.long)]
)
def test_two_writers_over_the_same_people_lose_nothing(agent: Agent, events_each: int, least_commits: int) -> None:
    """20 runs a writer, each waiting for the commit of its event before the next; 5 people shared by both."""
    halves = [claimed_runs(PEOPLE, RUNS_EACH, f"worker-{number}") for number in range(2)]
    commits: list[int] = []
    faults: list[BaseException] = []

    def work(runs: list[Run]) -> None:
        try:
            commits.append(asyncio.run(write_all(runs, events_each)))
        except BaseException as fault:  # noqa: BLE001  (whatever a writer raises is what this test is about)
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(runs,)) for runs in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(400)
    assert faults == []
    print(f"{sum(commits)} commits of {2 * PEOPLE * RUNS_EACH * events_each} events")
    assert sum(commits) >= least_commits
    assert_logs_whole([run for runs in halves for run in runs], events_each)


async def write_all(runs: list[Run], events_each: int) -> int:
    """Every run emits, waits for the commit, and emits again; gives the number of commits."""
    async with RunningWriter() as writer:
        await asyncio.gather(*(write_one(writer, run, events_each) for run in runs))
        return writer.commits


async def write_one(writer: Writer, run: Run, events_each: int) -> None:
    stream = stream_of(writer, run)
    for number in range(events_each):
        await stream.emit("message_delta", {"delta": str(number), "part": 0}, "netra")
        await stream.drain()
    stream.close()


def test_a_locked_person_delays_nobody_else(agent: Agent) -> None:
    """The others' time with one person locked is within five times their time without, and far from the lock's."""
    runs = claimed_runs(4, 1, "worker-1")
    locked, others = runs[0], runs[1:]
    free_seconds, locked_seconds = asyncio.run(compare(locked, others))
    print(f"20 commits each: {free_seconds:.3f} s without a lock, {locked_seconds:.3f} s beside a locked person")
    assert locked_seconds < max(5 * free_seconds, 0.5)
    assert_logs_whole(others, 40)
    assert_logs_whole([locked], 1)


async def compare(locked: Run, others: list[Run]) -> tuple[float, float]:
    holder = Connections(1)
    async with RunningWriter() as writer, holder.lend() as lock:
        free_seconds = await timed(writer, others)
        await lock.execute("BEGIN")
        await lock.execute("SELECT 1 FROM chat_userstream WHERE user_id = %s FOR UPDATE", (locked.user_id,))
        waiting = stream_of(writer, locked)
        await waiting.emit("message_delta", {"delta": "waits", "part": 0}, "netra")
        locked_seconds = await timed(writer, others)
        assert not waiting.writes.idle.is_set()
        await lock.execute("COMMIT")
        await waiting.drain()
    await holder.close()
    return free_seconds, locked_seconds


async def timed(writer: Writer, runs: list[Run]) -> float:
    started = time.perf_counter()
    streams = [stream_of(writer, run) for run in runs]
    for run, stream in zip(runs, streams, strict=True):
        stream.writes.next_run_seq = await asyncio.to_thread(place_of, run)
    await asyncio.gather(*(emit_twenty(stream) for stream in streams))
    return time.perf_counter() - started


def place_of(run: Run) -> int:
    try:
        return int(Run.objects.values_list("next_run_seq", flat=True).get(id=run.id))
    finally:
        connection.close()


async def emit_twenty(stream: RunStream) -> None:
    for number in range(20):
        await stream.emit("message_delta", {"delta": str(number), "part": 0}, "netra")
        await stream.drain()


def test_requests_and_a_writer_share_a_person(agent: Agent) -> None:
    """Posting to a person's thread while a worker writes for them: both go through."""
    [run] = claimed_runs(1, 1, "worker-1")
    person = run.user
    faults: list[BaseException] = []

    def post() -> None:
        try:
            for number in range(30):
                post_message(person, text="And now?", client_id=f"more-{number}", thread_id=run.thread_id)
        except BaseException as fault:  # noqa: BLE001  (whatever a request raises is what this test is about)
            faults.append(fault)
        finally:
            connection.close()

    posting = threading.Thread(target=post)
    posting.start()
    asyncio.run(write_all([run], 150))
    posting.join(60)
    assert faults == []
    assert_logs_whole([run], 150)
