"""Alerts: each rule finds its cause, begins once with its evidence, ends by itself, and reaches staff once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.alerts import tell_waiting_alerts, watching
from chat.alerts.rules import Figures, find_wrong, read_figures
from chat.alerts.watching import settle_alerts
from chat.heartbeats import Beat
from chat.models import Alert, DeliveryMinute, Heartbeat
from chat.outgoing import Delivery, Result

pytestmark = pytest.mark.django_db


def beat(kind: str = "web", **details: Any) -> Beat:
    return Beat((f"{kind} one", kind, "1", datetime(2026, 11, 21, tzinfo=UTC), 0.5, details))


def names(figures: Figures) -> list[tuple[str, str]]:
    return [(found.rule, str(found.severity)) for found in find_wrong(figures)]


def test_nothing_is_wrong_where_nothing_happens() -> None:
    assert find_wrong(Figures()) == []


@pytest.mark.parametrize(("in_time", "is_wrong"), [(94, True), (95, False), (100, False)])
def test_less_than_ninety_five_of_a_hundred_in_time_is_critical(in_time: int, is_wrong: bool) -> None:
    figures = Figures(short={"judged": 100, "in_time": in_time})
    assert names(figures) == ([("delivery_rate", "critical")] if is_wrong else [])
    for found in find_wrong(figures):
        assert found.evidence == {"rate": 0.94, "in_time": 94, "of": 100, "minutes": 5}


def test_a_handful_of_events_is_no_rate() -> None:
    assert names(Figures(short={"judged": 19, "in_time": 0, "live|push": 1, "live|direct": 18})) == []


@pytest.mark.parametrize(("fallback", "is_wrong"), [(5, False), (6, True)])
def test_more_than_five_of_a_hundred_by_another_way_is_a_warning(fallback: int, is_wrong: bool) -> None:
    figures = Figures(short={"live|push": 100 - fallback, "live|direct": fallback - 2, "live|replay": 2})
    assert names(figures) == ([("fallback_share", "warning")] if is_wrong else [])


def test_a_breaker_that_has_been_open_for_a_minute_is_critical_each_by_its_name() -> None:
    def told(**seconds: float) -> dict[str, Any]:
        return {
            name: {"state": "open" if open_for else "closed", "open_seconds": open_for}
            for name, open_for in seconds.items()
        }

    beats = [beat(breakers=told(publish=61, mail=60)), beat("worker", breakers=told(publish=75, webhook=0))]
    found = find_wrong(Figures(beats=beats))
    assert [(item.rule, item.evidence) for item in found] == [
        ("breaker_open publish", {"breaker": "publish", "seconds": 75, "process": "worker one"})
    ]


def test_mostly_performance_mode_is_worth_knowing() -> None:
    assert names(Figures(long={"claimed|performance": 6, "claimed|regular": 4})) == [("performance_mode", "info")]
    assert names(Figures(long={"claimed|performance": 5, "claimed|regular": 5})) == []


def test_an_event_that_waits_for_ten_seconds_on_an_open_page_is_a_warning() -> None:
    assert names(Figures(beats=[beat(oldest_unacknowledged=10.0)])) == []
    assert names(Figures(beats=[beat(oldest_unacknowledged=10.1)])) == [("oldest_unacknowledged", "warning")]


def test_one_message_kept_from_a_stranger_is_critical() -> None:
    assert names(Figures(short={"foreign": 1})) == [("cross_user", "critical")]


def test_the_figures_are_the_last_minutes_of_all_processes() -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    for minutes, process, judged in ((0, "web 1", 1), (0, "web 2", 10), (4, "web 1", 100), (6, "web 1", 1_000)):
        minute = now - timedelta(minutes=minutes)
        figures = {"judged": judged, "claimed|regular": judged}
        DeliveryMinute.objects.create(minute=minute, process=process, figures=figures)
    Heartbeat.objects.create(name="web gone", kind="web", started_at=now, seen_at=now - timedelta(seconds=30))
    found = read_figures()
    assert (found.short["judged"], found.beats) == (111, [])
    assert found.long == {"claimed|performance": 0, "claimed|regular": 1_111}


def test_an_alert_begins_once_and_ends_by_itself() -> None:
    wrong = find_wrong(Figures(short={"foreign": 2}))
    assert settle_alerts(wrong) == 1
    assert settle_alerts(wrong) == 0
    alert = Alert.objects.get()
    assert (alert.rule, alert.severity, alert.ended_at) == ("cross_user", "critical", None)
    assert alert.evidence == {"messages": 2, "minutes": 5}
    assert settle_alerts([]) == 1
    alert.refresh_from_db()
    assert alert.ended_at is not None
    assert settle_alerts([]) == 0
    assert settle_alerts(wrong) == 1
    assert Alert.objects.count() == 2


def test_staff_hear_of_each_alert_once(monkeypatch: Any) -> None:
    heard: list[str] = []

    def tell(alert: Alert) -> Delivery:
        heard.append(alert.rule)
        return Delivery(Result.SENT)

    monkeypatch.setattr(watching, "tell_staff", tell)
    settle_alerts(find_wrong(Figures(short={"foreign": 2}, beats=[beat(oldest_unacknowledged=20)])))
    assert tell_waiting_alerts() == 2
    assert tell_waiting_alerts() == 0
    assert sorted(heard) == ["cross_user", "oldest_unacknowledged"]


def test_what_cannot_be_sent_now_is_tried_again_later_and_holds_nothing_up(monkeypatch: Any) -> None:
    answers = {"cross_user": Delivery(Result.TRY_LATER, "breaker_open")}
    monkeypatch.setattr(watching, "tell_staff", lambda alert: answers.get(alert.rule, Delivery(Result.SENT)))
    settle_alerts(find_wrong(Figures(short={"foreign": 2}, beats=[beat(oldest_unacknowledged=20)])))
    assert tell_waiting_alerts() == 1
    waiting = Alert.objects.get(told_at=None)
    assert (waiting.rule, waiting.tries) == ("cross_user", 1)
    Alert.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    answers.clear()
    assert tell_waiting_alerts() == 1
    assert not Alert.objects.filter(told_at=None).exists()
