"""How many durable events a second reach a socket, and how late: the product's emitter, server and sockets."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from tests.stack_process import Stack

EVENT_TEXT_BYTES = 40
TICK_SECONDS = 0.005
ROUNDS = 3


@dataclass(frozen=True)
class Load:
    """One line of the table."""

    what: str
    runs: int
    events_a_second: int
    seconds: float
    must: str

    @property
    def events_a_run(self) -> int:
        """How many each run emits."""
        return int(self.events_a_second * self.seconds / self.runs)


LOADS = (
    Load("one run, 1,000/s", 1, 1_000, 3.0, "p99 <= 20"),
    Load("20 runs of 20 people, 5,000/s", 20, 5_000, 3.0, "p99 <= 25"),
    Load("burst, one run, 30,000 events at once", 1, 30_000_000, 0.001, ">= 15,000/s"),
)


@dataclass(frozen=True)
class Line:
    """What one load showed."""

    load: Load
    events: int
    faults: int
    p50: float
    p99: float
    events_a_second: float
    rows: int


def measure_throughput(stack: Stack) -> list[list[Line]]:
    """Every load in turn, on the stack's own database and Redis."""
    os.environ |= {**stack.addresses, "NETRA_ENV": "test", "DJANGO_SETTINGS_MODULE": "netra.settings"}
    import django

    django.setup()
    return [measure_often(stack, load) for load in LOADS]


def measure_often(stack: Stack, load: Load) -> list[Line]:
    """The load three times, the quickest first: the machine is shared, and its neighbours only make it slower."""
    return sorted((measure(stack, load) for _ in range(ROUNDS)), key=lambda line: line.p99)


def measure(stack: Stack, load: Load) -> Line:
    """Opens the sockets in another process, emits on a clock, waits for the last event to be seen."""
    from chat.models import Event

    runs, keys = make_runs(load.runs)
    viewers = [(key, load.events_a_run) for key in keys]
    with viewing(stack, viewers) as (process, output):
        started = time.time()
        asyncio.run(emit_all(runs, load))
        figures: dict[str, Any] = json.loads(output.readline())
        process.wait(30)
    rows = Event.objects.filter(run__in=[run.id for run in runs], type="message_delta").count()
    rate = figures["events"] / (figures["last_at"] - started)
    return Line(load, figures["events"], figures["faults"], figures["p50"], figures["p99"], rate, rows)


@contextmanager
def viewing(stack: Stack, viewers: list[tuple[str, int]]) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """The viewers' process, its sockets ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sockets"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        order = {"address": stack.url.replace("http", "ws") + "/ws/", "viewers": viewers}
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        yield process, process.stdout
    finally:
        process.kill()


def make_runs(count: int) -> tuple[list[Any], list[str]]:
    """Running runs of as many people, claimed by this process, and a key of each person."""
    from django.utils import timezone

    from accounts.keys import issue_key
    from accounts.models import User
    from chat.log import ensure_stream
    from chat.models import Agent, Message, Run, Thread

    runs, keys = [], []
    for _ in range(count):
        person = User.objects.create(email=f"{uuid.uuid4().hex}@example.com", tier="enterprise")
        thread = Thread.objects.create(user=person)
        question = Message.objects.create(thread=thread, role="user", text="bench")
        ensure_stream(person.id)
        lease = {"lease_owner": "bench", "lease_until": timezone.now() + timezone.timedelta(minutes=10)}
        run = Run.objects.create(
            user=person, thread=thread, question=question, agent=Agent.objects.get(name="netra"), status="running",
            attempt=1, mode="performance", client_id=uuid.uuid4().hex, **lease,
        )  # fmt: skip
        runs.append(run)
        keys.append(issue_key(person, name="bench"))
    return runs, keys


async def emit_all(runs: list[Any], load: Load) -> None:
    """All runs on one loop with one writer and one publisher, as in a worker."""
    from chat.emitter import Publisher, Writer
    from chat.readiness import settle_memory

    settle_memory()
    publisher = Publisher()
    writer = Writer(publisher.submit)
    loops = [asyncio.create_task(publisher.run()), asyncio.create_task(writer.run())]
    await asyncio.gather(*(emit(writer, run, load) for run in runs))
    await asyncio.sleep(0.3)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    await writer.close()


async def emit(writer: Any, run: Any, load: Load) -> None:
    """Each event at its time, whatever became of those before: its text begins with the time it was due."""
    from chat.emitter import RunStream

    stream = RunStream(
        writer,
        user_id=run.user_id,
        thread_id=run.thread_id,
        run_id=run.id,
        attempt=1,
        owner="bench",
        merge_deltas=False,
    )
    pause = load.runs / load.events_a_second
    begun = time.time()
    for number in range(load.events_a_run):
        due = begun + number * pause
        if due > time.time() + TICK_SECONDS:
            await asyncio.sleep(due - time.time())
        await stream.emit("message_delta", {"delta": f"{due:.6f}".ljust(EVENT_TEXT_BYTES), "part": 0}, "netra")
    await stream.drain()
    stream.close()
