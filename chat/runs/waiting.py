"""Queued runs whose turn has come: sent when their thread is free, sent again when they were forgotten."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from chat.models import Run
from chat.queue import EXECUTE_RUN, dispatcher, send
from chat.runs.starting import record_dispatch

DISPATCH_AFTER_SECONDS: Final = 10
# A run the broker never got: longer than a first try takes, so that nothing is sent twice without need.
UNSENT_AFTER_SECONDS: Final = 3
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
        dispatcher.dispatch(EXECUTE_RUN, run_id, record_dispatch)


def redispatch_forgotten_runs() -> int:
    """Sends again what has been waiting although it is next: a wiped broker, a dead sender, a Redis that was away."""
    overdue = """
        (run.dispatched_at IS NULL AND run.created_at < clock_timestamp() - make_interval(secs => %(unsent)s)
         OR run.dispatched_at < clock_timestamp() - make_interval(secs => %(sent)s))"""
    values = {"unsent": UNSENT_AFTER_SECONDS, "sent": DISPATCH_AFTER_SECONDS}
    sent = 0
    for run_id in waiting_heads(overdue, values):
        if not send(EXECUTE_RUN, run_id):
            break
        Run.objects.filter(id=run_id, status=Run.Status.QUEUED).update(dispatched_at=timezone.now())
        sent += 1
    return sent
