"""The rules: each looks at the figures of the last minutes and gives what it found wrong, with its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db.models import FloatField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Now

from chat.heartbeats import Beat, read_beats
from chat.models import Alert, DeliveryMinute

SHORT: Final = timedelta(minutes=5)
LONG: Final = timedelta(hours=1)
LEAST_DELIVERED: Final = 0.95
MOST_FALLBACK: Final = 0.05
MOST_PERFORMANCE: Final = 0.5
BREAKER_SECONDS: Final = 60.0
UNACKNOWLEDGED_SECONDS: Final = 10.0
CLAIMED: Final = ("claimed|performance", "claimed|regular")
# Shares of a handful say nothing.
LEAST_EVENTS: Final = 20
LEAST_RUNS: Final = 10
Evidence = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """What the rules look at."""

    short: Mapping[str, float] = field(default_factory=dict)
    long: Mapping[str, float] = field(default_factory=dict)
    beats: Sequence[Beat] = ()


@dataclass(frozen=True)
class Finding:
    """Something is wrong now."""

    rule: str
    severity: Alert.Severity
    evidence: Evidence


def read_figures() -> Figures:
    """The sums of the last minutes over all processes, and the processes that live."""
    beats = [beat for beat in read_beats() if not beat.is_silent]
    return Figures(read_sums(SHORT), read_sums_of(CLAIMED, LONG), beats)


def read_sums(span: timedelta) -> Mapping[str, float]:
    """Everything counted in the minutes of this span, the present one included."""
    sums: Counter[str] = Counter()
    for figures in DeliveryMinute.objects.filter(minute__gt=Now() - span).values_list("figures", flat=True):
        sums.update(figures)
    return sums


def read_sums_of(names: Iterable[str], span: timedelta) -> Mapping[str, float]:
    """The sums of some counters only, added up by the database."""
    rows = DeliveryMinute.objects.filter(minute__gt=Now() - span)
    wanted = {f"sum{place}": name for place, name in enumerate(names)}
    sums = {key: Sum(Cast(KeyTextTransform(name, "figures"), FloatField())) for key, name in wanted.items()}
    found = rows.aggregate(**sums)
    return {name: found[key] or 0 for key, name in wanted.items()}


def too_few_in_time(figures: Figures) -> Iterable[Finding]:
    """Of what was stored while its person had a socket open, too little was acknowledged within ten seconds."""
    judged, in_time = figures.short.get("judged", 0), figures.short.get("in_time", 0)
    if judged >= LEAST_EVENTS and in_time / judged < LEAST_DELIVERED:
        evidence = {"rate": round(in_time / judged, 4), "in_time": in_time, "of": judged, "minutes": 5}
        yield Finding("delivery_rate", Alert.Severity.CRITICAL, evidence)


def too_much_fallback(figures: Figures) -> Iterable[Finding]:
    """What should have been pushed had to come another way."""
    ways = {name.partition("|")[2]: count for name, count in figures.short.items() if name.startswith("live|")}
    total = sum(ways.values())
    share = (total - ways.get("push", 0)) / total if total else 0.0
    if total >= LEAST_EVENTS and share > MOST_FALLBACK:
        yield Finding("fallback_share", Alert.Severity.WARNING, {"share": round(share, 4), **ways, "minutes": 5})


def breakers_open(figures: Figures) -> Iterable[Finding]:
    """A breaker has not closed for a minute: whatever it guards has been away all that time."""
    for name in sorted({name for beat in figures.beats for name in beat.details.get("breakers", {})}):
        seconds = {
            beat.name: beat.details["breakers"][name]["open_seconds"]
            for beat in figures.beats
            if name in beat.details.get("breakers", {})
        }
        longest = max(seconds, key=lambda process: float(seconds[process]))
        if seconds[longest] > BREAKER_SECONDS:
            evidence = {"breaker": name, "seconds": seconds[longest], "process": longest}
            yield Finding(f"breaker_open {name}"[:60], Alert.Severity.CRITICAL, evidence)


def much_performance(figures: Figures) -> Iterable[Finding]:
    """Most runs are sent event by event, which costs the database a commit for what others send together."""
    quick, regular = (figures.long.get(name, 0) for name in CLAIMED)
    if quick + regular >= LEAST_RUNS and quick / (quick + regular) > MOST_PERFORMANCE:
        evidence = {"runs": quick + regular, "performance": quick, "minutes": 60}
        yield Finding("performance_mode", Alert.Severity.INFO, evidence)


def waits_too_long(figures: Figures) -> Iterable[Finding]:
    """Somebody looks at an open page and has not had what was stored ten seconds ago."""
    waits = {beat.name: beat.details.get("oldest_unacknowledged", 0.0) for beat in figures.beats if beat.kind == "web"}
    longest = max(waits, key=lambda process: float(waits[process]), default=None)
    if longest is not None and waits[longest] > UNACKNOWLEDGED_SECONDS:
        yield Finding("oldest_unacknowledged", Alert.Severity.WARNING, {"seconds": waits[longest], "process": longest})


def strangers_kept_out(figures: Figures) -> Iterable[Finding]:
    """A message reached the door of somebody it was not for; nothing got through, and it must not happen."""
    if hits := figures.short.get("foreign", 0):
        yield Finding("cross_user", Alert.Severity.CRITICAL, {"messages": hits, "minutes": 5})


RULES: Final[Sequence[Callable[[Figures], Iterable[Finding]]]] = (
    too_few_in_time,
    too_much_fallback,
    breakers_open,
    much_performance,
    waits_too_long,
    strangers_kept_out,
)


def find_wrong(figures: Figures) -> list[Finding]:
    """Everything that is wrong now, by every rule."""
    return [finding for rule in RULES for finding in rule(figures)]
