"""How spend moves: by day, week or month, against the period before, with the day its level jumped."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.usage.asking import ask, ask_all, require_data
from agents.usage.filters import Dimension, Filters
from agents.usage.jumps import WINDOW_DAYS, Jump, find_jump
from agents.usage.needs import require_dimensions
from agents.usage.periods import Period, compare_ends, describe_points, fill_days
from agents.usage.queries import Query, QueryResult
from agents.usage.results import (
    NO_NAME,
    SUMS,
    as_number,
    change_percent,
    clip_period,
    describe_scope,
    mark_estimate,
    money,
    name_source,
    read_sums,
    summarise_spend,
)

SHOWN_PARTS = 6
SHOWN_DRIVERS = 5
REST = "(other)"
NEEDS = Needs("a trend of spend", grains=("call", "bucket"))


async def spend_trend(
    context: RunContext,
    period: Period = Period.WEEK,
    split_by: Dimension | None = None,
    filters: Filters | None = None,
) -> ToolResult:
    """Shows how spend develops, each period against the one before, and the day its level jumped.

    A period the data covers only in part is marked and not compared. A jump is a lasting change of the daily
    cost (weekly means around one day); what drove it is named by feature and model.

    Args:
        period: The length of one step.
        split_by: Also split each step by this dimension.
        filters: Which rows to look at; all rows without it.
    """
    data = require_data(context, NEEDS)
    require_dimensions(data.profile, [split_by] if split_by else [])
    chosen = clip_period(filters or Filters(), data)
    queries = list_queries(chosen, period, split_by)
    totals, daily, *others = await ask_all(context, queries)
    facts = describe_scope(data, chosen, totals.price_version)
    whole, *steps = totals.as_dicts()
    facts |= read_sums(whole)
    facts |= mark_estimate(facts)
    facts["period"] = period.value
    first, last = (date.fromisoformat(facts[name]) for name in ("first_day", "last_day"))
    facts["points"] = describe_points(steps, period, first, last)
    facts |= compare_ends(facts["points"])
    facts["jump"], drivers = await explain_jump(context, chosen, daily)
    facts["split_by"] = split_by.value if split_by else None
    facts["series"] = describe_series(others[0], facts["points"]) if others else []
    block = Block(
        title=f"Spend by {period.value}" + (f" and {split_by.value}" if split_by else ""),
        summary=summarise_trend(facts),
        columns=block_columns(facts),
        rows=tuple(block_row(number, point, facts) for number, point in enumerate(facts["points"])),
        source=name_source(data, [totals, daily, *others, *drivers]),
        chart=Chart("line", "start", tuple(chart_series(facts))) if facts["points"] else None,
    )
    return ToolResult(block, facts)


def list_queries(filters: Filters, period: Period, split_by: Dimension | None) -> list[Query]:
    """The totals by period, the cost by day and, where asked, the split."""
    statements = [step_statement(period), step_statement(Period.DAY)]
    if split_by:
        statements.append(split_statement(period, split_by))
    return [Query(statement, filters) for statement in statements]


def step_statement(period: Period) -> str:
    """The whole first, then its periods in order."""
    return f"""SELECT step, grouping(step) AS whole, {SUMS}
FROM (SELECT *, date_trunc('{period.value}', time)::DATE AS step FROM calls)
GROUP BY GROUPING SETS ((step), ())
ORDER BY whole DESC, step"""


def split_statement(period: Period, split_by: Dimension) -> str:
    """Cost by period and value; values beyond the most expensive ones are added up."""
    name = f"coalesce({split_by.column}, '{NO_NAME}')"
    return f"""SELECT date_trunc('{period.value}', time)::DATE AS step,
       CASE WHEN {name} IN (
         SELECT name FROM (SELECT {name} AS name, sum(cost) AS spent FROM calls GROUP BY 1)
         ORDER BY spent DESC NULLS LAST, name LIMIT {SHOWN_PARTS}
       ) THEN {name} ELSE '{REST}' END AS part,
       sum(cost) AS cost
