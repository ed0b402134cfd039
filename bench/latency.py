"""How soon a person sees something: socket ready, first event, context built, whole answer."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx2
import websockets

from tests.stack_process import Stack

WARM_UP = 5
SAMPLES = 30
EMAIL, PASSWORD = "demo@example.com", "demo-netra-2026"
QUESTION = "What do we spend, on what, and how does it trend?"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    p50: float
    p99: float
    must: str


def row(what: str, milliseconds: list[float], must: str = "") -> Row:
    """Median and the worst of the samples' hundredth."""
    ordered = sorted(milliseconds)
    return Row(what, statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], must)


def measure_latency(stack: Stack) -> list[Row]:
    """Asks the same question again and again over the real path, warm."""
    sockets, posts, firsts, starts, answers = asyncio.run(ask_often(stack))
    prepared = [float(found) for found in re.findall(r"milliseconds=([\d.]+)", prepared_lines(stack))][WARM_UP:]
    return [
        row("socket: connect to ready", sockets, "< 200"),
        row("message posted (REST answer)", posts),
        row("first event on the socket after the post", firsts, "< 300"),
        row("agent_started on the socket after the post", starts, "< 300"),
        row("RunContext built", prepared, "< 100"),
        row("whole answer (3 tools, 100,000 rows)", answers),
    ]


def prepared_lines(stack: Stack) -> str:
    """What the worker logged of the contexts it built."""
    return "\n".join(line for line in stack.log("worker").splitlines() if "run_prepared" in line)


async def ask_often(stack: Stack) -> tuple[list[float], ...]:
    """The samples, without the first few."""
    async with httpx2.AsyncClient(base_url=stack.url, timeout=30) as client:
        answer = await client.post("/api/v1/auth/token/", json={"email": EMAIL, "password": PASSWORD})
        client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        samples = [await ask_once(stack, client) for _ in range(WARM_UP + SAMPLES)]
    return tuple([sample[index] for sample in samples[WARM_UP:]] for index in range(5))


async def ask_once(stack: Stack, client: httpx2.AsyncClient) -> tuple[float, ...]:
    """Milliseconds of one question: socket, post, first event, agent_started, answer."""
    thread = await new_thread(client)
    address = stack.url.replace("http", "ws") + "/ws/"
    begun = time.perf_counter()
    key = {"authorization": client.headers["authorization"]}
    async with websockets.connect(address, additional_headers=key, compression=None) as socket:
        await socket.send(json.dumps({"command": "hello", "v": 1, "cursor": None, "epoch": None}))
        json.loads(await socket.recv())
        ready = time.perf_counter()
        body = {"text": QUESTION, "client_id": uuid.uuid4().hex}
        post = asyncio.create_task(client.post(f"/api/v1/threads/{thread}/messages/", json=body))
        first, started, ended = await times_of_run(socket)
        (await post).raise_for_status()
        posted = ready + post_seconds(post)
    moments = (ready - begun, posted - ready, first - ready, started - ready, ended - ready)
    return tuple(1000 * moment for moment in moments)


def post_seconds(post: asyncio.Task[Any]) -> float:
    """How long the request took."""
    seconds: float = post.result().elapsed.total_seconds()
    return seconds


async def new_thread(client: httpx2.AsyncClient) -> str:
    """A thread about the demo data."""
    thread = (await client.post("/api/v1/threads/", json={})).json()["id"]
    data_sets = (await client.get("/api/v1/datasets/")).json()["datasets"]
    await client.put(f"/api/v1/threads/{thread}/dataset/", json={"dataset_id": data_sets[0]["id"]})
    return str(thread)


async def times_of_run(socket: Any) -> tuple[float, float, float]:
    """When the first event, agent_started and the terminal event came."""
    first = started = 0.0
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
        now = time.perf_counter()
        if frame["type"] != "events":
            continue
        first = first or now
        if any(event["type"] == "agent_started" for event in frame["events"]):
            started = started or now
        if any(event["terminal"] for event in frame["events"]):
            return first, started, now
        await socket.send(json.dumps({"command": "ack", "seq": frame["to"]}))
