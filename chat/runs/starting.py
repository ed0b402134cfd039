"""Runs begin: queued by a message or by a retry, sent to the workers when that commits."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.errors import LimitReached
from accounts.limits import reaches
from accounts.models import User
from chat.emitter import append_now
from chat.errors import AgentUnavailable, ClientIdUnusable, RunNotFinished, RunNotFound
from chat.events import EventType, build_event
from chat.log import Fence, lock_stream
from chat.models import Agent, Message, Run, Thread
from chat.queue import EXECUTE_RUN, dispatcher
from chat.serializers import shape_run

CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def check_client_id(client_id: object) -> str:
    """The id a client gave its command, if it is usable."""
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise ClientIdUnusable
    return client_id


def queue_run(
    *,
    user: User,
    thread: Thread,
    question: Message,
    agent: Agent,
    client_id: str,
    request_id: str = "",
    retry_of: Run | None = None,
) -> Run:
    """A new queued run, in the caller's transaction; it is sent to the workers when that commits."""
    refuse_unavailable(agent, user)
    refuse_over_limit(user)
    run = Run.objects.create(
        user=user,
        thread=thread,
        question=question,
        agent=agent,
        mode=user.limits.default_mode,
        client_id=client_id,
        request_id=request_id,
        retry_of=retry_of,
    )
    if retry_of is None:
        question.run = run
        question.save(update_fields=["run"])
    return run


def announce_queued(run: Run) -> None:
    """Appends agent_queued as the run's first event and sends the run when this commits."""
    queued = build_event(
        user_id=run.user_id,
        thread_id=run.thread_id,
        run_id=run.id,
        type=EventType.AGENT_QUEUED,
        data={"run": shape_run(run)},
        agent_name=run.agent_id,
    )
    append_now([queued], fence=Fence(run.id, run.attempt, run.next_run_seq, run.lease_owner, run.status))
    transaction.on_commit(lambda: dispatcher.dispatch(EXECUTE_RUN, run.id, record_dispatch))


def refuse_unavailable(agent: Agent, user: User) -> None:
    """AgentUnavailable for an agent this person may not ask now."""
    if not agent.enabled or not reaches(user.tier, agent.minimum_tier):
        raise AgentUnavailable


def refuse_over_limit(user: User) -> None:
    """LimitReached once the tier's runs of the last hour are used up."""
    since = timezone.now() - timedelta(hours=1)
    allowed = user.limits.runs_per_hour
    if Run.objects.filter(user=user, created_at__gt=since).count() >= allowed:
        raise LimitReached(f"Your plan allows {allowed} runs an hour. Try again later.", limit=allowed)


def record_dispatch(run_id: uuid.UUID) -> None:
    """Notes that the broker has the run, on a connection of its own."""
    try:
        Run.objects.filter(id=run_id).update(dispatched_at=timezone.now())
    finally:
        connection.close()


def retry_run(user: User, run_id: uuid.UUID, client_id: str, request_id: str = "") -> Run:
    """A new run for the same question; the same client_id gives the same run."""
    with transaction.atomic():
        lock_stream(user.id)
        known = Run.objects.filter(user=user, client_id=client_id).first()
        if known:
            return known
        old = Run.objects.select_related("thread", "question", "agent").filter(id=run_id, user=user).first()
        if old is None:
            raise RunNotFound
        if not old.is_final:
            raise RunNotFinished
        run = queue_run(
            user=user,
            thread=old.thread,
            question=old.question,
            agent=old.agent,
            client_id=client_id,
            request_id=request_id,
            retry_of=old,
        )
        announce_queued(run)
    return run
