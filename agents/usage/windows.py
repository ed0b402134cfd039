"""Two sets of days side by side: what moved the cost, exactly, and which features and models took part."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from agents.usage.effects import Pair, split_change
from agents.usage.repricing import cost_of_row, join_prices
from agents.usage.results import MICRO, NO_NAME, TENTH

Row = Mapping[str, Any]
SIDES: Final = ("before", "after")
SHOWN_DRIVERS: Final = 5
# Of a feature's requests, so large a part must leave one model and arrive at another.
SMALLEST_SWITCH: Final = Decimal("0.5")
NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Windows:
    """The days before a change and the days after it; not necessarily the same number."""

    before: tuple[date, ...]
    after: tuple[date, ...]

    def as_parameters(self) -> dict[str, Any]:
        """The days, as the statements need them."""
        return {"before_days": list(self.before), "after_days": list(self.after)}

    @property
    def price_day(self) -> date:
        """Whose prices are those of before: the day nearest to the change."""
        earlier = [day for day in self.before if day < self.after[0]]
        return max(earlier) if earlier else min(self.before)

    def scale(self, side: str) -> int:
        """What a sum of this side is multiplied by, so that both sides are sums over the same number of days."""
        return len(self.after if side == "before" else self.before)

    @property
    def days(self) -> int:
        """How many days a scaled sum stands for."""
        return len(self.before) * len(self.after)


CHOSEN_DAYS = "time::DATE IN (SELECT unnest($before_days::DATE[]) UNION SELECT unnest($after_days::DATE[]))"
IS_AFTER = "time::DATE IN (SELECT unnest($after_days::DATE[]))"


def sum_statement() -> str:
    """Both sides by provider, model and feature, the whole first; the side after also at the prices of before."""
    measures = ",\n       ".join(
        f"{formula} FILTER (WHERE {'' if side == 'after' else 'NOT '}is_after){kind} AS {side}_{name}"
        for side in SIDES
        for name, formula, kind in SUMMED
    )
    return f"""SELECT provider, model, feature, grouping(provider) AS whole,
       {measures},
       sum(repriced) FILTER (WHERE is_after) AS repriced,
       coalesce((sum(requests) FILTER (WHERE cost IS NULL))::BIGINT, 0) AS unpriced_requests,
       coalesce((sum(requests) FILTER (WHERE cost IS NOT NULL AND grain = 'bucket'))::BIGINT, 0) AS estimated_requests
FROM (
  SELECT c.provider, c.model, c.feature, c.grain, c.requests, c.cost, c.{IS_AFTER} AS is_after,
         CASE WHEN c.cost IS NOT NULL THEN coalesce({cost_of_row()}, c.cost) END AS repriced
  FROM calls c {join_prices("$price_day::TIMESTAMP")}
  WHERE c.grain <> 'cost' AND c.{CHOSEN_DAYS}
)
GROUP BY GROUPING SETS ((provider, model, feature), ())
ORDER BY whole DESC, provider, model, feature"""


SUMMED: Final = (
    ("requests", "sum(requests)", "::BIGINT"),
    ("cost", "sum(cost)", ""),
    ("priced", "sum(CASE WHEN cost IS NULL THEN 0 ELSE requests END)", "::BIGINT"),
)


def add_rest(whole: Row, rows: Sequence[Row]) -> list[Row]:
    """The groups, with what a result that was too long to list leaves of the whole as one more."""
    names = [name for name in whole if name.startswith(SIDES) or name == "repriced"]
    rest = {name: (whole[name] or 0) - sum((row[name] or 0 for row in rows), 0 * (whole[name] or 0)) for name in names}
    return [*rows, {**dict.fromkeys(("provider", "model", "feature")), **rest}] if any(rest.values()) else list(rows)


def read_pair(row: Row, windows: Windows) -> Pair:
    """One group's priced requests and cost on both sides, over the same number of days."""
    requests = [(row[f"{side}_priced"] or 0) * windows.scale(side) for side in SIDES]
    costs = [(row[f"{side}_cost"] or NOTHING) * windows.scale(side) for side in SIDES]
    return Pair(requests[0], requests[1], costs[0], costs[1])


