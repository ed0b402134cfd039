"""Sockets are looked up several at a time, and never more than a few."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from accounts import socket_auth
from accounts.socket_auth import LOOKED_UP_AT_ONCE, authenticate_socket

SOCKETS = 3 * LOOKED_UP_AT_ONCE


class Meeting:
    """A look-up that ends only when as many others are under way as may be."""

    def __init__(self) -> None:
        self._all_are_here = threading.Barrier(LOOKED_UP_AT_ONCE, timeout=10)
        self._lock = threading.Lock()
        self.present = self.most = 0

    def authenticate_credentials(self, key: bytes) -> tuple[Any, Any]:
        with self._lock:
            self.present += 1
            self.most = max(self.most, self.present)
        self._all_are_here.wait()
        with self._lock:
            self.present -= 1
        return None, None


async def test_as_many_sockets_are_looked_up_at_once_as_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = Meeting()
    monkeypatch.setattr(socket_auth, "KeyAuthentication", lambda: meeting)
    served: list[dict[str, Any]] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        served.append(scope)

    authenticated = authenticate_socket(application)
    scope = {"type": "websocket", "headers": [(b"authorization", b"Bearer key")]}
    await asyncio.gather(*(authenticated(scope, None, None) for _ in range(SOCKETS)))
    assert len(served) == SOCKETS
    assert meeting.most == LOOKED_UP_AT_ONCE
