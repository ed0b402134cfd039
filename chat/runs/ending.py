"""Runs end or go back into the queue from outside their worker: cancelled, lost, given up."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import DateTimeField, Func, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from chat.emitter import append_now
from chat.errors import RunAlreadyFinished, RunNotFound
from chat.events import EventType, NewEvent, build_event
from chat.log import Ending, Fence
from chat.models import Run
from chat.queue import EXECUTE_RUN, dispatcher
from chat.runs.starting import record_dispatch
from chat.runs.waiting import dispatch_waiting
from chat.serializers import shape_run

log = structlog.get_logger(__name__)
MOST_ATTEMPTS: Final = 3
DUTIES: Final = "duties"
USER: Final = "user"


class ClockTimestamp(Func):
    """The database's clock now, not at the transaction's start."""

    function = "clock_timestamp"
    output_field = DateTimeField()


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


def cancel_notice(run: Run) -> NewEvent:
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
    status = {EventType.AGENT_CANCELLED: Run.Status.CANCELLED, EventType.AGENT_FAILED: Run.Status.FAILED}[type]
    run.status, run.finished_at, run.error_code = status, ended_at, code
    ending = Ending(status=status, owner=owner, ended_at=ended_at, error_code=code, usage=run.usage, cost=run.cost)
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
    transaction.on_commit(lambda: dispatcher.dispatch(EXECUTE_RUN, run.id, record_dispatch))


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
        run = Run.objects.select_for_update(no_key=True).filter(id=run_id, lease_owner=owner, status="running").first()
        if run is not None:
            give_up_lost_run(run)


def expired_runs() -> QuerySet[Run]:
    """Running runs whose lease is over by the database's clock."""
    return Run.objects.filter(status=Run.Status.RUNNING, lease_until__lt=ClockTimestamp())


def reap_expired_runs(most: int = 100) -> int:
    """Restarts or ends every run whose lease is over; a run somebody works on right now is left alone."""
    reaped = 0
    for run_id in list(expired_runs().values_list("id", flat=True)[:most]):
        with transaction.atomic():
            run = expired_runs().select_for_update(no_key=True, skip_locked=True).filter(id=run_id).first()
            if run is None:
                continue
            log.warning("run_reaped", run_id=str(run.id), attempt=run.attempt, owner=run.lease_owner)
            give_up_lost_run(run)
            reaped += 1
    return reaped
