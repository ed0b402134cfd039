"""Redelivery: what somebody with an open socket has not acknowledged is published once more, once for each head."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat.channels import redelivery
from chat.channels.redelivery import REDELIVER, note_queued, redeliver, redeliver_unacknowledged
from chat.emitter import publisher_thread
from chat.log import Chunk
from chat.models import Agent, DeliveryAttempt, Event, Heartbeat, UserStream
from chat.queue import Task, dispatcher
from netra.celery import app
from tests.chat.ends import acknowledge_up_to, ended_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Whose task was given to the queue."""
    given: list[uuid.UUID] = []
    send_run = dispatcher.dispatch

    def dispatch(task: Task, id: uuid.UUID, after: Any) -> None:
        if task == REDELIVER:
            given.append(id)
        else:
            send_run(task, id, after)

    monkeypatch.setattr(dispatcher, "dispatch", dispatch)
    return given


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[Chunk]:
    """What was handed to the publisher of this process once more; the live push is off."""
    settings.CHANNELS = ("redelivery",)
    chunks: list[Chunk] = []
    monkeypatch.setattr(publisher_thread, "submit_again", chunks.extend)
    return chunks


def connect(*users: User, seconds_ago: float = 0.0, kind: str = "web") -> None:
    """Each of these people has a socket in a process that was heard of so long ago."""
    Heartbeat.objects.create(
        name=f"{kind} {uuid.uuid4().hex}",
        kind=kind,
        started_at=timezone.now(),
        seen_at=timezone.now() - timedelta(seconds=seconds_ago),
        details={"sockets_of_users": {str(user.id): 1 for user in users}},
    )


def leave_unacknowledged(user: User, seconds_ago: float = 6.0) -> int:
    """The whole log of this person is so old; gives its head."""
    head = ended_run(user).seq
    Event.objects.filter(user=user).update(created_at=timezone.now() - timedelta(seconds=seconds_ago))
    return head


def pass_time(seconds: float) -> None:
    """Every attempt is so much older."""
    for attempt in DeliveryAttempt.objects.all():
        earlier = attempt.next_at - timedelta(seconds=seconds)
        DeliveryAttempt.objects.filter(id=attempt.id).update(next_at=earlier)


def test_one_task_is_sent_for_a_head(owner: User, agent: Agent, sent: list[uuid.UUID]) -> None:
    head = leave_unacknowledged(owner)
    connect(owner)
    assert redeliver_unacknowledged() == 1
    assert redeliver_unacknowledged() == 0
    assert sent == [owner.id]
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.channel, attempt.seq, attempt.state) == ("redelivery", head, "pending")


def test_a_new_head_is_another_task(owner: User, agent: Agent, sent: list[uuid.UUID], published: list[Chunk]) -> None:
    leave_unacknowledged(owner)
    connect(owner)
    redeliver_unacknowledged()
    redeliver(str(owner.id))
    leave_unacknowledged(owner)
    redeliver_unacknowledged()
    assert sent == [owner.id] * 2


def test_a_young_event_is_given_its_time(owner: User, agent: Agent, sent: list[uuid.UUID]) -> None:
    leave_unacknowledged(owner, seconds_ago=3)
    connect(owner)
    assert redeliver_unacknowledged() == 0


def test_what_was_acknowledged_is_not_redelivered(owner: User, agent: Agent, sent: list[uuid.UUID]) -> None:
    acknowledge_up_to(owner, leave_unacknowledged(owner))
    connect(owner)
    assert redeliver_unacknowledged() == 0


@pytest.mark.parametrize(("kind", "seconds_ago"), [("web", 30.0), ("worker", 0.0)])
def test_without_an_open_socket_nothing_is_redelivered(
    owner: User, stranger: User, agent: Agent, sent: list[uuid.UUID], kind: str, seconds_ago: float
) -> None:
    """Nobody's socket is in a process that fell silent, and only web processes have any."""
    leave_unacknowledged(owner)
    connect(owner, seconds_ago=seconds_ago, kind=kind)
    connect(stranger)
    assert redeliver_unacknowledged() == 0


