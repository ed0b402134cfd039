"""What processes count of delivery, as Prometheus reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chat.heartbeats import read_beats
from chat.models import Heartbeat
from netra.delivery_metrics import DeliveryCollector

pytestmark = pytest.mark.django_db


def beat(name: str, seconds_ago: float = 0, **details: Any) -> None:
    now = timezone.now()
    seen_at = now - timedelta(seconds=seconds_ago)
    Heartbeat.objects.create(
        name=name, kind=name.split(maxsplit=1)[0], started_at=now, seen_at=seen_at, details=details
    )


def scrape() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels, through the library's own parser."""
    registry = CollectorRegistry()
    registry.register(DeliveryCollector(read_beats()))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_counters_of_all_living_processes_are_told_apart() -> None:
    beat("web one", measures={"pushed": 7, "channel|replay": 3, "resync|cursor_ahead": 1, "foreign": 0})
    beat("worker one", measures={"appended|notice": 2, "appended|message_delta": 40, "claimed|performance": 5})
    beat("web gone", 30, measures={"pushed": 99})
    found = scrape()
    assert found["netra_events_pushed_total", (("process", "web one"),)] == 7
    assert found["netra_channel_events_total", (("channel", "replay"), ("process", "web one"))] == 3
    assert found["netra_resyncs_total", (("process", "web one"), ("reason", "cursor_ahead"))] == 1
    assert found["netra_events_appended_total", (("process", "worker one"), ("type", "message_delta"))] == 40
    assert found["netra_runs_claimed_total", (("mode", "performance"), ("process", "worker one"))] == 5
    assert not [name for name, labels in found if ("process", "web gone") in labels]


def test_the_lag_of_each_hop_is_a_histogram() -> None:
    counted = {
        "lag|stored_acked|notice|0.01": 3,
        "lag|stored_acked|notice|0.5": 2,
        "lag|stored_acked|notice|inf": 1,
        "lag|stored_acked|notice|sum": 41.5,
    }
    beat("web one", measures=counted)
    found = scrape()
    labels = {"hop": "stored_acked", "process": "web one", "type": "notice"}

    def sample(name: str, **more: str) -> float:
        return found[f"netra_event_lag_seconds_{name}", tuple(sorted((labels | more).items()))]

    assert [sample("bucket", le=bound) for bound in ("0.005", "0.01", "0.25", "0.5", "30.0", "+Inf")] == [
        0,
        3,
        3,
        5,
        5,
        6,
    ]
    assert (sample("count"), sample("sum")) == (6, 41.5)


def test_a_breaker_says_what_it_lets_through() -> None:
    beat("worker one", breakers={"publish": {"state": "open", "open_seconds": 3}, "mail": {"state": "half_open"}})
    found = scrape()
    assert found["netra_breaker_state", (("breaker", "publish"), ("process", "worker one"))] == 2
    assert found["netra_breaker_state", (("breaker", "mail"), ("process", "worker one"))] == 1
