"""The six kinds of people a route may meet, and the things of the one whose things they are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.keys import issue_key
from accounts.models import ApiKey, User
from agents.models import DataSet
from agents.usage.records import UsageRow
from chat.models import Agent, Blob, DeliveryAttempt, Run, Thread
from chat.threads import post_message
from tests.agents.bringing import add_version

CANARY = "canary-9c41"


class Actor(StrEnum):
    """Who asks."""

    ANONYMOUS = "anonymous"
    OWNER = "owner"
    STRANGER = "stranger"
    READ_KEY = "read-only key"
    DISABLED = "disabled"
    STAFF = "staff without permission"


@dataclass(frozen=True)
class World:
    """One person's things."""

    owner: User
    thread: Thread
    run: Run
    ended_run: Run
    blob: Blob
    notice: DeliveryAttempt
    data_set: DataSet
    key: ApiKey
    session_id: str

    def ids(self) -> dict[str, Any]:
        """What routes are filled with, by the name of their parameter."""
        return {
            "thread_id": self.thread.id,
            "run_id": self.run.id,
            "blob_id": self.blob.id,
            "dataset_id": self.data_set.id,
        }


def make_world() -> World:
    """Somebody with a thread, a run of each kind, a large result, a data set, a key and a second browser."""
    owner = User.objects.create(email="owner@example.com", tier="mid")
    Agent.objects.get_or_create(name="netra", defaults={"title": "Netra"})
    posted = post_message(owner, text=CANARY, client_id="c1")
    ended = post_message(owner, text=CANARY, client_id="c2").run
    Run.objects.filter(id=ended.id).update(status=Run.Status.FAILED)
    issue_key(owner, name=CANARY)
    elsewhere = Client()
    elsewhere.force_login(owner)
    session = owner.sessions.get()
    return World(
        owner=owner,
        thread=posted.run.thread,
        run=posted.run,
        ended_run=ended,
        blob=Blob.objects.create(user=owner, run=posted.run, content=b'{"is": "%s"}' % CANARY.encode()),
        notice=make_notice(owner, ended),
        data_set=make_data_set(owner),
        key=ApiKey.objects.get(user=owner),
        session_id=session.public_id,
    )


def make_notice(owner: User, run: Run) -> DeliveryAttempt:
    """A notice that waits for the owner's next page."""
    now = timezone.now()
    return DeliveryAttempt.objects.create(user=owner, seq=1, run=run, channel="banner", next_at=now, created_at=now)


def make_data_set(owner: User) -> DataSet:
    """A data set with one call in it, every name of which is a mark."""
    data_set = DataSet.objects.create(user=owner, title=CANARY, status=DataSet.Status.READY)
    add_version(data_set, [UsageRow("call", time=datetime(2026, 10, 1), model=CANARY, team=CANARY, feature=CANARY)])
    return data_set


def client_of(actor: Actor, world: World) -> Client:
    """A client that comes as this kind of person."""
    if actor is Actor.ANONYMOUS:
        return Client()
    if actor is Actor.READ_KEY:
        key = issue_key(world.owner, name="reading", scope=ApiKey.Scope.READ)
        return Client(headers={"Authorization": f"Bearer {key}"})
    client = Client()
    client.force_login(person_of(actor, world))
    if actor is Actor.DISABLED:
        User.objects.filter(id=world.owner.id).update(is_active=False)
    return client


def person_of(actor: Actor, world: World) -> User:
    """The account behind a session."""
    if actor in {Actor.OWNER, Actor.DISABLED}:
        return world.owner
    is_staff = actor is Actor.STAFF
    return User.objects.create(email=f"{uuid.uuid4().hex}@example.com", tier="mid", is_staff=is_staff)
