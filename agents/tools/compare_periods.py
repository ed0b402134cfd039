"""Two periods side by side: what changed, by how much, and whether volume, mix or cost per request moved it."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import DataHandle, RunContext
from agents.engine.specs import AgentTool, Needs
from agents.errors import ToolArgumentsWrong
from agents.usage.asking import ask, require_data
from agents.usage.effects import Pair, split_change
from agents.usage.filters import Dimension, Filters
from agents.usage.needs import require_dimensions
from agents.usage.queries import Query
from agents.usage.results import (
    NO_NAME,
    as_number,
    change_percent,
    describe_scope,
    mark_estimate,
    money,
    name_source,
    percent,
    show_cost,
)

Top = Annotated[int, Field(ge=1, le=50)]
NEEDS = Needs("a comparison of periods", grains=("call", "bucket"))
USUAL_DAYS = 7
SIDES = ("before", "after")


@dataclass(frozen=True, slots=True)
class Days:
    """A period, both ends included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> Days:
        """The period of the same length that ends where this one begins."""
        return Days(self.first - timedelta(days=self.count), self.first - timedelta(days=1))

    def as_facts(self, data: DataHandle) -> dict[str, Any]:
        """Its ends, and whether the data covers it."""
        complete = data.first_day <= self.first and self.last <= data.last_day
        return {
            "first_day": self.first.isoformat(),
            "last_day": self.last.isoformat(),
            "days": self.count,
            "complete": complete,
        }


async def compare_periods(  # noqa: PLR0917
    context: RunContext,
    after_first_day: date | None = None,
    after_last_day: date | None = None,
    before_first_day: date | None = None,
    before_last_day: date | None = None,
    by: Dimension = Dimension.MODEL,
    filters: Filters | None = None,
    top: Top = 15,
) -> ToolResult:
    """Compares two periods: cost, requests, tokens and mean cost per request, and which groups made the difference.

    The difference is split exactly: volume (more requests), mix (more of the dearer groups) and rate (a request
    of the same group costs more: longer, or at another price).

    Args:
        after_first_day: First day of the later period; with none of the days given, the last 7 days of the data.
        after_last_day: Last day of the later period.
        before_first_day: First day of the earlier period; without it, as many days right before the later one.
        before_last_day: Last day of the earlier period.
        by: The dimension whose groups explain the difference.
        filters: Which rows to look at; its days are not used.
        top: How many groups to return, the largest changes first.
    """
    data = require_data(context, NEEDS)
    require_dimensions(data.profile, [by])
    after = choose_days(after_first_day, after_last_day, last_days(data))
    before = choose_days(before_first_day, before_last_day, after.before())
    if before.last >= after.first:
        raise ToolArgumentsWrong("The earlier period must end before the later one begins.")
    chosen = replace(filters or Filters(), first_day=before.first, last_day=after.last)
    sides = {"before_to": before.last + timedelta(days=1), "after_from": after.first}
    result = await ask(context, Query(pair_statement(by), chosen, sides))
    whole, *rows = result.as_dicts()
    facts = describe_scope(data, chosen, result.price_version)
    facts |= {"before": before.as_facts(data) | read_side(whole, "before")}
    facts |= {"after": after.as_facts(data) | read_side(whole, "after")}
    facts |= describe_change(whole, rows, by, top) | {"by": [by.value]}
    facts |= mark_estimate(whole)
    block = Block(
        title=f"Spend from {after.first} to {after.last} against {before.first} to {before.last}, by {by.value}",
        summary=summarise(facts),
        columns=block_columns(by),
        rows=tuple(block_row(group, by) for group in facts["groups"]),
        source=name_source(data, [result]),
        chart=Chart("bar", by.value, ("before", "after")) if facts["groups"] else None,
    )
    return ToolResult(block, facts)


def last_days(data: DataHandle) -> Days:
    """The last days of the data, as many as are compared unless something else is asked."""
    return Days(data.last_day - timedelta(days=USUAL_DAYS - 1), data.last_day)


def choose_days(first: date | None, last: date | None, usual: Days) -> Days:
    """The period of these ends, or the usual one; one end alone goes with the usual length."""
    if first is None and last is None:
        return usual
    length = timedelta(days=usual.count - 1)
    first = first or (last - length if last else usual.first)
    last = last or first + length
    if first > last:
        raise ToolArgumentsWrong("A period's first day lies after its last day.")
    return Days(first, last)


def pair_statement(by: Dimension) -> str:
    """The whole and its groups with both sides, the largest change first; days between the periods are left out."""
    sides = {"before": "time < $before_to", "after": "time >= $after_from"}
    measures = ",\n       ".join(
        f"{measure} FILTER (WHERE {condition}){kind} AS {side}_{name}"
        for side, condition in sides.items()
        for name, measure, kind in MEASURES
    )
    return f"""SELECT {by.column} AS name, grouping({by.column}) AS whole,
       {measures},
       (sum(requests) FILTER (WHERE cost IS NOT NULL AND grain = 'bucket'))::BIGINT AS estimated_requests,
       (sum(requests) FILTER (WHERE cost IS NULL))::BIGINT AS unpriced_requests
FROM calls
WHERE grain <> 'cost' AND (time < $before_to OR time >= $after_from)
GROUP BY GROUPING SETS ((name), ())
ORDER BY whole DESC, abs(coalesce(after_cost, 0) - coalesce(before_cost, 0)) DESC, name"""


