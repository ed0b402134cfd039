"""This process' figures for Prometheus: requests from the middleware, parts and queues from the probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db import Error
from prometheus_client import REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from chat.heartbeats import Beat, read_beats
from netra.cache import ForgivingRedisCache
from netra.delivery_metrics import DeliveryCollector
from netra.probes import Finding, State


class PartsCollector(Collector):
    """What the probes found, as metrics."""

    def __init__(self, findings: Mapping[str, Finding]) -> None:
        self._findings = findings

    def collect(self) -> Iterator[Metric]:
        """One gauge for all parts, and a figure for each thing that is counted."""
        up = GaugeMetricFamily("netra_part_up", "1 while the part is as it should be.", labels=["part"])
        took = GaugeMetricFamily("netra_part_probe_seconds", "How long the part took to answer.", labels=["part"])
        for name, finding in self._findings.items():
            up.add_metric([name], float(finding.state is State.OK))
            took.add_metric([name], finding.milliseconds / 1000)
        yield up
        yield took
        yield from self._counted("hub", "sockets", "netra_sockets", "Open sockets of this web process.")
        yield from self._counted("broker", "tasks", "netra_broker_tasks", "Tasks waiting in the broker.")
        yield from self._counted("queue", "queued", "netra_runs_queued", "Runs that wait.")
        yield from self._counted("queue", "running", "netra_runs_running", "Runs at work.")
        waited = "How long the oldest run that could start has waited."
        yield from self._counted("queue", "oldest_seconds", "netra_oldest_queued_seconds", waited)
        yield from self._counted_up(
            "hub", "foreign_messages", "netra_foreign_messages", "Messages kept from somebody else's socket."
        )
        misses = CounterMetricFamily("netra_cache_failures", "Cache operations answered without Redis.")
        misses.add_metric([], ForgivingRedisCache.failures)
        yield misses

    def _counted(self, part: str, detail: str, name: str, help_text: str) -> Iterator[Metric]:
        value = self._findings[part].details.get(detail)
        if value is not None:
            yield GaugeMetricFamily(name, help_text, value=float(value))

    def _counted_up(self, part: str, detail: str, name: str, help_text: str) -> Iterator[Metric]:
        value = self._findings[part].details.get(detail)
        if value is not None:
            yield CounterMetricFamily(name, help_text, value=float(value))


def collect_metrics(findings: Mapping[str, Finding]) -> bytes:
    """Everything this process can tell, in the text format."""
    own = CollectorRegistry()
    own.register(PartsCollector(findings))
    own.register(DeliveryCollector(find_beats(findings)))
    return generate_latest(REGISTRY) + generate_latest(own)


def find_beats(findings: Mapping[str, Finding]) -> list[Beat]:
    """What all processes say of themselves; nothing without a database, whose own probe tells that."""
    if findings["database"].state is not State.OK:
        return []
    try:
        return read_beats()
    except Error:
        return []
