"""Whose access has ended is found although only a part of thousands of sockets is looked at in one turn."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

import pytest

from chat.hub import Access, Hub, hub
from chat.hub.hub import CHECKED_AT_ONCE

SOCKETS = 2 * CHECKED_AT_ONCE + 7


class Socket:
    """A socket that notes that it was closed."""

    def __init__(self, user_id: uuid.UUID) -> None:
        self.user_id = user_id
        self.access = Access(1, None, user_id.hex)
        self.is_ended = False

    def end_access(self) -> None:
        self.is_ended = True


async def test_every_socket_is_looked_at_once_and_never_many_in_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    sockets = [Socket(uuid.uuid4()) for _ in range(SOCKETS)]
    lost = sockets[:: CHECKED_AT_ONCE - 1]
    looked_at: list[Sequence[Any]] = []

    async def find_lost(_: Any, some: Sequence[Any]) -> list[Any]:
        looked_at.append(some)
        return [socket for socket in some if socket in lost]

    async def read_heads(*_: Any) -> list[Any]:
        return []

    monkeypatch.setattr(hub, "find_lost", find_lost)
    monkeypatch.setattr(hub, "read_heads", read_heads)
    own = Hub()
    for socket in sockets:
        own.add(cast(Any, socket))
    await own._read_heads(cast(Any, None))
    assert max(map(len, looked_at)) <= CHECKED_AT_ONCE
    assert sorted(id(socket) for some in looked_at for socket in some) == sorted(map(id, sockets))
    assert [socket for socket in sockets if socket.is_ended] == lost
