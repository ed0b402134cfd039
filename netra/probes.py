"""What a running Netra stands on, each part asked for itself and never for longer than the deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

from chat.heartbeats import Beat, read_beats
from chat.hub import describe_hub
from chat.log.connections import first_line
from chat.queue import count_waiting_tasks
from chat.selectors import queue_overview

DEADLINE_SECONDS: Final = 2.0
QUEUED_TOO_LONG_SECONDS: Final = 30.0
NO_ANSWER: Final = (Error, RedisError, OSError)


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What a probe found."""

    state: State
    says: str
    details: Mapping[str, Any] = field(default_factory=dict)
    milliseconds: float = 0.0


def probe_database() -> Finding:
    """Whether the database answers a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(State.OK, "The database answers.")


schema_known: Final = {"current": False}


def probe_migrations() -> Finding:
    """Whether the tables are those of this code; once they were, they are not asked about again."""
    pending = [] if schema_known["current"] else pending_migrations()
    schema_known["current"] = not pending
    if pending:
        return Finding(State.DOWN, "Run `manage.py migrate`.", {"pending": pending})
    return Finding(State.OK, "The tables are those of this version.")


def pending_migrations() -> list[str]:
    """Names of migrations the database does not have yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def probe_redis() -> Finding:
    """Whether Redis answers."""
    with Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
        client.ping()
    return Finding(State.OK, "Redis answers.")


def probe_broker() -> Finding:
    """Whether the task queue can be reached, and how much waits in it."""
    waiting = count_waiting_tasks()
    return Finding(State.OK, "The task queue answers.", {"tasks": waiting})


def probe_workers() -> Finding:
    """Whether anybody executes runs."""
    beats = [beat for beat in read_beats() if beat.kind == "worker"]
    working = [beat for beat in beats if not beat.is_silent and beat.details.get("loop") == "live"]
    details = {"processes": [describe_beat(beat) for beat in beats]}
    if not working:
        return Finding(State.DOWN, "No worker is alive: runs wait.", details)
    if len(working) < len(beats):
        return Finding(State.DEGRADED, f"{len(beats) - len(working)} of {len(beats)} workers are silent.", details)
    return Finding(State.OK, f"{len(working)} alive.", details)


def probe_importers() -> Finding:
    """Whether anybody carries out imports."""
    beats = [beat for beat in read_beats() if beat.kind == "importer"]
    details = {"processes": [describe_beat(beat) for beat in beats]}
    if all(beat.is_silent for beat in beats):
        return Finding(State.DOWN, "Nobody carries out imports: uploads wait.", details)
    return Finding(State.OK, "Imports are carried out.", details)


def probe_duties() -> Finding:
    """Whether the loop that repairs turns."""
    beats = [beat for beat in read_beats() if beat.kind == "duties"]
    details = {"processes": [describe_beat(beat) for beat in beats]}
    if all(beat.is_silent for beat in beats):
        return Finding(State.DOWN, "The duties loop is silent: lost runs are not restarted.", details)
    return Finding(State.OK, "The duties loop turns.", details)


def describe_beat(beat: Beat) -> dict[str, Any]:
    """A process as /statusz shows it; who is connected to it is nobody's business, and figures are /metrics'."""
    details = {name: value for name, value in beat.details.items() if name not in {"sockets_of_users", "measures"}}
    return {
        "name": beat.name,
        "version": beat.version,
        "started_at": beat.started_at.isoformat(),
        "seen_seconds_ago": round(beat.seconds_ago, 1),
        **details,
    }


def probe_hub() -> Finding:
    """Whether this process hears what is published, and how the other web processes are."""
    own = describe_hub()
    processes = [describe_beat(beat) for beat in read_beats() if beat.kind == "web"]
    details = {**{name: own[name] for name in ("hub", "sockets", "foreign_messages")}, "processes": processes}
    if own["foreign_messages"]:
        return Finding(State.DEGRADED, "A message for somebody else was kept from a socket; see the log.", details)
    if own["hub"] == "deaf":
        return Finding(State.DEGRADED, "Live messages do not arrive; sockets are served from the database.", details)
    return Finding(State.OK, f"The live path is {own['hub']}.", details)


def probe_queue() -> Finding:
    """Whether runs that could start are being started."""
    overview = queue_overview()
    waited = overview["oldest_seconds"]
    if waited > QUEUED_TOO_LONG_SECONDS:
        return Finding(State.DEGRADED, f"A run that could start has been waiting for {waited:.0f} s.", overview)
    return Finding(State.OK, "No run waits without a reason.", overview)


Probe = Callable[[], Finding]
PROBES: Final[Mapping[str, Probe]] = {
    "database": probe_database,
    "migrations": probe_migrations,
    "redis": probe_redis,
    "broker": probe_broker,
    "workers": probe_workers,
    "importers": probe_importers,
    "duties": probe_duties,
    "hub": probe_hub,
    "queue": probe_queue,
}


class Examiner:
    """Asks parts side by side; one that hangs is asked again only when it has answered."""

    def __init__(self, probes: Mapping[str, Probe] = PROBES, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._probes = probes
        self._deadline_seconds = deadline_seconds
        self._executor = ThreadPoolExecutor(len(probes), thread_name_prefix="probe")
        self._asked: dict[str, Future[Finding]] = {}
        self._lock = threading.Lock()

    def examine(self, *names: str) -> dict[str, Finding]:
        """What each part says, or that it says nothing."""
        with self._lock:
            asked = {name: self._ask(name) for name in names or self._probes}
        wait(asked.values(), timeout=self._deadline_seconds)
        return {name: self._answer(future) for name, future in asked.items()}

    def _ask(self, name: str) -> Future[Finding]:
        former = self._asked.get(name)
        if former is None or former.done():
            self._asked[name] = self._executor.submit(ask, self._probes[name])
        return self._asked[name]

    def _answer(self, future: Future[Finding]) -> Finding:
        if not future.done():
            return Finding(State.DOWN, f"No answer within {self._deadline_seconds:g} seconds.")
        return future.result()


def ask(probe: Probe) -> Finding:
    """The probe's finding and how long it took; a failure to answer is one too."""
    started = time.monotonic()
    try:
        finding = probe()
    except NO_ANSWER as error:
        finding = Finding(State.DOWN, f"{type(error).__name__}: {first_line(error)}")
    finally:
        connection.close()
    return Finding(finding.state, finding.says, finding.details, round((time.monotonic() - started) * 1000, 1))


examiner: Final = Examiner()


def overall(findings: Mapping[str, Finding]) -> State:
    """One word for all: down where nothing can be served, degraded where something is not as it should be."""
    if any(findings[name].state is State.DOWN for name in ("database", "migrations") if name in findings):
        return State.DOWN
    return State.OK if all(finding.state is State.OK for finding in findings.values()) else State.DEGRADED