MEASURES = (
    ("requests", "sum(requests)", "::BIGINT"),
    ("cost", "sum(cost)", ""),
    ("priced", "sum(CASE WHEN cost IS NULL THEN 0 ELSE requests END)", "::BIGINT"),
    ("input", "sum(input_tokens + cached_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens)", "::BIGINT"),
    ("output", "sum(output_tokens + reasoning_tokens)", "::BIGINT"),
)


def read_side(row: dict[str, Any], side: str) -> dict[str, Any]:
    """The figures of one period."""
    cost, priced = row[f"{side}_cost"], row[f"{side}_priced"]
    return {
        "requests": row[f"{side}_requests"] or 0,
        "cost": money(cost),
        "input_tokens": row[f"{side}_input"] or 0,
        "output_tokens": row[f"{side}_output"] or 0,
        "cost_per_request": money(cost / priced) if cost is not None and priced else None,
    }


def describe_change(whole: dict[str, Any], rows: Sequence[dict[str, Any]], by: Dimension, top: int) -> dict[str, Any]:
    """The difference, its three parts, and the groups that made it."""
    pairs = [read_pair(row) for row in rows]
    total = read_pair(whole)
    effects = split_change([*pairs, subtract(total, pairs)])
    groups = [
        {by.value: row["name"] or NO_NAME} | describe_group(pair, total.change)
        for row, pair in zip(rows[:top], pairs[:top], strict=True)
    ]
    rest = total.change - sum((pair.change for pair in pairs[:top]), Decimal(0))
    return {
        "requests": (whole["before_requests"] or 0) + (whole["after_requests"] or 0),
        "unpriced_requests": whole["unpriced_requests"] or 0,
        "change_cost": money(total.change),
        "change_percent": change_percent(total.after_cost, total.before_cost),
        "change_requests_percent": change_percent(
            Decimal(whole["after_requests"] or 0), Decimal(whole["before_requests"] or 0)
        ),
        "effects": {
            "volume": money(effects.volume),
            "mix": money(effects.mix),
            "rate": money(effects.rate),
        },
        "groups": groups,
        "groups_total": len(rows),
        "groups_shown": len(groups),
        "rest_change_cost": money(rest),
    }


def read_pair(row: dict[str, Any]) -> Pair:
    """One group's priced requests and cost on both sides."""
    before, after = ((row[f"{side}_priced"] or 0, row[f"{side}_cost"] or Decimal(0)) for side in SIDES)
    return Pair(before[0], after[0], before[1], after[1])


def subtract(total: Pair, pairs: Sequence[Pair]) -> Pair:
    """What the listed groups leave of the total: nothing, unless there are more groups than a result may have."""
    return Pair(
        total.before_requests - sum(pair.before_requests for pair in pairs),
        total.after_requests - sum(pair.after_requests for pair in pairs),
        total.before_cost - sum((pair.before_cost for pair in pairs), Decimal(0)),
        total.after_cost - sum((pair.after_cost for pair in pairs), Decimal(0)),
    )


def describe_group(pair: Pair, change: Decimal) -> dict[str, Any]:
    """One group: both sides, its change, and its part in the whole change."""
    return {
        "before_cost": money(pair.before_cost),
        "after_cost": money(pair.after_cost),
        "change_cost": money(pair.change),
        "change_percent": change_percent(pair.after_cost, pair.before_cost),
        "contribution_percent": percent(pair.change, change),
        "before_requests": pair.before_requests,
        "after_requests": pair.after_requests,
    }


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["requests"]:
        return "No rows match these filters."
    before, after, effects = facts["before"], facts["after"], facts["effects"]
    change = f" ({facts['change_percent']} %)" if facts["change_percent"] else ""
    return (
        f"{show_cost(after['cost'])} from {after['first_day']} to {after['last_day']} against"
        f" {show_cost(before['cost'])} from {before['first_day']} to {before['last_day']}{change}:"
        f" volume {show_cost(effects['volume'])}, mix {show_cost(effects['mix'])}, rate {show_cost(effects['rate'])}"
    )


def block_columns(by: Dimension) -> tuple[Column, ...]:
    """The table's columns."""
    return (
        Column(by.value, by.value.capitalize()),
        Column("before", "Before", "USD"),
        Column("after", "After", "USD"),
        Column("change", "Change", "USD"),
        Column("contribution", "Part of the change", "%"),
        Column("before_requests", "Requests before"),
        Column("after_requests", "Requests after"),
    )


def block_row(group: dict[str, Any], by: Dimension) -> tuple[Any, ...]:
    """One group as a table row."""
    costs = (as_number(group[name]) for name in ("before_cost", "after_cost", "change_cost", "contribution_percent"))
    return (group[by.value], *costs, group["before_requests"], group["after_requests"])


TOOL = AgentTool("Compare two periods", compare_periods, NEEDS)
