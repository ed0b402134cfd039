"""A duty: opens an alert when a rule finds something, ends it when it does no more, tells staff once."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from django.db import Error, connection
from django.db.models import F, Q
from django.db.models.functions import Now

from chat.alerts.rules import Finding, find_wrong, read_figures
from chat.channels.ops import tell_staff
from chat.log.connections import first_line
from chat.models import Alert
from chat.outgoing import Result
from chat.switches import is_on

log = structlog.get_logger(__name__)
LOOK_SECONDS: Final = 4.0
TELL_AGAIN_SECONDS: Final = 30.0


class Watch:
    """Looks every few seconds, however often it is asked, and tells staff from a thread of its own."""

    def __init__(self) -> None:
        self._looked_at = 0.0
        self._telling: threading.Thread | None = None

    def look(self) -> int:
        """Opens and ends alerts; gives the number of those that changed."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return 0
        self._looked_at = time.monotonic()
        changed = settle_alerts(find_wrong(read_figures()))
        if is_on("ops") and Alert.objects.filter(untold()).exists():
            self._tell()
        return changed

    def _tell(self) -> None:
        if self._telling is None or not self._telling.is_alive():
            self._telling = threading.Thread(target=serve_tellers, name="alerts", daemon=True)
            self._telling.start()


watch: Final = Watch()


def watch_delivery() -> int:
    """The duty."""
    return watch.look()


def settle_alerts(findings: Sequence[Finding]) -> int:
    """Begins an alert for each finding that has none, and ends those without one."""
    opened = Alert.objects.bulk_create(
        [
            Alert(rule=found.rule, severity=found.severity, evidence=found.evidence, started_at=Now())
            for found in findings
            if not Alert.objects.filter(rule=found.rule, ended_at=None).exists()
        ],
        ignore_conflicts=True,
    )
    over = Alert.objects.filter(ended_at=None).exclude(rule__in=[found.rule for found in findings])
    for alert in opened:
        log.warning("alert_began", rule=alert.rule, severity=alert.severity)
    return len(opened) + over.update(ended_at=Now())


def untold() -> Q:
    """Alerts staff have not been told of, and are not being told of at this moment."""
    return Q(told_at=None) & (Q(next_try_at=None) | Q(next_try_at__lte=Now()))


def serve_tellers() -> None:
    """Tells what waits, on a database connection of this thread's own."""
    try:
        tell_waiting_alerts()
    except Error as error:
        log.warning("alerts_not_told", error=first_line(error))
    finally:
        connection.close()


def tell_waiting_alerts() -> int:
    """Each alert reaches the ops channel once; one that cannot be sent now is tried again in half a minute."""
    told = 0
    while alert := take_alert():
        delivery = tell_staff(alert)
        if delivery.result is Result.TRY_LATER:
            continue
        told += Alert.objects.filter(id=alert.id).update(told_at=Now())
    return told


def take_alert() -> Alert | None:
    """One that waits; nobody else takes it for half a minute."""
    waiting = Alert.objects.filter(untold()).order_by("started_at").first()
    if waiting is None:
        return None
    taken = Alert.objects.filter(untold(), id=waiting.id)
    later = Now() + timedelta(seconds=TELL_AGAIN_SECONDS)
    return waiting if taken.update(next_try_at=later, tries=F("tries") + 1) else take_alert()
