"""How delivery does at this moment: the figures, the sockets and breakers of each process that lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.safestring import SafeString

from accounts.staff import NOTHING, badge, describe_seconds, show_moment
from chat.alerts import rules
from chat.breaker import OPEN_SECONDS, BreakerState
from chat.heartbeats import Beat
from chat.models import BreakerChange

MOST_CHANGES: Final = 20
# How long an open breaker waits before it lets one try through, where that is not the usual time.
PAUSES_SECONDS: Final = {"publish": 1.0}
HUBS: Final = {"live": "good", "deaf": "bad", "idle": "ended"}
STATES: Final[Mapping[str, str]] = {
    BreakerState.CLOSED: "good",
    BreakerState.HALF_OPEN: "waiting",
    BreakerState.OPEN: "bad",
}
RATE: Final = (
    "acknowledged within 10 s / stored while their person had a socket open, of those whose fate is known:"
    " acknowledged, or not within 10 s. Over 5 minutes, all processes together."
)
FALLBACK: Final = (
    "of the events that reached the first socket of their person within 5 minutes, those that came by replay,"
    " redelivery or the head poll and not by the live push"
)
PACE: Final = "appended to the logs in the last 5 minutes / the seconds of these minutes so far"


@dataclass(frozen=True, slots=True)
class Now:
    """One figure of this moment: its value, what to make of it, and how it is worked out."""

    label: str
    value: str
    note: str = ""
    formula: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class WebProcess:
    """The sockets of one web process."""

    name: str
    hub: SafeString
    sockets: str
    people: str
    oldest: str


@dataclass(frozen=True, slots=True)
class ShownBreaker:
    """A breaker of one process."""

    process: str
    name: str
    state: SafeString
    since: str
    next_try: str


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A breaker went over into another state."""

    at: str
    process: str
    name: str
    state: SafeString
    cause: str


def describe_now(beats: Sequence[Beat], now: datetime) -> dict[str, Any]:
    """The figures and the processes."""
    living = [beat for beat in beats if not beat.is_silent]
    breakers = list(breakers_of(living))
    return {
        "figures": list(figures_of(living, rules.read_sums(rules.SHORT), now)),
        "web_processes": [show_process(beat) for beat in beats if beat.kind == "web"],
        "breakers": show_breakers(breakers, now),
        "breaker_changes": recent_changes(),
    }


def figures_of(living: Sequence[Beat], sums: Mapping[str, float], now: datetime) -> Iterator[Now]:
    """What staff look at first."""
    sockets, people = count_sockets(living)
    yield Now("Sockets open", f"{sockets:,}", f"of {people:,} {'person' if people == 1 else 'people'}")
    yield rate_figure(sums)
    yield fallback_figure(sums)
    appended = sum(number for name, number in sums.items() if name.startswith("appended|"))
    seconds = (rules.SHORT - timedelta(minutes=1)).total_seconds() + now.second
    yield Now("Events a second", f"{appended / max(1.0, seconds):,.1f}", "appended, over 5 minutes", PACE)
    yield oldest_figure(living)
    yield breaker_figure(living)


def rate_figure(sums: Mapping[str, float]) -> Now:
    """The delivery rate."""
    judged, in_time = sums.get("judged", 0), sums.get("in_time", 0)
    is_low = judged >= rules.LEAST_EVENTS and in_time / judged < rules.LEAST_DELIVERED
    note = f"{in_time:,.0f} of {judged:,.0f} events" if judged else "nothing to deliver in 5 minutes"
    return Now("Delivery rate", show_share(in_time, judged), note, RATE, "bad" if is_low else "")


def fallback_figure(sums: Mapping[str, float]) -> Now:
    """What came another way than the push."""
    live = {name: number for name, number in sums.items() if name.startswith("live|")}
    total, other = sum(live.values()), sum(live.values()) - live.get("live|push", 0)
    is_high = total >= rules.LEAST_EVENTS and other / total > rules.MOST_FALLBACK
    note = f"{other:,.0f} of {total:,.0f} events" if total else "nothing was handed on in 5 minutes"
    return Now("Came another way", show_share(other, total), note, FALLBACK, "bad" if is_high else "")


def oldest_figure(living: Iterable[Beat]) -> Now:
    """How long somebody with an open page has been waiting."""
    oldest = max((waits_of(beat) for beat in living if beat.kind == "web"), default=0.0)
    note = "on an open socket" if oldest else "nothing waits on an open socket"
    tone = "bad" if oldest > rules.UNACKNOWLEDGED_SECONDS else ""
    return Now("Oldest unacknowledged", describe_seconds(oldest) if oldest else NOTHING, note, tone=tone)


def breaker_figure(living: Sequence[Beat]) -> Now:
    """What is not tried at the moment."""
    not_closed = sorted({name for _, name, told in breakers_of(living) if told.get("state") != BreakerState.CLOSED})
    note = ", ".join(not_closed) if not_closed else "all are closed"
    return Now("Breakers not closed", f"{len(not_closed):,}", note, tone="bad" if not_closed else "")


