"""How soon the team answers, and what many people at once cost one worker: `python -m bench.team`."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import websockets

from bench.calibration import Neighbours, count_spins
from bench.latency import QUESTION, new_thread
from netra.embedded.ports import find_free_port
from tests.stack_process import Stack, start_stack

SAMPLES: Final = 20
PEOPLE: Final = 32
# Days of their own: what others have asked is remembered for a while, and is then computed for nobody.
OWN_QUESTIONS: Final = [
    f"What did we spend in the last {days} days, on what, and how does it trend?" for days in range(20, 20 + PEOPLE)
]
MUST_FIRST_SECONDS: Final = 0.3
MUST_END_SECONDS: Final = 1.5
MUST_ALL_SECONDS: Final = 20.0
MUST_MEBIBYTES: Final = 450.0
LONGEST_SECONDS: Final = 240.0


@dataclass(frozen=True)
class Times:
    """Seconds from the post to the first event and to the terminal one."""

    first: float
    end: float


@dataclass(frozen=True)
class Crowd:
    """Many people at once: seconds until the last one's end, and the worker's highest resident memory."""

    seconds: float
    mebibytes: float
    times: tuple[Times, ...]


def main() -> int:
    """The table; fails only when something does not work at all."""
    spins, neighbours = count_spins(), Neighbours()
    with tempfile.TemporaryDirectory(prefix="netra-bench-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)
        stack = start_stack(data_dir / "data", find_free_port())
        try:
            keys = make_keys(stack, PEOPLE)
            cold, *warm = asyncio.run(ask_in_turn(stack, keys[0], 1 + SAMPLES))
            crowds = {
                "each about days of their own": asyncio.run(ask_at_once(stack, keys, OWN_QUESTIONS)),
                "all the same question": asyncio.run(ask_at_once(stack, keys, [QUESTION] * PEOPLE)),
            }
        finally:
            stack.stop()
    print_table(cold, warm, crowds)
    print(f"\n{spins:.1f} M loops/s a core, {neighbours.stolen():.1f} % of the processors taken by others meanwhile")
    return 0


def print_table(cold: Times, warm: Sequence[Times], crowds: Mapping[str, Crowd]) -> None:
    """One line a measurement."""
    print(f"{'the team on the demo data, built-in model':<48}{'p50 s':>8}{'max s':>8}{'must':>10}")
    for what, must, values in (
        ("first event after the post", MUST_FIRST_SECONDS, [times.first for times in warm]),
        ("terminal event after the post", MUST_END_SECONDS, [times.end for times in warm]),
    ):
        print(f"{f'{what}, {len(values)} runs':<48}{statistics.median(values):>8.3f}{max(values):>8.3f}{must:>10}")
    print(f"{'terminal event of the first run of the worker':<48}{cold.end:>8.3f}")
    for what, crowd in crowds.items():
        ends = [times.end for times in crowd.times]
        print(f"{f'{len(ends)} people at once, {what}':<48}{statistics.median(ends):>8.3f}{max(ends):>8.3f}")
        print(f"{'  until the last one has ended':<48}{crowd.seconds:>8.3f}{'':>8}{MUST_ALL_SECONDS:>10}")
        print(f"{'  highest memory of the worker so far, MiB':<48}{crowd.mebibytes:>8.0f}{'':>8}{MUST_MEBIBYTES:>10}")


def make_keys(stack: Stack, count: int) -> list[str]:
    """New people, each with a key; signing in so often from one address is refused."""
    os.environ |= {**stack.addresses, "NETRA_ENV": "test", "DJANGO_SETTINGS_MODULE": "netra.settings"}
    import django

    django.setup()
    from accounts.keys import issue_key
    from accounts.models import User

    people = [User.objects.create(email=f"{uuid.uuid4().hex}@example.com", tier="mid") for _ in range(count)]
    return [issue_key(person, name="bench", scope="write") for person in people]


async def ask_in_turn(stack: Stack, key: str, count: int) -> list[Times]:
    """The same question again and again, one run at a time."""
    async with open_client(stack, key) as client:
        return [await ask(stack, client, await new_thread(client), QUESTION) for _ in range(count)]


async def ask_at_once(stack: Stack, keys: Sequence[str], questions: Sequence[str]) -> Crowd:
    """Everybody asks at the same moment."""
    async with AsyncExitStack() as at_end:
        clients = [await at_end.enter_async_context(open_client(stack, key)) for key in keys]
        threads = [await new_thread(client) for client in clients]
        begun = time.perf_counter()
        times = await asyncio.gather(*(ask(stack, *each) for each in zip(clients, threads, questions, strict=True)))
        seconds = time.perf_counter() - begun
    return Crowd(seconds, read_peak(stack.pid("worker")), tuple(times))


def open_client(stack: Stack, key: str) -> httpx2.AsyncClient:
    """A client with this key."""
    return httpx2.AsyncClient(base_url=stack.url, timeout=60, headers={"authorization": f"Bearer {key}"})


async def ask(stack: Stack, client: httpx2.AsyncClient, thread: str, question: str) -> Times:
    """One question, from its post to what the person's socket gets of it."""
    key = {"authorization": client.headers["authorization"]}
    address = stack.url.replace("http", "ws") + "/ws/"
    async with websockets.connect(address, additional_headers=key, compression=None, open_timeout=30) as socket:
        await socket.send(json.dumps({"command": "hello", "v": 1, "cursor": None, "epoch": None}))
        await socket.recv()
        begun = time.perf_counter()
        post = asyncio.create_task(post_question(client, thread, question))
        first, end = await asyncio.wait_for(hear_run(socket), LONGEST_SECONDS)
        (await post).raise_for_status()
    return Times(first - begun, end - begun)


async def hear_run(socket: Any) -> tuple[float, float]:
    """When the first event and the terminal event came."""
    first = 0.0
    while True:
        frame = json.loads(await socket.recv())
        if frame["type"] != "events":
            continue
        first = first or time.perf_counter()
        if any(event["terminal"] for event in frame["events"]):
            return first, time.perf_counter()
        await socket.send(json.dumps({"command": "ack", "seq": frame["to"]}))


async def post_question(client: httpx2.AsyncClient, thread: str, question: str) -> Any:
    """The answer to the post."""
    body = {"text": question, "client_id": uuid.uuid4().hex}
    return await client.post(f"/api/v1/threads/{thread}/messages/", json=body)


def read_peak(pid: int) -> float:
    """The most memory a process has had at once, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