def split_cost(rows: Sequence[Row], windows: Windows) -> dict[str, Decimal]:
    """The change of daily cost in four parts that add up to it: volume, mix, price, tokens a call.

    Prices change for models used on both sides only; a model that is new is mix.
    """
    pairs = [read_pair(row, windows) for row in rows]
    effects = split_change(pairs)
    dearer = (
        pair.after_cost - (row["repriced"] or NOTHING) * windows.scale("after")
        for row, pair in zip(rows, pairs, strict=True)
        if pair.before_requests and pair.after_requests
    )
    price = sum(dearer, NOTHING)
    parts = {
        "price": price,
        "volume": effects.volume,
        "mix": effects.mix,
        "tokens_per_call": effects.rate - price,
    }
    change = daily_cost(pairs, windows, "after") - daily_cost(pairs, windows, "before")
    return round_parts({name: part / windows.days for name, part in parts.items()}, change)


def daily_cost(pairs: Iterable[Pair], windows: Windows, side: str) -> Decimal:
    """The cost of one day of a side, as precise as it is shown."""
    costs = (pair.after_cost if side == "after" else pair.before_cost for pair in pairs)
    return (sum(costs, NOTHING) / windows.days).quantize(MICRO)


def round_parts(parts: Mapping[str, Decimal], whole: Decimal) -> dict[str, Decimal]:
    """Rounded parts that add up to the whole; the largest takes what rounding leaves."""
    rounded = {name: part.quantize(MICRO) for name, part in parts.items()}
    largest = max(rounded, key=lambda name: abs(rounded[name]))
    rounded[largest] += whole - sum(rounded.values(), NOTHING)
    return rounded


def find_cause(effects: Mapping[str, Decimal]) -> str | None:
    """The part that did most of what happened; None where nothing did."""
    change = sum(effects.values(), NOTHING)
    if change == 0:
        return None
    return max(effects, key=lambda name: effects[name] if change > 0 else -effects[name])


def find_switch(rows: Sequence[Row]) -> dict[str, str] | None:
    """The feature that left one model for another, the one with the most requests if there are several."""
    features: dict[str, list[Row]] = {}
    for row in rows:
        features.setdefault(row["feature"] or NO_NAME, []).append(row)
    switches = [found for name, group in features.items() if (found := read_switch(name, group))]
    found = max(switches, key=lambda item: (item[0], item[1]["feature"]), default=None)
    return found[1] if found else None


def read_switch(feature: str, rows: Sequence[Row]) -> tuple[int, dict[str, str]] | None:
    """The models a feature left and went to, with its requests after; None where it did neither."""
    totals = [sum(row[f"{side}_requests"] or 0 for row in rows) for side in SIDES]
    if not all(totals):
        return None
    shifts = {
        row["model"] or NO_NAME: share(row["after_requests"], totals[1]) - share(row["before_requests"], totals[0])
        for row in rows
    }
    left, reached = (
        min(shifts, key=lambda name: (shifts[name], name)),
        max(shifts, key=lambda name: (shifts[name], name)),
    )
    if shifts[left] > -SMALLEST_SWITCH or shifts[reached] < SMALLEST_SWITCH:
        return None
    return totals[1], {"feature": feature, "from_model": left, "to_model": reached}


def share(part: int | None, whole: int) -> Decimal:
    """A part of a whole."""
    return Decimal(part or 0) / whole


def list_drivers(rows: Sequence[Row], windows: Windows, measure: str, unit: Decimal = MICRO) -> list[dict[str, Any]]:
    """What changed most by feature and model, a day: cost or requests before and after."""
    found = [describe_driver(row, windows, measure, unit) for row in rows]
    moved = [item for item in found if Decimal(item["change"])]
    names = ("feature", "model", "provider")
    return sorted(moved, key=lambda item: (-abs(Decimal(item["change"])), *(item[name] for name in names)))[
        :SHOWN_DRIVERS
    ]


def describe_driver(row: Row, windows: Windows, measure: str, unit: Decimal) -> dict[str, Any]:
    """One feature on one model: its measure a day, before and after."""
    before, after = (
        (Decimal(row[f"{side}_{measure}"] or 0) / len(getattr(windows, side))).quantize(unit) for side in SIDES
    )
    return name_driver(row) | {"before": str(before), "after": str(after), "change": str(after - before)}


def name_driver(row: Row) -> dict[str, str]:
    """Whose figures these are."""
    return {name: row[name] or NO_NAME for name in ("feature", "model", "provider")}


def daily_requests(row: Row, windows: Windows, side: str) -> Decimal:
    """The requests of one day of a side."""
    return (Decimal(row[f"{side}_requests"] or 0) / len(getattr(windows, side))).quantize(TENTH)
