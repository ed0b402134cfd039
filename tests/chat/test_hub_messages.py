"""A hub that hears words of another version listens on."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from chat.hub import Hub
from chat.hub import hub as hubs

OLDER: dict[str, Any] = {
    "type": "user.events",
    "user": str(uuid.uuid4()),
    "prev": 0,
    "to": 1,
    "entries": [[1, "", b"{}"]],
}


class Layer:
    """Gives these messages and then nothing any more."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.drained = asyncio.Event()

    async def new_channel(self) -> str:
        return "here"

    async def receive_many(self, channel: str) -> list[dict[str, Any]]:
        if self.messages:
            received, self.messages = self.messages, []
            return received
        self.drained.set()
        await asyncio.Event().wait()
        raise AssertionError


class Reader:
    """A socket that notes when it is woken."""

    def __init__(self, user_id: uuid.UUID) -> None:
        self.user_id = user_id
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.mark.parametrize("broken", [{}, {"entries": [[1]]}, {"entries": [None]}, {"user": "nobody"}, {"user": None}])
async def test_a_message_that_cannot_be_read_does_not_end_the_listening(monkeypatch: Any, broken: Any) -> None:
    user_id = uuid.UUID(OLDER["user"])
    body = f'{{"user_id":"{user_id}"}}'.encode()
    unreadable = {**OLDER, "entries": [[1, "", body]], **broken}
    good = {**OLDER, "entries": [[1, "", body, "notice", 0.0]]}
    layer = Layer(unreadable, good)
    monkeypatch.setattr(hubs, "get_channel_layer", lambda: layer)
    hub, reader = Hub(), Reader(user_id)
    feed = hub.add(reader)  # type: ignore[arg-type]
    listening = asyncio.create_task(hub._listen())
    async with asyncio.timeout(5):
        await layer.drained.wait()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert reader.woken == 1
    assert [piece.to for piece in feed.pieces] == [1]
