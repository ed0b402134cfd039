"""The web server looks after its connections a few at a time, and forgets each when it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from daphne.server import reactor

from netra.web import CHECK_SECONDS, PORTIONS, StreamingServer

SOCKETS = 5 * PORTIONS + 3


class Connection:
    """Counts how often it was asked whether it is time for a ping."""

    checks = 0

    def check_timeouts(self) -> None:
        self.checks += 1


def test_every_connection_is_checked_once_a_round_and_never_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(reactor, "callLater", lambda seconds, _: waits.append(seconds))
    connections = [Connection() for _ in range(SOCKETS)]
    server: Any = StreamingServer.__new__(StreamingServer)
    server.connections = dict.fromkeys(connections)
    for number in range(1, PORTIONS + 1):
        before = sum(connection.checks for connection in connections)
        server.timeout_checker()
        assert sum(connection.checks for connection in connections) - before <= SOCKETS // PORTIONS + 1
        assert len(waits) == number
    assert {connection.checks for connection in connections} == {1}
    assert sum(waits) == pytest.approx(CHECK_SECONDS)


async def end_of_socket(*, with_fault: bool) -> tuple[StreamingServer, Connection]:
    """A connection whose client hangs up, after which its application ends."""

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        if with_fault:
            raise RuntimeError

    protocol = Connection()
    server: Any = StreamingServer.__new__(StreamingServer)
    server.connections = {}
    server.application = application
    server.protocol_connected(protocol)
    queue = server.create_application(protocol, {"type": "websocket"})
    ended = server.connections[protocol]["application_instance"]
    await asyncio.sleep(0)
    assert protocol in server.connections
    server.protocol_disconnected(protocol)
    queue.put_nowait({"type": "websocket.disconnect"})
    await asyncio.wait([ended])
    return server, protocol


async def test_a_closed_connection_is_forgotten_with_the_end_of_its_application() -> None:
    server, protocol = await end_of_socket(with_fault=False)
    assert protocol not in server.connections
    # As of a refused socket: with the refusal, and with the end of its connection.
    server.protocol_disconnected(protocol)


async def test_an_application_that_ended_with_a_fault_is_left_to_the_servers_round_which_logs_it() -> None:
    server, protocol = await end_of_socket(with_fault=True)
    assert protocol in server.connections
