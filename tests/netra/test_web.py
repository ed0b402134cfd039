"""The web server looks after its connections a few at a time."""

from __future__ import annotations

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
