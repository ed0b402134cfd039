"""The calls that plans are made of, each with what the verdict says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final

from agents.handover import Entities
from agents.providers.builtin.arguments import Known, days_of, filters_of, has_names, names_of, top_of, wrap
from agents.providers.builtin.turns import Call
from agents.usage.causes import Metric

MOST_DAYS_BY_DAY: Final = 31
MOST_DAYS_BY_WEEK: Final = 200
# What can be grouped by where the usual is not named; a status and a provider are nearly always there.
ANY_GROUP: Final = ("model", "feature", "team", "provider", "user", "status")
AROUND: Final = timedelta(days=14)
AROUND_A_JUMP: Final = timedelta(days=21)


def breakdowns(entities: Entities, known: Known) -> Iterator[Call]:
    """Spend by what was asked; when nothing was, by model and by feature."""
    for by in choose_groups(entities, known):
        yield Call("spend_breakdown", {"by": by} | filters_of(entities) | top_of(entities))


def choose_groups(entities: Entities, known: Known) -> list[list[str]]:
    """What to group spend by, where the data names it."""
    asked = named_groups(entities.by, known)
    if asked:
        return [asked[:3]]
    if len(entities.models) == 1 and has_names("feature", known):
        return [["feature"]]
    whole = [["model"], ["feature"]] if len(entities.features) != 1 else [["model"]]
    return [by for by in whole if has_names(by[0], known)]


def trend(entities: Entities, known: Known) -> Call:
    """Spend over time, split by what was asked."""
    split = named_groups(entities.by, known)[:1]
    return Call(
        "spend_trend",
        {"period": choose_step(entities, known)} | ({"split_by": split[0]} if split else {}) | filters_of(entities),
    )


def choose_step(entities: Entities, known: Known) -> str:
    """The length of a trend's steps: as asked, else by the length of the period."""
    if entities.step:
        return entities.step
    first = max(days_of(entities).get("first_day", known["first_day"]), known["first_day"])
    last = min(days_of(entities).get("last_day", known["last_day"]), known["last_day"])
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    if days <= MOST_DAYS_BY_DAY:
        return "day"
    return "week" if days <= MOST_DAYS_BY_WEEK else "month"


def latency(entities: Entities, known: Known, *by: str) -> Iterator[Call]:
    """Percentiles, where single calls were timed."""
    if known.get("filled", {}).get("latency_ms", 1):
        groups = named_groups(entities.by, known) or named_groups(by, known) or named_groups(ANY_GROUP, known)[:1]
        if groups:
            yield Call("latency_profile", {"by": groups[:3]} | filters_of(entities) | top_of(entities))


def named_groups(wanted: Iterable[str], known: Known) -> list[str]:
    """Of these dimensions the ones that the data names."""
    return [name for name in wanted if has_names(name, known)]


def scan(entities: Entities, metric: Metric) -> Call:
    """What stands out, around the day that was named."""
    around = {"around": entities.around.isoformat()} if entities.around else {}
    chosen = names_of(entities)
    chosen.pop("statuses", None)
    return Call("anomaly_scan", {"metric": metric.value} | around | wrap(chosen))


def days_around(entities: Entities, known: Known) -> dict[str, Any]:
    """The weeks around the day that was named, so that there is a level before and after it."""
    if entities.around is None:
        return {}
    first, last = date.fromisoformat(known["first_day"]), date.fromisoformat(known["last_day"])
    if not first <= entities.around <= last:
        return {"first_day": None, "last_day": None}
    return {
        "first_day": max(entities.around - AROUND_A_JUMP, first),
        "last_day": min(entities.around + AROUND_A_JUMP, last),
    }


def errors(entities: Entities, known: Known) -> Iterator[Call]:
    """Failed calls; a share of failures needs those that succeeded, so statuses are no filter here."""
    chosen = names_of(entities) | days_of(entities)
    chosen.pop("statuses", None)
    by = named_groups(entities.by, known) or named_groups(("provider", *ANY_GROUP), known)[:1] or ["status"]
    yield Call("error_profile", {"by": by[:3]} | wrap(chosen) | top_of(entities))


def compare(entities: Entities, known: Known) -> Call:
    """Two periods side by side; what is not said is left to the tool."""
    names = ("before_first_day", "before_last_day", "after_first_day", "after_last_day")
    days = {name: day.isoformat() for name in names if (day := getattr(entities, name))}
    by = {"by": entities.by[0]} if entities.by and has_names(entities.by[0], known) else {}
    return Call("compare_periods", days | by | wrap(names_of(entities)))


def compare_around(found: dict[str, Any], entities: Entities, known: Known) -> Iterator[Call]:
    """Two weeks before and from the day on, over the rows that changed."""
    day = date.fromisoformat(found["day"])
    first, last = date.fromisoformat(known["first_day"]), date.fromisoformat(known["last_day"])
    if not first < day <= last:
        return
    days = {
        "before_first_day": max(day - AROUND, first).isoformat(),
        "before_last_day": (day - timedelta(days=1)).isoformat(),
        "after_first_day": day.isoformat(),
        "after_last_day": min(day + AROUND - timedelta(days=1), last).isoformat(),
    }
    switched = found.get("switched")
    chosen = names_of(entities) | ({"features": [switched["feature"]]} if switched else {})
    by = "model" if switched else "feature"
    yield Call("compare_periods", days | {"by": by} | wrap(chosen))
    if switched and found.get("unit") != "ms":
        yield Call("latency_profile", {"by": ["model"]} | wrap(chosen))
