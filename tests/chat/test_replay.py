"""Reading on from the log: viewers that want the same page at the same moment share one read."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from accounts.models import User
from chat.channels import replay as replaying
from chat.channels.replay import Replay
from chat.log import Connections
from chat.models import UserStream
from chat.threads import create_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def epoch(owner: User) -> uuid.UUID:
    """The epoch of a log with five events."""
    for _ in range(5):
        create_thread(owner)
    return UserStream.objects.get(user=owner).epoch


class Counting(Connections):
    """Counts how often a connection was lent."""

    lent = 0

    def lend(self) -> Any:
        self.lent += 1
        return super().lend()


def read(owner: User, epoch: uuid.UUID, *cursors: int) -> tuple[list[Any], int]:
    """The pages of viewers at these places, all at once, and how many reads that took."""

    async def scenario() -> tuple[list[Any], int]:
        connections, replay = Counting(3), Replay(owner.id)
        pages = await asyncio.gather(*(replay.page_after(connections, cursor, epoch) for cursor in cursors))
        await connections.close()
        return list(pages), connections.lent

    return asyncio.run(scenario())


def test_ten_tabs_at_one_place_are_one_read(owner: User, epoch: uuid.UUID) -> None:
    pages, reads = read(owner, epoch, *[2] * 10)
    assert reads == 1
    assert [(page.prev, page.to, len(page.entries)) for page in pages] == [(2, 5, 3)] * 10
    assert len({id(page) for page in pages}) == 1


def test_tabs_at_several_places_get_their_own(owner: User, epoch: uuid.UUID) -> None:
    pages, reads = read(owner, epoch, 0, 0, 4, 5)
    assert reads == 3
    assert [page and (page.prev, page.to) for page in pages] == [(0, 5), (0, 5), (4, 5), None]


def test_what_was_read_is_not_kept_for_later(owner: User, epoch: uuid.UUID) -> None:
    """A page read later has what came meanwhile."""

    async def scenario() -> list[int]:
        connections, replay = Connections(1), Replay(owner.id)
        ends = []
        for _ in range(2):
            page = await replay.page_after(connections, 3, epoch)
            assert page
            ends.append(page.to)
            await asyncio.to_thread(add, owner)
        await connections.close()
        return ends

    assert asyncio.run(scenario()) == [5, 6]


def add(owner: User) -> None:
    from django.db import connection

    create_thread(owner)
    connection.close()


def test_a_page_has_a_bound_in_bytes(owner: User, epoch: uuid.UUID, monkeypatch: Any) -> None:
    monkeypatch.setattr(replaying, "PAGE_BYTES", 10)
    pages, _ = read(owner, epoch, 0)
    assert (pages[0].to, len(pages[0].entries)) == (1, 1)
