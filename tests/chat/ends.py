"""Ends of runs that nobody has acknowledged, for tests of what becomes of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from chat.channels import banner
from chat.escalation import open_attempts
from chat.models import DeliveryAttempt, Event, Run, Thread, UserStream
from chat.receipts import acknowledge
from tests.chat.telling import begin, complete


def ended_run(user: User, seconds_ago: float = 20.0, ending: Callable[[Run], None] = complete) -> Event:
    """The end of a run of this person's, so long ago."""
    run = begin(user, uuid.uuid4().hex)
    ending(run)
    Event.objects.filter(run=run, terminal=True).update(created_at=timezone.now() - timedelta(seconds=seconds_ago))
    return Event.objects.get(run=run, terminal=True)


def acknowledge_up_to(user: User, seq: int) -> None:
    """A client of this person has everything up to here."""
    acknowledge(user.id, UserStream.objects.get(user=user).epoch, seq)


def make_notice(user: User, title: str = "Costs in May", ending: Callable[[Run], None] = complete) -> DeliveryAttempt:
    """A notice that waits for this person's next page."""
    ended = ended_run(user, seconds_ago=60, ending=ending)
    open_attempts([banner.CHANNEL])
    made = DeliveryAttempt.objects.get(user=user, seq=ended.seq)
    Thread.objects.filter(id=thread_of(made)).update(title=title)
    return made


def thread_of(made: DeliveryAttempt) -> uuid.UUID:
    """The conversation a notice is about."""
    assert made.run
    return made.run.thread_id