FROM calls
GROUP BY 1, 2
ORDER BY 1, 2"""


async def explain_jump(
    context: RunContext, filters: Filters, daily: QueryResult
) -> tuple[dict[str, Any] | None, list[QueryResult]]:
    """The day the level of daily cost changed and what drove it, with the query behind it."""
    days = fill_days(daily.as_dicts()[1:])
    jump = find_jump([cost for _, cost in days])
    if jump is None:
        return None, []
    day = days[jump.index][0]
    around = {"jump": day, "from": day - timedelta(days=WINDOW_DAYS), "to": day + timedelta(days=WINDOW_DAYS)}
    result = await ask(context, Query(DRIVERS, filters, around))
    return describe_jump(day, jump, result), [result]


DRIVERS = f"""SELECT feature, model,
       coalesce(sum(cost) FILTER (WHERE time < $jump), 0) AS before,
       coalesce(sum(cost) FILTER (WHERE time >= $jump), 0) AS after
FROM calls
WHERE time >= $from AND time < $to
GROUP BY feature, model
ORDER BY abs(after - before) DESC, feature, model
LIMIT {SHOWN_DRIVERS}"""


def describe_jump(day: date, jump: Jump, drivers: QueryResult) -> dict[str, Any]:
    """The facts of the jump: daily means of the week before and the week from that day on."""
    return {
        "day": day.isoformat(),
        "window_days": WINDOW_DAYS,
        "before_daily_cost": money(jump.before),
        "after_daily_cost": money(jump.after),
        "change_percent": change_percent(jump.after, jump.before),
        "direction": "up" if jump.after > jump.before else "down",
        "drivers": [describe_driver(row) for row in drivers.as_dicts()],
    }


def describe_driver(row: dict[str, Any]) -> dict[str, Any]:
    """How one feature on one model changed."""
    before, after = row["before"] / WINDOW_DAYS, row["after"] / WINDOW_DAYS
    return {
        "feature": row["feature"] or NO_NAME,
        "model": row["model"] or NO_NAME,
        "before_daily_cost": money(before),
        "after_daily_cost": money(after),
        "change_daily_cost": money(after - before),
    }


def describe_series(result: QueryResult, points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cost of each part in each period, the most expensive part first."""
    costs = {(row["step"].isoformat(), row["part"]): row["cost"] for row in result.as_dicts()}
    sums: dict[str, Decimal] = {}
    for (_, part), cost in costs.items():
        sums[part] = sums.get(part, Decimal(0)) + (cost or 0)
    names = sorted(sums, key=lambda name: (name == REST, -sums[name], name))
    starts = [point["start"] for point in points]
    return [
        {
            "name": name,
            "cost": money(sums[name]),
            "points": [money(costs.get((start, name))) for start in starts],
        }
        for name in names
    ]


def summarise_trend(facts: dict[str, Any]) -> str:
    """One line above the table."""
    jump = facts["jump"]
    change = f"; the level changed on {jump['day']} by {jump['change_percent']} %" if jump else ""
    return summarise_spend(facts) + change


def chart_series(facts: dict[str, Any]) -> list[str]:
    """The lines to draw."""
    return [f"part_{number}" for number, _ in enumerate(facts["series"])] or ["cost"]


def block_columns(facts: dict[str, Any]) -> tuple[Column, ...]:
    """The table's columns, one more for each part of a split."""
    parts = [Column(f"part_{number}", part["name"], "USD") for number, part in enumerate(facts["series"])]
    return (
        Column("start", facts["period"].capitalize()),
        Column("cost", "Cost", "USD"),
        Column("change", "Change", "%"),
        Column("requests", "Requests"),
        Column("complete", "Whole period"),
        *parts,
    )


def block_row(number: int, point: dict[str, Any], facts: dict[str, Any]) -> tuple[Any, ...]:
    """One period as a table row."""
    figures = (as_number(point["cost"]), as_number(point["change_percent"]), point["requests"])
    parts = tuple(as_number(part["points"][number]) for part in facts["series"])
    return (point["start"], *figures, "yes" if point["complete"] else "partly", *parts)


TOOL = AgentTool("Follow spend over time", spend_trend, NEEDS)
