"""The loop that repairs: lost workers, forgotten runs. It needs Postgres and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.db import Error, close_old_connections, connection

from accounts.sessions import forget_ended_sessions
from chat.alerts import watch_delivery
from chat.channels.redelivery import redeliver_unacknowledged
from chat.compaction import compact_ended_runs
from chat.escalation import escalate
from chat.heartbeats import Pulse, forget_gone_processes
from chat.log.connections import first_line
from chat.retention import forget_old_deliveries, forget_old_events
from chat.runs import reap_expired_runs, redispatch_forgotten_runs

log = structlog.get_logger(__name__)
ROUND_SECONDS: Final = 2.0
LOCK_KEY: Final = 0x4E45545241
# Other apps add their own when they start.
DUTIES: Final[list[Callable[[], int]]] = [
    reap_expired_runs,
    redispatch_forgotten_runs,
    forget_gone_processes,
    forget_ended_sessions,
    redeliver_unacknowledged,
    escalate,
    compact_ended_runs,
    forget_old_events,
    forget_old_deliveries,
    watch_delivery,
]


def perform_duties(stop: threading.Event, ready: Callable[[], None]) -> None:
    """Repairs every two seconds until told to stop; of several processes one works, the others stand by."""
    pulse = Pulse("duties")
    ready()
    while not stop.is_set():
        started = time.monotonic()
        try:
            pulse.beat()
            perform_round()
        except Error as error:
            log.warning("duties_failed", error=first_line(error))
            close_old_connections()
        stop.wait(max(0.1, ROUND_SECONDS - (time.monotonic() - started)))


def perform_round() -> bool:
    """One round of every duty, if this process holds the lock or can have it now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY])
        if not cursor.fetchone()[0]:
            return False
    try:
        for duty in DUTIES:
            done = duty()
            if done:
                log.info("duty_done", duty=duty.__name__, count=done)
    finally:
        release_lock()
    return True


def release_lock() -> None:
    """Lets a standing-by process have the next round; a lost connection has released it already."""
    if connection.connection is not None and not connection.connection.closed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])
