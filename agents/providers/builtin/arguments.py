"""A verdict's names, days and goals as arguments of tools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from agents.handover import Entities
from agents.providers.builtin.turns import Call

Known = dict[str, Any]
KINDS: Final = ("models", "providers", "teams", "features", "users", "statuses")
# Where growth is asked for without saying how much.
USUAL_GROWTH: Final = ("30", "50")


def names_of(entities: Entities) -> dict[str, Any]:
    """The rows a question is about, without its days."""
    return {kind: values for kind in KINDS if (values := list(getattr(entities, kind)))}


def days_of(entities: Entities) -> dict[str, str]:
    """The days a question is about."""
    days = {"first_day": entities.first_day, "last_day": entities.last_day}
    return {name: day.isoformat() for name, day in days.items() if day}


def wrap(chosen: dict[str, Any]) -> dict[str, Any]:
    """As an argument; nothing chosen is no argument."""
    return {"filters": chosen} if chosen else {}


def filters_of(entities: Entities) -> dict[str, Any]:
    """Names and days as the filters of a call."""
    return wrap(names_of(entities) | days_of(entities))


def filters_of_rows(entities: Entities) -> dict[str, Any]:
    """The filters without the models of a swap: the target need not occur in the rows."""
    chosen = names_of(entities) | days_of(entities)
    chosen.pop("models", None)
    return wrap(chosen | ({"models": [entities.from_model]} if entities.from_model else {}))


def top_of(entities: Entities) -> dict[str, int]:
    """How many groups were asked for."""
    return {"top": entities.top} if entities.top else {}


def has_names(dimension: str, known: Known) -> bool:
    """Whether the data can be grouped by this; profiles stored before fields were counted may."""
    column = "user_name" if dimension == "user" else dimension
    return bool(known.get("filled", {}).get(column, 1))


def growth_of(entities: Entities) -> tuple[str, str]:
    """The growth as asked, from low to high."""
    if entities.growth_percent_low is None:
        return USUAL_GROWTH
    low = format(entities.growth_percent_low, "f")
    return low, low if entities.growth_percent_high is None else format(entities.growth_percent_high, "f")


def list_budgets(entities: Entities, known: Known) -> list[dict[str, Any]]:
    """How slow features may be; a limit for everything holds for each of them."""
    named = {item.feature: item.p95_ms for item in entities.latency_budgets}
    if entities.latency_limit_ms:
        named = dict.fromkeys(known.get("features", ()), entities.latency_limit_ms) | named
    return [{"feature": feature, "p95_ms": limit} for feature, limit in named.items()]


def unique(calls: Iterable[Call]) -> tuple[Call, ...]:
    """Each call once."""
    return tuple({call.key: call for call in calls}.values())
