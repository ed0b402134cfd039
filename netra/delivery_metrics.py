"""How events reach people, for Prometheus: what every process counted, as its last heartbeat told it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from chat.heartbeats import Beat
from chat.measures import BUCKET_NAMES, SUM

# How counters are called among us, how monitors know them, and what their second part is.
COUNTERS: Final = (
    ("appended", "netra_events_appended", "Events written to the log.", "type"),
    ("pushed", "netra_events_pushed", "Events handed to the first socket of their person.", ""),
    ("acknowledged", "netra_events_acknowledged", "Events acknowledged by their person's first client.", ""),
    ("judged", "netra_delivery_judged", "Events of which it is known whether they were delivered in time.", ""),
    ("in_time", "netra_delivery_in_time", "Events acknowledged within ten seconds.", ""),
    ("channel", "netra_channel_events", "Events that went through a channel beyond the live push.", "channel"),
    ("resync", "netra_resyncs", "Clients told to fetch a snapshot.", "reason"),
    ("closed", "netra_sockets_closed", "Sockets closed for a fault of theirs.", "reason"),
    ("gaps_healed", "netra_gaps_healed", "Gaps in what was pushed, filled from the log.", ""),
    ("fenced", "netra_writes_fenced", "Writes of runs that had become another worker's.", ""),
    ("claimed", "netra_runs_claimed", "Runs begun, by how their events are sent.", "mode"),
)
STATES: Final = {"closed": 0, "half_open": 1, "open": 2}


class DeliveryCollector(Collector):
    """Everything the living processes count of delivery."""

    def __init__(self, beats: Iterable[Beat]) -> None:
        self._beats = [beat for beat in beats if not beat.is_silent]

    def collect(self) -> Iterator[Metric]:
        """Counters, the lag of each hop, breakers."""
        yield from self._counters()
        yield self._lag()
        yield self._breakers()

    def _counters(self) -> Iterator[Metric]:
        for name, known_as, help_text, part in COUNTERS:
            family = CounterMetricFamily(known_as, help_text, labels=["process", *([part] if part else [])])
            for beat in self._beats:
                for key, value in measures_of(beat).items():
                    first, _, rest = key.partition("|")
                    if first == name:
                        family.add_metric([beat.name, *([rest] if part else [])], value)
            yield family

    def _lag(self) -> Metric:
        help_text = "Seconds between an event's storage, its push and its acknowledgement."
        family = HistogramMetricFamily("netra_event_lag_seconds", help_text, labels=["process", "hop", "type"])
        for beat in self._beats:
            for (hop, type_of_event), counted in group_lags(measures_of(beat)).items():
                total, buckets = 0.0, []
                for bound in BUCKET_NAMES:
                    total += counted.get(bound, 0)
                    buckets.append(("+Inf" if bound == "inf" else str(float(bound)), total))
                family.add_metric([beat.name, hop, type_of_event], buckets, counted.get(SUM, 0))
        return family

    def _breakers(self) -> Metric:
        help_text = "0 closed, 1 lets one try through, 2 open."
        family = GaugeMetricFamily("netra_breaker_state", help_text, labels=["process", "breaker"])
        for beat in self._beats:
            for name, told in beat.details.get("breakers", {}).items():
                family.add_metric([beat.name, name], STATES[told["state"]])
        return family


def measures_of(beat: Beat) -> Mapping[str, float]:
    """What the process counted since it began."""
    found: Mapping[str, Any] = beat.details.get("measures", {})
    return found


def group_lags(counted: Mapping[str, float]) -> dict[tuple[str, str], dict[str, float]]:
    """The counters of each hop and type of event, by the end of their stretch of time."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for key, value in counted.items():
        if key.startswith("lag|"):
            _, hop, type_of_event, bound = key.split("|")
            found.setdefault((hop, type_of_event), {})[bound] = value
    return found
