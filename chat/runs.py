"""Services of runs: start, claim, cancel, retry, restart, end; each state change is a compare-and-set."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from psycopg import AsyncConnection

from accounts.errors import LimitReached
from accounts.limits import limits_for
from accounts.models import User
from chat.emitter import append_now
from chat.errors import ClientIdUnusable, RunAlreadyFinished, RunNotFinished, RunNotFound
from chat.events import EventType, build_event
from chat.log import Ending, Fence, lock_stream
from chat.models import Agent, Message, Run, Thread
from chat.queue import dispatcher, send_run
from chat.serializers import shape_run

log = structlog.get_logger(__name__)
MOST_ATTEMPTS: Final = 3
DISPATCH_AFTER_SECONDS: Final = 10
CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
DUTIES: Final = "duties"
USER: Final = "user"


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that is this worker's until its lease ends."""

    run: Run
    question: Message
    user: User
    owner: str


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
    transaction.on_commit(lambda: dispatcher.dispatch(run.id, record_dispatch))


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


CLAIM: Final = """
UPDATE chat_run AS run
   SET status = 'running', attempt = run.attempt + 1, next_run_seq = 0, lease_owner = %(owner)s,
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
       started_at = COALESCE(run.started_at, clock_timestamp())
 WHERE run.id = %(run)s AND run.status = 'queued'
   AND NOT EXISTS (SELECT 1 FROM chat_run AS other WHERE other.thread_id = run.thread_id
                    AND (other.status = 'running' OR (other.status = 'queued' AND other.id < run.id)))
   AND (SELECT count(*) FROM chat_run AS other WHERE other.user_id = run.user_id AND other.status = 'running')
       < %(at_once)s
"""


def claim_run(run_id: uuid.UUID, owner: str) -> ClaimedRun | None:
    """The run, if it is the oldest of an idle thread and nobody has it; else None."""
    with transaction.atomic():
        found = Run.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
        run = found.filter(id=run_id, status=Run.Status.QUEUED).first()
        if run is None:
            return None
        # Claims of one user queue up here, so that two of them cannot both be the last allowed at once.
        lock_stream(run.user_id)
        values = {
            "owner": owner,
            "lease": settings.LEASE_SECONDS,
            "run": run_id,
            "at_once": limits_for(run.user.tier).runs_at_once,
        }
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, values)
            if cursor.rowcount != 1:
                return None
        run = Run.objects.select_related("user", "question").get(id=run_id)
    return ClaimedRun(run, run.question, run.user, owner)


RENEW: Final = """
UPDATE chat_run SET lease_until = clock_timestamp() + make_interval(secs => %s)
 WHERE id = ANY(%s::uuid[]) AND lease_owner = %s AND status = 'running'
RETURNING id, cancel_requested_at IS NOT NULL
"""


async def renew_leases(
    async_connection: AsyncConnection[Any], owner: str, run_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, bool]:
    """Keeps this worker's runs; says of each that is still its own whether its user wants it stopped."""
    cursor = await async_connection.execute(RENEW, (settings.LEASE_SECONDS, list(run_ids), owner))
    return dict(await cursor.fetchall())


def cancel_run(user: User, run_id: uuid.UUID) -> Run:
    """Ends a queued run at once, asks the worker of a running one to stop; RunAlreadyFinished after the end."""
    with transaction.atomic():
        run = lock_run(Q(id=run_id, user=user))
        if run.is_final:
            raise RunAlreadyFinished(status=run.status)
        if run.status == Run.Status.QUEUED:
            end_run(run, EventType.AGENT_CANCELLED, {"text": ""}, owner=USER)
            transaction.on_commit(lambda: dispatch_waiting(user.id))
        elif run.cancel_requested_at is None:
            run.cancel_requested_at = timezone.now()
            run.save(update_fields=["cancel_requested_at"])
            append_now([cancel_notice(run)])
    return run


def cancel_notice(run: Run) -> Any:
    """Tells every open page that the run is being stopped."""
    return build_event(
        user_id=run.user_id,
        thread_id=run.thread_id,
        run_id=run.id,
        type=EventType.NOTICE,
        data={"kind": "cancel_requested", "text": "Stopping…"},
        agent_name=run.agent_id,
    )


def lock_run(which: Q) -> Run:
    """The run, its row locked until the transaction ends; RunNotFound if there is none."""
    run = Run.objects.select_for_update(no_key=True).filter(which).first()
    if run is None:
        raise RunNotFound
    return run


