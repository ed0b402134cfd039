"""Alerts in words: what is wrong, since when, what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Case, QuerySet, Value, When
from django.utils.safestring import SafeString

from accounts.staff import badge, describe_seconds, show_moment
from chat.alerts import rules
from chat.models import Alert
from chat.switches import is_on

SHOWN_FOR: Final = timedelta(days=7)
MOST_SHOWN: Final = 50
# The worst first.
TONES: Final[Mapping[str, str]] = {
    Alert.Severity.CRITICAL: "bad",
    Alert.Severity.WARNING: "waiting",
    Alert.Severity.INFO: "ended",
}
URGENT: Final = (Alert.Severity.CRITICAL, Alert.Severity.WARNING)
WORDS: Final = {
    "delivery_rate": f"Less than {100 * rules.LEAST_DELIVERED:.0f} % of the events were acknowledged within 10 s",
    "fallback_share": f"More than {100 * rules.MOST_FALLBACK:.0f} % of the events came another way than the live push",
    "breaker_open": f"A breaker has not closed for more than {rules.BREAKER_SECONDS:.0f} s",
    "performance_mode": f"More than {100 * rules.MOST_PERFORMANCE:.0f} % of the runs are sent event by event",
    "oldest_unacknowledged": (
        f"An open page has not acknowledged an event for more than {rules.UNACKNOWLEDGED_SECONDS:.0f} s"
    ),
    "cross_user": "A message was kept from a socket of somebody it was not for",
}
PERCENTAGES: Final = frozenset({"rate", "share"})


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert as the page shows it."""

    severity: SafeString
    what: str
    rule: str
    evidence: str
    began: str
    ended: str
    lasted: str
    told: str


def open_alerts() -> list[Alert]:
    """What is wrong now, the worst first."""
    worst_first = Case(*[When(severity=name, then=Value(place)) for place, name in enumerate(TONES)], default=Value(9))
    return list(Alert.objects.filter(ended_at=None).order_by(worst_first, "started_at", "id")[:MOST_SHOWN])


def urgent_alerts(now: datetime) -> list[ShownAlert]:
    """What is wrong now and should be looked at soon."""
    return [show_alert(alert, now) for alert in open_alerts() if alert.severity in URGENT]


def alerts_since(now: datetime) -> QuerySet[Alert]:
    """Alerts that began in the last days, the newest first."""
    return Alert.objects.filter(started_at__gte=now - SHOWN_FOR).order_by("-started_at", "id")


def describe_alerts(now: datetime) -> dict[str, Any]:
    """What is wrong, and what was in the last days."""
    past = list(alerts_since(now)[: MOST_SHOWN + 1])
    return {
        "alerts": [show_alert(alert, now) for alert in open_alerts()],
        "past_alerts": [show_alert(alert, now) for alert in past[:MOST_SHOWN]],
        "has_more_alerts": len(past) > MOST_SHOWN,
    }


def show_alert(alert: Alert, now: datetime) -> ShownAlert:
    """The alert in words."""
    return ShownAlert(
        severity=show_severity(alert),
        what=name_rule(alert.rule),
        rule=alert.rule,
        evidence=describe_evidence(alert.evidence),
        began=show_moment(alert.started_at),
        ended=show_moment(alert.ended_at) if alert.ended_at else "it goes on",
        lasted=describe_seconds(max(0.0, ((alert.ended_at or now) - alert.started_at).total_seconds())),
        told=describe_told(alert),
    )


def show_severity(alert: Alert) -> SafeString:
    """How soon somebody should look, as a coloured word."""
    return badge(TONES.get(alert.severity, "ended"), alert.severity)


def name_rule(rule: str) -> str:
    """What the rule says in a sentence; a rule of a later version says its name."""
    name, _, part = rule.partition(" ")
    sentence = WORDS.get(name, rule)
    return f"{sentence}: {part}" if part and name in WORDS else sentence


def describe_evidence(evidence: Mapping[str, Any]) -> str:
    """The figures the rule saw, with their names."""
    seen = [f"{name.replace('_', ' ')} {show_seen(name, value)}" for name, value in evidence.items() if is_plain(value)]
    return ", ".join(seen)


def is_plain(value: Any) -> bool:
    """True for figures and names."""
    return isinstance(value, int | float | str)


def show_seen(name: str, value: float | str) -> str:
    """One figure in its unit."""
    if isinstance(value, str):
        return value
    if name in PERCENTAGES:
        return f"{100 * value:.2f} %"
    if name == "seconds":
        return describe_seconds(value)
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def describe_told(alert: Alert) -> str:
    """Whether staff heard of it outside these pages, and why not."""
    if not is_on("ops"):
        return "no: the channel is off"
    if not settings.OPS_URLS:
        return "no: no address is set"
    if alert.told_at:
        return show_moment(alert.told_at)
    return f"not yet: {alert.tries:,} tries" if alert.tries else "not yet"
