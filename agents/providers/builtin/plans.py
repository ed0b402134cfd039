"""Reads a question: what it asks for, about which rows, and which tools answer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from agents.providers.builtin.comparisons import find_comparison
from agents.providers.builtin.groups import choose_groups, find_dimensions, find_top
from agents.providers.builtin.names import find_names
from agents.providers.builtin.periods import NamedPeriod, find_period
from agents.providers.builtin.signs import BEYOND, EVERY, JUMP, OFFERED, Intent, find_intents
from agents.providers.builtin.words import simplify

MOST_DAYS_BY_DAY = 31
MOST_PRICED = 3
MOST_DAYS_BY_WEEK = 200
# A jump needs a level before and a level after it.
AROUND_A_JUMP = timedelta(days=21)
# A question is read on the worker's event loop; what decides it stands at its beginning.
MOST_READ = 4000


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is answered.

    `counted`: the period counts from the last day of the data. `widened`: it was widened around a jump.
    `wants_more`: the question asks for more than the tools can compute.
    """

    intents: tuple[Intent, ...]
    calls: tuple[Call, ...] = ()
    names: dict[str, list[str]] = field(default_factory=dict)
    period: dict[str, str] = field(default_factory=dict)
    counted: bool = False
    widened: bool = False
    wants_more: bool = False


def plan_answer(question: str, known: dict[str, Any] | None) -> Plan:
    """The plan for a question over this data; without data, or with nothing to compute, it has no calls."""
    text = simplify(question[:MOST_READ])
    names = find_names(text, known) if known else {}
    intents = find_intents(text, names_found=bool(names), models_found="models" in names)
    wants_more = BEYOND.search(text) is not None
    if known is None or intents[0] in (Intent.GREETING, Intent.OTHER):
        return Plan(intents, wants_more=wants_more)
    named = find_period(text, date.fromisoformat(known["last_day"]))
    widened = widen_for_jump(text, named, known)
    period = describe_period(widened or named)
    return Plan(
        intents,
        tuple(list_calls(text, intents, names, period, known)),
        names=names,
        period=period,
        counted=named is not None and named.counted,
        widened=widened is not None,
        wants_more=wants_more,
    )


def widen_for_jump(text: str, period: NamedPeriod | None, known: dict[str, Any]) -> NamedPeriod | None:
    """A question why something jumped on a day needs the weeks around that day."""
    if period is None or not period.first_day or not period.last_day or not JUMP.search(text):
        return None
    first, last = date.fromisoformat(known["first_day"]), date.fromisoformat(known["last_day"])
    is_short = (period.last_day - period.first_day).days <= MOST_DAYS_BY_DAY
    if not is_short or period.last_day < first or period.first_day > last:
        return None
    return NamedPeriod(max(period.first_day - AROUND_A_JUMP, first), min(period.last_day + AROUND_A_JUMP, last))


def describe_period(period: NamedPeriod | None) -> dict[str, str]:
    """The period as tool filters."""
    if period is None:
        return {}
    days = {"first_day": period.first_day, "last_day": period.last_day}
    return {name: day.isoformat() for name, day in days.items() if day}


def list_calls(
    text: str,
    intents: tuple[Intent, ...],
    names: dict[str, list[str]],
    period: dict[str, str],
    known: dict[str, Any],
) -> Iterator[Call]:
    """The tool calls that answer the intents."""
    dimensions, limit = find_dimensions(text, names), find_top(text)
    filters = {"filters": names | period} if names or period else {}
    yield from list_precise_calls(text, intents, names, filters, known)
    if Intent.SPEND in intents:
        for by in choose_groups(dimensions, names):
            yield Call("spend_breakdown", {"by": by} | filters | limit)
    if Intent.ERRORS in intents:
        yield Call("error_profile", {"by": dimensions or ["provider"]} | without_statuses(names, period) | limit)
    if Intent.TREND in intents:
        split = {"split_by": dimensions[0]} if dimensions else {}
        yield Call("spend_trend", {"period": choose_step(text, period, known)} | split | filters)
    if Intent.LATENCY in intents:
        yield Call("latency_profile", {"by": dimensions or ["model"]} | filters | limit)


def list_precise_calls(
    text: str, intents: tuple[Intent, ...], names: dict[str, list[str]], filters: dict[str, Any], known: dict[str, Any]
) -> Iterator[Call]:
    """The calls for what asks for one thing precisely."""
    if Intent.GAPS in intents:
        yield Call("data_gaps", {})
    if Intent.MODELS in intents:
        search = {"search": names["providers"][0]} if "providers" in names and OFFERED.search(text) else filters
        yield Call("model_catalogue", search)
    if Intent.PRICES in intents:
        for model in names["models"][:MOST_PRICED]:
            yield Call("price_lookup", {"model": model})
    if Intent.COMPARISON in intents:
        dimensions = find_dimensions(text, names)[:1]
        by = {"by": dimensions[0]} if dimensions else {}
        chosen = {"filters": names} if names else {}
        yield Call("compare_periods", find_comparison(text, date.fromisoformat(known["last_day"])) | by | chosen)


def without_statuses(names: dict[str, list[str]], period: dict[str, str]) -> dict[str, Any]:
    """The filters without the statuses: a share of failed calls needs those that succeeded."""
    kept = {kind: values for kind, values in names.items() if kind != "statuses"} | period
    return {"filters": kept} if kept else {}


def choose_step(text: str, period: dict[str, str], known: dict[str, Any]) -> str:
    """The length of a trend's steps: as asked, else by the length of the period."""
    for step, sign in EVERY.items():
        if sign.search(text):
            return step
    first = max(period.get("first_day", known["first_day"]), known["first_day"])
    last = min(period.get("last_day", known["last_day"]), known["last_day"])
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    if days <= MOST_DAYS_BY_DAY:
        return "day"
    return "week" if days <= MOST_DAYS_BY_WEEK else "month"