def count_sockets(living: Iterable[Beat]) -> tuple[int, int]:
    """How many sockets of how many people are open, over all web processes."""
    web = [beat for beat in living if beat.kind == "web"]
    people = {user for beat in web for user in sockets_of_people(beat)}
    return sum(int(beat.details.get("sockets", 0)) for beat in web), len(people)


def sockets_of_people(beat: Beat) -> Mapping[str, int]:
    """How many sockets each person has at this process."""
    found: Mapping[str, int] = beat.details.get("sockets_of_users") or {}
    return found


def sum_sockets(beats: Iterable[Beat]) -> dict[str, int]:
    """How many sockets each person has open."""
    found: dict[str, int] = {}
    for beat in beats:
        if beat.kind == "web" and not beat.is_silent:
            for user, number in sockets_of_people(beat).items():
                found[user] = found.get(user, 0) + number
    return found


def waits_of(beat: Beat) -> float:
    """How long the oldest unacknowledged event of this process has been waiting."""
    return float(beat.details.get("oldest_unacknowledged") or 0.0)


def show_process(beat: Beat) -> WebProcess:
    """The process; one that is silent says nothing that holds now."""
    hub = str(beat.details.get("hub", "idle"))
    if beat.is_silent:
        return WebProcess(beat.name, badge("bad", "silent"), NOTHING, NOTHING, NOTHING)
    return WebProcess(
        name=beat.name,
        hub=badge(HUBS.get(hub, "ended"), hub),
        sockets=f"{beat.details.get('sockets', 0):,}",
        people=f"{len(sockets_of_people(beat)):,}",
        oldest=describe_seconds(waits_of(beat)) if waits_of(beat) else NOTHING,
    )


def breakers_of(living: Iterable[Beat]) -> Iterator[tuple[Beat, str, Mapping[str, Any]]]:
    """Every breaker that was used, by process."""
    for beat in living:
        for name, told in sorted((beat.details.get("breakers") or {}).items()):
            yield beat, name, told


def show_breakers(breakers: Sequence[tuple[Beat, str, Mapping[str, Any]]], now: datetime) -> list[ShownBreaker]:
    """What each breaker lets through, those that are not closed first."""
    open_names = {name for _, name, told in breakers if told.get("state") != BreakerState.CLOSED}
    opened = last_openings(open_names, now)
    shown = [show_breaker(beat, name, told, opened.get((beat.name, name)), now) for beat, name, told in breakers]
    return sorted(shown, key=lambda breaker: breaker.since == NOTHING)


def show_breaker(
    beat: Beat, name: str, told: Mapping[str, Any], opened: datetime | None, now: datetime
) -> ShownBreaker:
    """The breaker with the moment it stopped being closed, and when it lets a try through."""
    state = str(told.get("state", BreakerState.CLOSED))
    since = next_try = NOTHING
    if state != BreakerState.CLOSED:
        since = show_moment(now - timedelta(seconds=beat.seconds_ago + float(told.get("open_seconds", 0))))
        next_try = describe_next_try(name, opened, now)
    return ShownBreaker(beat.name, name, show_state(state), since, next_try)


def describe_next_try(name: str, opened: datetime | None, now: datetime) -> str:
    """A breaker lets the first through that asks after its pause; nobody asks for it."""
    pause = timedelta(seconds=PAUSES_SECONDS.get(name, OPEN_SECONDS))
    if opened is None or opened + pause <= now:
        return "with the next that asks"
    return f"about {opened + pause:%H:%M:%S}, with the next that asks"


def last_openings(names: Iterable[str], now: datetime) -> dict[tuple[str, str], datetime]:
    """When the breakers of these names opened last; only a pause that can still go on is looked for."""
    if not names:
        return {}
    since = now - timedelta(seconds=2 * OPEN_SECONDS)
    changes = BreakerChange.objects.filter(at__gte=since, name__in=names, state=BreakerState.OPEN)
    return {(process, name): at for process, name, at in changes.order_by("at").values_list("process", "name", "at")}


def recent_changes() -> list[ShownChange]:
    """The last changes of all breakers, the newest first."""
    return [
        ShownChange(
            show_moment(change.at), change.process, change.name, show_state(change.state), change.cause or NOTHING
        )
        for change in BreakerChange.objects.order_by("-at", "-id")[:MOST_CHANGES]
    ]


def show_state(state: str) -> SafeString:
    """The state as a coloured word."""
    return badge(STATES.get(state, "ended"), state.replace("_", " "))


def show_share(part: float, whole: float) -> str:
    """Percent, never rounded up to all; a dash of nothing."""
    return f"{int(1000 * part / whole + 1e-6) / 10:.1f} %" if whole else NOTHING
