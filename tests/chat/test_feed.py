"""A person's many tabs rest between two frames; one tab never waits."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from chat.hub.feed import MANY_SOCKETS, REST_SECONDS_A_SOCKET, Feed


class Calls:
    """Counts how often the sockets were woken, and when."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self) -> None:
        self.times.append(asyncio.get_running_loop().time())


def feed_of(sockets: int) -> Feed:
    feed = Feed(uuid.uuid4())
    stand_ins: list[Any] = [object() for _ in range(sockets)]
    feed.sockets.update(stand_ins)
    return feed


async def wait_for_calls(calls: Calls, number: int) -> None:
    async with asyncio.timeout(10):
        while len(calls.times) < number:  # noqa: ASYNC110  (it is time that is waited for)
            await asyncio.sleep(0.001)


async def test_few_sockets_are_woken_by_everything() -> None:
    feed, calls = feed_of(MANY_SOCKETS - 1), Calls()
    for _ in range(5):
        feed.call(calls)
    assert len(calls.times) == 5


async def test_many_sockets_are_woken_at_once_and_then_when_they_have_rested() -> None:
    sockets = MANY_SOCKETS * 10
    feed, calls = feed_of(sockets), Calls()
    for _ in range(5):
        feed.call(calls)
    assert len(calls.times) == 1
    await wait_for_calls(calls, 2)
    assert calls.times[1] - calls.times[0] >= sockets * REST_SECONDS_A_SOCKET * 0.99
    # The four that came while they rested were one.
    await asyncio.sleep(3 * sockets * REST_SECONDS_A_SOCKET)
    assert len(calls.times) == 2


async def test_who_was_not_called_while_resting_is_woken_by_the_next_at_once() -> None:
    feed, calls = feed_of(MANY_SOCKETS), Calls()
    feed.call(calls)
    await asyncio.sleep(10 * MANY_SOCKETS * REST_SECONDS_A_SOCKET)
    feed.call(calls)
    assert len(calls.times) == 2