def test_sockets_in_two_processes_are_one_task(owner: User, agent: Agent, sent: list[uuid.UUID]) -> None:
    leave_unacknowledged(owner)
    connect(owner)
    connect(owner)
    redeliver_unacknowledged()
    assert sent == [owner.id]


def test_with_the_channel_off_nothing_is_redelivered(
    owner: User, agent: Agent, sent: list[uuid.UUID], settings: Any
) -> None:
    settings.CHANNELS = ("push", "replay")
    leave_unacknowledged(owner)
    connect(owner)
    assert redeliver_unacknowledged() == 0


def test_a_dead_queue_is_asked_again_and_given_up_in_the_end(owner: User, agent: Agent, sent: list[uuid.UUID]) -> None:
    leave_unacknowledged(owner)
    connect(owner)
    for number in range(1, 6):
        assert redeliver_unacknowledged() == 1
        assert len(sent) == number
        pass_time(16)
    assert redeliver_unacknowledged() == 0
    assert DeliveryAttempt.objects.get().state == "failed"
    assert DeliveryAttempt.objects.get().reason == "the queue did not take it"


def test_what_the_queue_has_is_not_sent_again(owner: User, agent: Agent, sent: list[uuid.UUID]) -> None:
    leave_unacknowledged(owner)
    connect(owner)
    redeliver_unacknowledged()
    note_queued(owner.id)
    pass_time(50)
    assert redeliver_unacknowledged() == 0
    assert DeliveryAttempt.objects.get().state == "pending"
    pass_time(11)
    assert redeliver_unacknowledged() == 0
    assert (DeliveryAttempt.objects.get().state, DeliveryAttempt.objects.get().reason) == (
        "failed",
        "no worker did it",
    )
    assert sent == [owner.id]


def test_the_worker_publishes_everything_after_the_last_acknowledgement(
    owner: User, stranger: User, agent: Agent, sent: list[uuid.UUID], published: list[Chunk]
) -> None:
    head = leave_unacknowledged(owner)
    leave_unacknowledged(stranger)
    acknowledge_up_to(owner, 2)
    connect(owner, stranger)
    redeliver_unacknowledged()
    redeliver(str(owner.id))
    [chunk] = published
    epoch = UserStream.objects.get(user=owner).epoch
    assert (chunk.user_id, chunk.epoch, chunk.prev, chunk.to) == (owner.id, epoch, 2, head)
    assert [stored.seq for stored, _ in chunk.events] == list(range(3, head + 1))
    assert all(f'"user_id":"{owner.id}"'.encode() in body for _, body in chunk.events)
    attempt = DeliveryAttempt.objects.get(user=owner)
    assert attempt.state == "sent"
    assert attempt.sent_at is not None
    assert DeliveryAttempt.objects.get(user=stranger).state == "pending"


def test_a_task_that_comes_twice_publishes_once(
    owner: User, agent: Agent, sent: list[uuid.UUID], published: list[Chunk]
) -> None:
    leave_unacknowledged(owner)
    connect(owner)
    redeliver_unacknowledged()
    redeliver(str(owner.id))
    redeliver(str(owner.id))
    assert len(published) == 1


def test_a_task_for_somebody_who_has_gone_does_nothing(db: None, published: list[Chunk]) -> None:
    redeliver(str(uuid.uuid4()))
    assert published == []


def test_of_a_long_log_the_end_is_published(
    owner: User, agent: Agent, sent: list[uuid.UUID], published: list[Chunk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redelivery, "MOST_EVENTS", 2)
    head = leave_unacknowledged(owner)
    connect(owner)
    redeliver_unacknowledged()
    redeliver(str(owner.id))
    assert [(chunk.prev, chunk.to) for chunk in published] == [(head - 2, head)]


def test_workers_know_the_task() -> None:
    app.loader.import_default_modules()
    assert REDELIVER.name in app.tasks


def test_nobody_waiting_costs_two_queries(owner: User, agent: Agent, django_assert_num_queries: Any) -> None:
    connect(owner)
    with django_assert_num_queries(2):
        redeliver_unacknowledged()
