"""Queued imports whose turn has come, and those whose worker is gone: sent, sent again, given up."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Final

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from agents.errors import ImportLost
from agents.imports.events import tell
from agents.models import DataImport, DataSet
from chat.log import lock_stream
from chat.queue import Task, dispatcher, send
from chat.runs import DISPATCH_AFTER_SECONDS, UNSENT_AFTER_SECONDS, ClockTimestamp

log = structlog.get_logger(__name__)
RUN_IMPORT: Final = Task("agents.run_import", "imports")
MOST_ATTEMPTS: Final = 3
MOST_AT_ONCE: Final = 100


def send_later(data_import: DataImport) -> None:
    """Hands the import to the workers once the caller's transaction has committed."""
    transaction.on_commit(lambda: dispatcher.dispatch(RUN_IMPORT, data_import.id, record_dispatch))


def record_dispatch(import_id: uuid.UUID) -> None:
    """Notes that the broker has the import, on a connection of its own."""
    try:
        DataImport.objects.filter(id=import_id).update(dispatched_at=timezone.now())
    finally:
        connection.close()


def startable_imports() -> QuerySet[DataImport]:
    """Queued imports of people who have no import running: one at a time a person."""
    running = DataImport.objects.filter(user=OuterRef("user"), status=DataImport.Status.RUNNING)
    queued = DataImport.objects.filter(status=DataImport.Status.QUEUED)
    return queued.filter(~Exists(running)).order_by("id")


def dispatch_waiting_imports(user_id: uuid.UUID) -> None:
    """Sends what a person's ended import has made way for."""
    for import_id in startable_imports().filter(user_id=user_id).values_list("id", flat=True)[:1]:
        dispatcher.dispatch(RUN_IMPORT, import_id, record_dispatch)


def redispatch_forgotten_imports() -> int:
    """Sends again what could have started long ago: a wiped broker, a dead sender, a Redis that was away."""
    unsent = Q(dispatched_at__isnull=True, created_at__lt=seconds_ago(UNSENT_AFTER_SECONDS))
    overdue = startable_imports().filter(unsent | Q(dispatched_at__lt=seconds_ago(DISPATCH_AFTER_SECONDS)))
    sent = 0
    for import_id in list(overdue.values_list("id", flat=True)[:MOST_AT_ONCE]):
        if not send(RUN_IMPORT, import_id):
            break
        DataImport.objects.filter(id=import_id, status=DataImport.Status.QUEUED).update(dispatched_at=timezone.now())
        sent += 1
    return sent


def seconds_ago(seconds: int) -> Any:
    """A moment in the past by the database's clock."""
    return Now() - timedelta(seconds=seconds)


def reap_lost_imports() -> int:
    """Queues again, or gives up, every import whose worker no longer says that it lives."""
    lost = DataImport.objects.filter(status=DataImport.Status.RUNNING, lease_until__lt=ClockTimestamp())
    reaped = 0
    for import_id, user_id in list(lost.values_list("id", "user_id")[:MOST_AT_ONCE]):
        with transaction.atomic():
            lock_stream(user_id)
            found = lost.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("data_set")
            data_import = found.filter(id=import_id).first()
            if data_import is not None:
                log.warning("import_reaped", import_id=str(import_id), attempt=data_import.attempt)
                give_up_lost_import(data_import)
                reaped += 1
    return reaped


def record_end(data_import: DataImport, status: str, code: str = "", message: str = "") -> None:
    """The end of a locked import that brought nothing: its state, the data set's, the event, the next one's turn."""
    data_import.status, data_import.lease_until = status, None
    data_import.finished_at = timezone.now() if data_import.is_final else None
    data_import.error_code, data_import.error_message = code, message[:500]
    data_import.save()
    data_set = data_import.data_set
    if data_import.is_final and data_set.status == DataSet.Status.IMPORTING:
        data_set.status = DataSet.Status.FAILED
        data_set.save(update_fields=["status"])
    tell(data_import, finished=data_import.is_final)
    transaction.on_commit(lambda: dispatch_waiting_imports(data_import.user_id))


def give_up_lost_import(data_import: DataImport) -> None:
    """Decides what becomes of a locked import whose worker is gone; nothing of it was kept."""
    if data_import.cancel_requested_at is not None:
        record_end(data_import, DataImport.Status.CANCELLED)
    elif data_import.attempt >= MOST_ATTEMPTS:
        record_end(data_import, DataImport.Status.FAILED, ImportLost.code, ImportLost.message)
    else:
        queue_lost(data_import)


def queue_lost(data_import: DataImport) -> None:
    """Puts a locked import back into the queue, as if it had not begun."""
    data_import.status, data_import.lease_until, data_import.dispatched_at = DataImport.Status.QUEUED, None, None
    data_import.bytes_read = data_import.rows_read = data_import.rows_rejected = 0
    data_import.save()
    tell(data_import)
    send_later(data_import)
