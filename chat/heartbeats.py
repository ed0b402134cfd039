"""Which processes of this Netra live: each says so every second, in Postgres and nowhere else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from django.conf import settings
from django.db import Error, connection

from chat.breaker import list_breakers
from chat.log.connections import first_line
from chat.measures import keep_minutes, measures, process_name
from chat.models import BreakerChange

log = structlog.get_logger(__name__)
BEAT_SECONDS: Final = 1.0
SILENT_AFTER_SECONDS: Final = 4.0
# A process that has been silent for this long was stopped or replaced, and is missed no more.
MISSED_FOR_SECONDS: Final = 60.0
BEAT: Final = """
INSERT INTO chat_heartbeat (name, kind, version, started_at, seen_at, details)
VALUES (%(name)s, %(kind)s, %(version)s, clock_timestamp(), clock_timestamp(), COALESCE(%(details)s::jsonb, '{}'))
ON CONFLICT (name) DO UPDATE
   SET seen_at = clock_timestamp(), version = EXCLUDED.version,
       started_at = CASE WHEN %(first)s THEN EXCLUDED.started_at ELSE chat_heartbeat.started_at END,
       details = COALESCE(%(details)s::jsonb, chat_heartbeat.details)
"""
READ_BEATS: Final = """
SELECT name, kind, version, started_at, extract(epoch FROM clock_timestamp() - seen_at)::float8, details
  FROM chat_heartbeat
 WHERE seen_at > clock_timestamp() - make_interval(secs => %s)
 ORDER BY kind, name
"""
COUNT_SOCKETS: Final = """
SELECT COALESCE(sum((details -> 'sockets_of_users' ->> %s)::int), 0) FROM chat_heartbeat
 WHERE kind = 'web' AND seen_at > clock_timestamp() - make_interval(secs => %s)
"""


class Pulse:
    """One process' heartbeat; details are written only when they have changed."""

    def __init__(self, kind: str, describe: Callable[[], dict[str, Any]] = dict) -> None:
        self._kind = kind
        self._describe = describe
        self._name = process_name(kind, slot_of_process())
        self._written: bytes | None = None

    def beat(self) -> None:
        """Says once that this process lives, and what it counted; a database that is away misses it."""
        breakers = {
            breaker.name: {"state": breaker.state, "open_seconds": round(breaker.open_for_seconds)}
            for breaker in list_breakers()
        }
        told = {**self._describe(), "measures": measures.totals(), "breakers": breakers}
        details = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
        values: dict[str, str | bool | None] = {
            "name": self._name,
            "kind": self._kind,
            "version": settings.VERSION,
            "first": self._written is None,
            "details": None if details == self._written else details.decode(),
        }
        with connection.cursor() as cursor:
            cursor.execute(BEAT, values)
        self._written = details
        # A process that takes another's place within a minute has a row of its own.
        keep_minutes(f"{self._name} {os.getpid()}")
        self._keep_changes()

    def _keep_changes(self) -> None:
        """The history of this process' breakers; a database that goes away now gets it with a later beat."""
        taken = {breaker: breaker.take_changes() for breaker in list_breakers()}
        try:
            BreakerChange.objects.bulk_create(
                BreakerChange(name=told.name, process=self._name, state=told.state, cause=told.cause, at=told.at)
                for changes in taken.values()
                for told in changes
            )
        except Error:
            for breaker, changes in taken.items():
                breaker.give_back(changes)
            raise

    def start(self) -> None:
        """Beats from a thread of its own for as long as the process lives."""
        threading.Thread(target=self._beat_for_ever, name="pulse", daemon=True).start()

    def _beat_for_ever(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self.beat()
            except Error as error:
                log.warning("heartbeat_missed", error=first_line(error))
            finally:
                connection.close()
            pause.wait(BEAT_SECONDS)


class Beat:
    """What is known of one process."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self.name: str = row[0]
        self.kind: str = row[1]
        self.version: str = row[2]
        self.started_at: datetime = row[3]
        self.seconds_ago: float = row[4]
        details = row[5]
        self.details: dict[str, Any] = details if isinstance(details, dict) else orjson.loads(details)

    @property
    def is_silent(self) -> bool:
        """True for a process that should have said something by now."""
        return self.seconds_ago > SILENT_AFTER_SECONDS


def slot_of_process() -> str:
    """The supervisor's name for this process, so that a successor takes its predecessor's place; else its number."""
    ready_file = os.environ.get("NETRA_READY_FILE")
    return Path(ready_file).stem if ready_file else str(os.getpid())


def read_beats() -> list[Beat]:
    """Every process that lives or is missed."""
    with connection.cursor() as cursor:
        cursor.execute(READ_BEATS, [MISSED_FOR_SECONDS])
        return [Beat(row) for row in cursor.fetchall()]


def count_sockets(user_id: object) -> int:
    """How many sockets this person has open, over all web processes."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SOCKETS, [str(user_id), SILENT_AFTER_SECONDS])
        return int(cursor.fetchone()[0])


def forget_gone_processes() -> int:
    """Removes what has been silent for an hour."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM chat_heartbeat WHERE seen_at < clock_timestamp() - interval '1 hour'")
        return int(cursor.rowcount)
