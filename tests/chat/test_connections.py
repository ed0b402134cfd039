"""Own connections of the live path: a database that was away leaves no dead one behind."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from channels.testing import ApplicationCommunicator

from accounts.models import User
from chat.consumers import CloseCode, UserConsumer
from chat.hub.hub import Hub, hub_of_process
from chat.log import Connections
from chat.log.connections import first_line
from netra.embedded.ports import find_free_port
from tests.chat.writing import database_at

pytestmark = pytest.mark.django_db(transaction=True)


class QuietHub(Hub):
    """A hub without its loops: what a hello reads, it reads from the database."""

    async def start(self) -> None:
        """Nothing to listen to."""


async def lend_all(connections: Connections, count: int) -> list[int]:
    """Uses this many connections at once, gives the pids of their backends."""
    everybody = asyncio.Barrier(count)

    async def use() -> int:
        async with connections.lend() as connection:
            row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
            await everybody.wait()
        assert row is not None
        return int(row[0])

    return await asyncio.gather(*(use() for _ in range(count)))


async def end_backends(pids: list[int]) -> None:
    """As a database that restarts does; returns when they are gone."""
    others = Connections(1)
    async with others.lend() as connection:
        for pid in pids:
            await connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    await others.close()


def test_every_use_after_the_database_s_return_succeeds() -> None:
    async def scenario() -> tuple[list[int], list[int]]:
        connections = Connections(4)
        before = await lend_all(connections, 4)
        await end_backends(before)
        after = await lend_all(connections, 4)
        await connections.close()
        return before, after

    before, after = asyncio.run(scenario())
    assert set(before).isdisjoint(after)


def test_a_living_connection_is_used_again() -> None:
    async def scenario() -> tuple[list[int], list[int]]:
        connections = Connections(1)
        pids = await lend_all(connections, 1), await lend_all(connections, 1)
        await connections.close()
        return pids

    first, second = asyncio.run(scenario())
    assert first == second


def test_a_hello_without_a_database_ends_the_socket_so_that_the_client_comes_back(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = asyncio.run(greet_without_database(owner, monkeypatch))
    assert frames == [
        {"type": "websocket.accept"},
        {"type": "websocket.close", "code": int(CloseCode.TRY_AGAIN)},
    ]


async def greet_without_database(person: User, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    scope = {"type": "websocket", "user": person, "session": None, "key_digest": "digest"}
    hello = orjson.dumps({"command": "hello", "v": 1, "cursor": None, "epoch": None}).decode()
    socket = ApplicationCommunicator(UserConsumer.as_asgi(), scope)
    monkeypatch.setitem(hub_of_process, "hub", QuietHub())
    with database_at(monkeypatch, "127.0.0.1", find_free_port()):
        await socket.send_input({"type": "websocket.connect"})
        frames = [await socket.receive_output(5)]
        await socket.send_input({"type": "websocket.receive", "text": hello})
        frames.append(await socket.receive_output(10))
        await socket.send_input({"type": "websocket.disconnect", "code": 4503})
        await socket.wait(5)
    return frames


def test_a_failure_without_words_is_named() -> None:
    assert first_line(TimeoutError()) == "TimeoutError"
    assert first_line(OSError("one\ntwo")) == "one"
