"""Receipts: how far a person's log is acknowledged, whoever of their clients was furthest."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.hub.receipts import Receipts
from chat.log import Connections, lock_stream
from chat.log.connections import DATABASE_GONE
from chat.models import Receipt, UserStream
from chat.receipts import Ack, acked_seq, acknowledge, write_receipts
from chat.threads import post_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def epoch(owner: User) -> uuid.UUID:
    """The epoch of the owner's stream, which has a few events."""
    post_message(owner, text="What do we spend?", client_id="c1")
    return UserStream.objects.get(user=owner).epoch


def test_the_furthest_client_counts(owner: User, epoch: uuid.UUID) -> None:
    acknowledge(owner.id, epoch, 2)
    acknowledge(owner.id, epoch, 1)
    assert acked_seq(owner.id) == 2


def test_a_receipt_of_another_epoch_is_none(owner: User, epoch: uuid.UUID) -> None:
    acknowledge(owner.id, epoch, 2)
    UserStream.objects.filter(user=owner).update(epoch=uuid.uuid4())
    assert acked_seq(owner.id) == 0
    acknowledge(owner.id, epoch, 5)
    assert acked_seq(owner.id) == 0
    acknowledge(owner.id, UserStream.objects.get(user=owner).epoch, 1)
    assert acked_seq(owner.id) == 1


def test_health_falls_by_ten_and_grows_by_two_within_its_bounds(owner: User, epoch: uuid.UUID) -> None:
    def change(by: int) -> int:
        async def write() -> None:
            lane = Connections(1)
            async with lane.lend() as lent:
                await write_receipts(lent, [(owner.id, Ack(epoch, 1, datetime.now(UTC), by))])
            await lane.close()

        asyncio.run(write())
        return Receipt.objects.get(user=owner).health

    assert [change(by) for by in (2, -10, -10, 2, -200, 4)] == [100, 90, 80, 82, 0, 4]


def test_one_batch_writes_for_everybody_and_leaves_out_who_is_gone(
    owner: User, stranger: User, epoch: uuid.UUID
) -> None:
    post_message(stranger, text="And I?", client_id="c1")
    theirs = UserStream.objects.get(user=stranger).epoch

    async def write() -> None:
        lane = Connections(1)
        receipts = Receipts(lane)
        receipts.note(owner.id, epoch, 2)
        receipts.note(stranger.id, theirs, 1)
        receipts.note(uuid.uuid4(), uuid.uuid4(), 7)
        await receipts.write()
        await receipts.write()
        await lane.close()

    asyncio.run(write())
    found = Receipt.objects.order_by("acked_seq").values_list("user_id", "acked_seq")
    assert list(found) == [(stranger.id, 1), (owner.id, 2)]


def test_what_could_not_be_written_is_written_with_the_next(owner: User, epoch: uuid.UUID) -> None:
    class Away(Connections):
        """A database that is not there."""

        def lend(self) -> object:  # type: ignore[override]
            raise OSError

    async def write() -> None:
        lane = Connections(1)
        receipts = Receipts(Away(1))
        receipts.note(owner.id, epoch, 1)
        with pytest.raises(DATABASE_GONE):
            await receipts.write()
        receipts.note(owner.id, epoch, 2)
        receipts._connections = lane
        await receipts.write()
        await lane.close()

    asyncio.run(write())
    assert Receipt.objects.get(user=owner).acked_seq == 2


def test_a_persons_own_writes_do_not_wait_for_receipts(owner: User, epoch: uuid.UUID) -> None:
    """A receipt locks nothing that an append needs."""
    from django.db import transaction

    with transaction.atomic():
        lock_stream(owner.id)

        async def write() -> None:
            lane = Connections(1)
            receipts = Receipts(lane)
            receipts.note(owner.id, epoch, 1)
            async with asyncio.timeout(5):
                await receipts.write()
            await lane.close()

        from threading import Thread

        writing = Thread(target=lambda: asyncio.run(write()))
        writing.start()
        writing.join(10)
        assert not writing.is_alive()
    assert acked_seq(owner.id) == 1


def test_whoever_asks_for_what_comes_after_a_place_has_everything_up_to_there(owner: User, epoch: uuid.UUID) -> None:
    client = APIClient()
    client.force_authenticate(owner)
    for after, acked in ((0, 0), (2, 2), (1, 2), (999, 2)):
        assert client.get("/api/v1/events/", {"after": after}).status_code == 200
        assert acked_seq(owner.id) == acked