def end_run(run: Run, type: EventType, data: dict[str, Any], *, owner: str, code: str = "") -> None:
    """Ends a locked run from outside a worker: terminal event and status in the caller's transaction."""
    fence = Fence(run.id, run.attempt, run.next_run_seq, run.lease_owner, run.status)
    ended_at = datetime.now(UTC)
    status = {EventType.AGENT_CANCELLED: Run.Status.CANCELLED, EventType.AGENT_FAILED: Run.Status.FAILED}[
        type
    ]
    run.status, run.finished_at, run.error_code = status, ended_at, code
    ending = Ending(
        status=status, owner=owner, ended_at=ended_at, error_code=code, usage=run.usage, cost=run.cost
    )
    event = build_event(
        user_id=run.user_id,
        thread_id=run.thread_id,
        run_id=run.id,
        type=type,
        data={"run": shape_run(run), **data},
        agent_name=run.agent_id,
        created_at=ended_at,
    )
    append_now([event], fence=fence, ending=ending)


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


def restart_run(run: Run, reason: str) -> None:
    """Puts a locked running run back into the queue; what the lost attempt streamed is discarded by every client."""
    fence = Fence(run.id, run.attempt, run.next_run_seq, run.lease_owner, run.status)
    run.status, run.lease_owner, run.lease_until, run.dispatched_at = Run.Status.QUEUED, "", None, None
    event = build_event(
        user_id=run.user_id,
        thread_id=run.thread_id,
        run_id=run.id,
        type=EventType.AGENT_RESTARTED,
        data={"run": shape_run(run), "reason": reason},
        agent_name=run.agent_id,
    )
    append_now([event], fence=fence)
    run.save(update_fields=["status", "lease_owner", "lease_until", "dispatched_at"])
    transaction.on_commit(lambda: dispatcher.dispatch(run.id, record_dispatch))


def give_up_lost_run(run: Run) -> None:
    """Decides what becomes of a locked run whose worker is gone."""
    if run.cancel_requested_at is not None:
        end_run(run, EventType.AGENT_CANCELLED, {"text": ""}, owner=DUTIES)
    elif run.attempt < MOST_ATTEMPTS:
        restart_run(run, "worker_lost")
    else:
        sentence = "The work was interrupted three times. Nothing was lost; try again."
        end_run(
            run,
            EventType.AGENT_FAILED,
            {"code": "worker_lost", "message": sentence},
            owner=DUTIES,
            code="worker_lost",
        )


def release_run(run_id: uuid.UUID, owner: str) -> None:
    """Gives a run back before its lease ends, because its worker is stopping."""
    with transaction.atomic():
        run = (
            Run.objects.select_for_update(no_key=True)
            .filter(id=run_id, lease_owner=owner, status="running")
            .first()
        )
        if run is not None:
            give_up_lost_run(run)


def reap_expired_runs(most: int = 100) -> int:
    """Restarts or ends every run whose lease is over; a run somebody works on right now is left alone."""
    reaped = 0
    for run_id in Run.objects.extra(
        where=["status = 'running' AND lease_until < clock_timestamp()"]
    ).values_list("id", flat=True)[:most]:  # noqa: S610, E501
        with transaction.atomic():
            expired = Run.objects.select_for_update(no_key=True, skip_locked=True).extra(  # noqa: S610
                where=["status = 'running' AND lease_until < clock_timestamp()"]
            )
            run = expired.filter(id=run_id).first()
            if run is None:
                continue
            log.warning("run_reaped", run_id=str(run.id), attempt=run.attempt, owner=run.lease_owner)
            give_up_lost_run(run)
            reaped += 1
    return reaped


WAITING_HEADS: Final = """
SELECT run.id FROM chat_run AS run
 WHERE run.status = 'queued' AND {which}
   AND NOT EXISTS (SELECT 1 FROM chat_run AS other WHERE other.thread_id = run.thread_id
                    AND (other.status = 'running' OR (other.status = 'queued' AND other.id < run.id)))
 ORDER BY run.id LIMIT %(most)s
"""


def waiting_heads(which: str, values: dict[str, Any]) -> list[uuid.UUID]:
    """Queued runs that are next in an idle thread."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING_HEADS.format(which=which), {"most": 200, **values})
        return [row[0] for row in cursor.fetchall()]


def dispatch_waiting(user_id: uuid.UUID) -> None:
    """Sends what a user's ended run has made way for."""
    for run_id in waiting_heads("run.user_id = %(user)s", {"user": user_id}):
        dispatcher.dispatch(run_id, record_dispatch)


def redispatch_forgotten_runs() -> int:
    """Sends again what has been waiting although it is next: a wiped broker, a dead sender, a Redis that was away."""
    overdue = """
        run.created_at < clock_timestamp() - make_interval(secs => %(seconds)s)
        AND (run.dispatched_at IS NULL
             OR run.dispatched_at < clock_timestamp() - make_interval(secs => %(seconds)s))"""
    sent = 0
    for run_id in waiting_heads(overdue, {"seconds": DISPATCH_AFTER_SECONDS}):
        if not send_run(run_id):
            break
        Run.objects.filter(id=run_id, status=Run.Status.QUEUED).update(dispatched_at=timezone.now())
        sent += 1
    return sent
