"""A process of clients: sockets, event streams and long polls of many people, each noting every event it applies.

The first line on its input is a ListenOrder; then `cursors` asks how far everybody is, `epochs` in which log, `stop`
ends it, and `leave` ends it for clients who are not to have everything.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.campaign.clients import Client, PollClient, SocketClient, StreamClient
from tests.campaign.people import Person
from tests.campaign.recording import Recorder


@dataclass(frozen=True)
class ListenOrder:
    """Who listens, and how: so many sockets each, for every so manieth person one more, a stream and a poll."""

    port: int
    file: str
    people: Sequence[Person]
    sockets: int = 1
    second_every: int = 4
    stream_every: int = 5
    poll_every: int = 25
    jitter_seconds: float = 0.5
    acks: bool = True
    reads: bool = True
    name: str = "clients"
    # Where they begin: None from the head, else so far back from the beginning.
    cursor: int | None = None
    ready_seconds: float = 60.0

    def encode(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


def make_clients(order: ListenOrder, recorder: Recorder, http: httpx2.AsyncClient) -> list[Client]:
    """Everybody's clients."""
    made: list[Client] = []
    for place, (user, key) in enumerate(order.people):
        person = Person(user, key)
        for number in range(order.sockets + is_chosen(place, order.second_every)):
            made.append(
                SocketClient(
                    f"{order.name}/{place}/socket-{number}", person, order.port, recorder, http,
                    jitter_seconds=order.jitter_seconds, acks=order.acks, reads=order.reads, cursor=order.cursor,
                )
            )  # fmt: skip
        if is_chosen(place, order.stream_every):
            made.append(StreamClient(f"{order.name}/{place}/stream", person, order.port, recorder, http))
        if is_chosen(place, order.poll_every):
            made.append(PollClient(f"{order.name}/{place}/poll", person, order.port, recorder, http))
    return made


def is_chosen(place: int, every: int) -> bool:
    """Whether this person is one of every so many; 0: nobody is."""
    return every > 0 and place % every == 0


async def wait_ready(clients: list[Client], seconds: float) -> None:
    """Returns once everybody has a place in the log."""
    async with asyncio.timeout(seconds):
        for client in clients:
            await client.ready.wait()


def tell_place(client: Client) -> list[Any]:
    """Whose it is, up to where it has the log, how often it connected."""
    return [client.person.id, client.cursor or 0, client.connects]


def tell_epoch(client: Client) -> list[Any]:
    """Whose it is, and of which log its place is."""
    return [client.person.id, client.epoch]


async def obey(clients: list[Client], recorder: Recorder) -> bool:
    """Answers questions on the input until told to end; True where everybody leaves early."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        word = str(line.strip())
        if word in ("stop", "leave"):
            return word == "leave"
        recorder.flush()
        tell = tell_epoch if word == "epochs" else tell_place
        print(json.dumps({client.name: tell(client) for client in clients}), flush=True)
    return False


async def main() -> None:
    """Connects everybody, says so, serves."""
    order = ListenOrder(**json.loads(sys.stdin.readline()))
    recorder = Recorder(Path(order.file))
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(timeout=httpx2.Timeout(30.0, connect=5.0), limits=limits) as http:
        clients = make_clients(order, recorder, http)
        tasks = [asyncio.create_task(client.serve()) for client in clients]
        await wait_ready(clients, order.ready_seconds)
        print("ready", flush=True)
        leaves = await obey(clients, recorder)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for client in clients:
        client.tell_losses(leaves=leaves)
    recorder.close()
    print("stopped", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
