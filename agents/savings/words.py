"""Tables and sentences the tools about saving share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agents.engine.blocks import Column
from agents.engine.context import DataProfile
from agents.usage.needs import FIELDS, has_field
from agents.usage.results import as_number, show_cost

NO_ROWS: Final = "No rows match these filters."
NO_PRICES: Final = "No row that matches has a known price, so nothing can be estimated"
STRATEGY_COLUMNS: Final = (
    Column("title", "What to do"),
    Column("cost", "Cost now", "USD"),
    Column("saving_low", "Saving from", "USD"),
    Column("saving_high", "Saving to", "USD"),
    Column("low_percent", "From", "%"),
    Column("high_percent", "To", "%"),
    Column("p95_before", "p95 now", "ms"),
    Column("p95_after", "p95 then", "ms"),
    Column("effort", "Effort"),
    Column("risk", "Risk"),
    Column("confidence", "Confidence"),
)


def strategy_row(item: Mapping[str, Any], saving: str = "saving") -> tuple[Any, ...]:
    """One strategy as a table row."""
    amount, latency = item[saving], item["latency"]
    names = ("low", "high", "low_percent", "high_percent")
    return (
        item["title"],
        as_number(item["cost"]),
        *(as_number(amount[name]) for name in names),
        latency["p95_before_ms"],
        latency["p95_after_ms"],
        item["effort"],
        item["risk"],
        item["confidence"],
    )


def say_range(amount: Mapping[str, str | None]) -> str:
    """A range of money for people."""
    return f"{show_cost(amount['low'])} to {show_cost(amount['high'])}"


def say_nothing(facts: Mapping[str, Any]) -> str | None:
    """Why there is no result, if there is none."""
    if not facts["requests"]:
        return NO_ROWS
    return NO_PRICES if facts["cost"] is None else None


def list_missing(profile: DataProfile, columns: Sequence[str]) -> list[dict[str, str]]:
    """The fields that would allow more, each with what it is good for."""
    missing = [column for column in columns if not has_field(profile, column)]
    return [{"field": FIELDS[column].label, "why": FIELDS[column].why} for column in missing]
