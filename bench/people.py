"""People of a measurement: with a run that emits, or only with sockets."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any


def make_runs(count: int, mode: str = "performance") -> tuple[list[Any], list[str]]:
    """Running runs of as many people, claimed by this process, and a key of each person."""
    from django.utils import timezone

    from chat.models import Agent, Message, Run, Thread

    runs, keys = [], []
    agent = Agent.objects.get(name="netra")
    for _ in range(count):
        person, key = make_person()
        thread = Thread.objects.create(user=person)
        question = Message.objects.create(thread=thread, role="user", text="bench")
        lease = {"lease_owner": "bench", "lease_until": timezone.now() + timedelta(minutes=10)}
        run = Run.objects.create(
            user=person, thread=thread, question=question, agent=agent, status="running",
            attempt=1, mode=mode, client_id=uuid.uuid4().hex, **lease,
        )  # fmt: skip
        runs.append(run)
        keys.append(key)
    return runs, keys


def end_runs(runs: list[Any]) -> None:
    """A worker would take over what nobody writes any more, in the middle of another measurement."""
    from django.utils import timezone

    from chat.models import Run

    ended = {"status": "completed", "finished_at": timezone.now(), "lease_owner": "", "lease_until": None}
    Run.objects.filter(id__in=[run.id for run in runs]).update(**ended)


def make_person() -> tuple[Any, str]:
    """A person with a stream, and a key."""
    from accounts.keys import issue_key
    from accounts.models import User
    from chat.log import ensure_stream

    person = User.objects.create(email=f"{uuid.uuid4().hex}@example.com", tier="enterprise")
    ensure_stream(person.id)
    return person, issue_key(person, name="bench")
