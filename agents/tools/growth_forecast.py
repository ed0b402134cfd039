"""What growth will cost: the coming days at the present level and at more requests, as a range."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.errors import ToolArgumentsWrong
from agents.usage.asking import ask, ask_all, require_data
from agents.usage.filters import Dimension, Filters
from agents.usage.forecasts import FEW_DAYS, Base, Day, choose_base, find_trend, find_variation, predict
from agents.usage.queries import Query, QueryResult
from agents.usage.results import (
    NO_NAME,
    as_number,
    change_percent,
    clip_period,
    describe_scope,
    mark_estimate,
    money,
    name_source,
    percent,
    show_cost,
)

Growth = Annotated[Decimal, Field(ge=-100, le=10_000)]
Days = Annotated[int, Field(ge=1, le=366)]
NEEDS = Needs("a forecast", grains=("call", "bucket"), columns=("tokens",))
SHOWN_GROUPS: Final = 10
RANGE: Final = ("cost_low", "cost", "cost_high")
NOTHING: Final = Decimal(0)
SAME_MIX: Final = "models, features and prices stay as they are; only the number of requests grows"
NO_TREND: Final = "the trend of the base days is stated, not carried on"
LEAST_TREND: Final = Decimal(10)


async def growth_forecast(
    context: RunContext,
    growth_percent_low: Growth,
    growth_percent_high: Growth | None = None,
    days: Days = 30,
    filters: Filters | None = None,
) -> ToolResult:
    """Forecasts the cost of the coming days without growth and with it, as a range, by model and by feature.

    The base is the last 28 complete days with their rhythm of weekdays (fewer after a jump of the level). The
    range of each scenario comes from how the cost of a request varied from week to week in these days.

    Args:
        growth_percent_low: How many percent more requests; 3x as many are 200.
        growth_percent_high: The upper end, if growth is given as a range (30 to 50 %).
        days: How many days to look ahead.
        filters: Which rows to look at; all rows without it.
    """
    if growth_percent_high is not None and growth_percent_high < growth_percent_low:
        raise ToolArgumentsWrong("The upper growth is lower than the lower one.")
    data = require_data(context, NEEDS)
    chosen = clip_period(filters or Filters(), data)
    daily = await ask(context, Query(DAILY, chosen))
    facts = describe_scope(data, chosen, daily.price_version) | read_counts(daily)
    facts |= mark_estimate(facts)
    listed = list_days(daily, date.fromisoformat(facts["last_day"]))
    growths = list(dict.fromkeys((NOTHING, growth_percent_low, growth_percent_high or growth_percent_low)))
    facts |= {"days": days, "base": None, "scenarios": [], "by_model": [], "by_feature": [], "assumptions": []}
    asked: list[QueryResult] = []
    if listed:
        base = choose_base(listed)
        shares, asked = await ask_shares(context, chosen, base)
        facts |= forecast(base, growths, days) | {"confidence": rate_confidence(base)}
        facts |= {f"by_{name}": project(rows, facts["scenarios"], base) for name, rows in shares.items()}
    block = Block(
        title=f"Cost of the next {days} days",
        summary=summarise(facts),
        columns=COLUMNS,
        rows=tuple(block_row(scenario) for scenario in facts["scenarios"]),
        source=name_source(data, [daily, *asked]),
        chart=Chart("bar", "growth", RANGE) if facts["scenarios"] else None,
    )
    return ToolResult(block, facts)


DAILY: Final = """SELECT time::DATE AS day, sum(requests)::BIGINT AS requests, sum(cost) AS cost,
       coalesce((sum(requests) FILTER (WHERE cost IS NOT NULL))::BIGINT, 0) AS priced,
       coalesce((sum(requests) FILTER (WHERE cost IS NOT NULL AND grain = 'bucket'))::BIGINT, 0) AS estimated
FROM calls
WHERE grain <> 'cost'
GROUP BY day
ORDER BY day"""


def read_counts(daily: QueryResult) -> dict[str, int]:
    """How many requests there are, and how many of them without a known price."""
    rows = daily.as_dicts()
    requests, priced = (sum(row[name] for row in rows) for name in ("requests", "priced"))
    return {
        "requests": requests,
        "unpriced_requests": requests - priced,
        "estimated_requests": sum(row["estimated"] for row in rows),
    }


def list_days(daily: QueryResult, last_day: date) -> list[Day]:
    """Every day from the first with rows to the end of the period."""
    rows = {row["day"]: row for row in daily.as_dicts()}
    if not rows:
        return []
    first = min(rows)
    days = (first + timedelta(days=number) for number in range((last_day - first).days + 1))
    return [read_day(day, rows.get(day)) for day in days]


def read_day(day: date, row: dict[str, Any] | None) -> Day:
    """One day; without rows it is empty."""
    return Day(day, row["requests"], row["cost"] or NOTHING, row["priced"]) if row else Day(day)


async def ask_shares(
    context: RunContext, filters: Filters, base: Base
) -> tuple[dict[str, list[dict[str, Any]]], list[QueryResult]]:
    """Requests and cost of the base days by model and by feature."""
    within = replace(filters, first_day=base.days[0].day, last_day=base.days[-1].day)
    dimensions = {"model": ("provider", "model"), "feature": ("feature",)}
    results = await ask_all(context, [Query(share_statement(by), within) for by in dimensions.values()])
    shares = {name: result.as_dicts() for name, result in zip(dimensions, results, strict=True)}
    if not context.data or not context.data.profile.has_column(Dimension.FEATURE.column):
        shares["feature"] = []
    return shares, results


def share_statement(by: Sequence[str]) -> str:
    """The groups, the most expensive first."""
    columns = ", ".join(by)
    return f"""SELECT {columns}, sum(requests)::BIGINT AS requests, sum(cost) AS cost
FROM calls
WHERE grain <> 'cost'
GROUP BY {columns}
ORDER BY cost DESC NULLS LAST, requests DESC, {columns}"""


def forecast(base: Base, growths: Sequence[Decimal], days: int) -> dict[str, Any]:
    """The base, each scenario and what was assumed."""
    low, high, step = find_variation(base)
    first = base.days[-1].day + timedelta(days=1)
    cost = predict([(day.day, day.cost) for day in base.days], first, days)
    requests = predict([(day.day, Decimal(day.requests)) for day in base.days], first, days)
    # Without a single known price the cost is unknown, not nothing.
    costs = {"cost_low": cost * low, "cost": cost, "cost_high": cost * high} if base.priced else {}
    return {
        "forecast_first_day": first.isoformat(),
        "forecast_last_day": (first + timedelta(days=days - 1)).isoformat(),
        "base": describe_base(base),
        "scenarios": [describe_scenario(growth, requests, costs) for growth in growths],
        "variation": {"step": step, "low_percent": percent(low - 1, 1), "high_percent": percent(high - 1, 1)},
        "assumptions": list_assumptions(base, low, high, step),
    }


def describe_base(base: Base) -> dict[str, Any]:
    """The days the forecast is read from."""
    trend = find_trend(base)
    costs = [day.cost for day in base.days] if base.priced else []
    return {
        "days": len(base.days),
        "first_day": base.days[0].day.isoformat(),
        "last_day": base.days[-1].day.isoformat(),
        "cost": money(base.cost) if base.priced else None,
        "requests": base.requests,
        "cost_per_request": money(base.cost / base.priced) if base.priced else None,
        "daily_low": money(min(costs)) if costs else None,
        "daily_high": money(max(costs)) if costs else None,
        "trend_percent": change_percent(trend[1], trend[0]) if trend else None,
        "left_out_day": base.left_out.isoformat() if base.left_out else None,
        "since_jump": base.since_jump.isoformat() if base.since_jump else None,
    }


def describe_scenario(growth: Decimal, requests: Decimal, costs: dict[str, Decimal]) -> dict[str, Any]:
    """The coming days with so many percent more requests, and what is extra."""
    factor = 1 + growth / 100
    extra = sorted(costs[name] * growth / 100 for name in costs if name != "cost")
    return {
        "growth_percent": f"{growth.normalize():f}",
        "requests": round(requests * factor),
        **{name: money(costs[name] * factor) if costs else None for name in RANGE},
        "extra_low": money(extra[0]) if extra else None,
        "extra_high": money(extra[-1]) if extra else None,
    }


def project(rows: Sequence[dict[str, Any]], scenarios: Sequence[dict[str, Any]], base: Base) -> list[dict[str, Any]]:
    """The most expensive groups in each scenario, at their share of the base days' cost."""
    return [describe_group(row, scenarios, base) for row in rows[:SHOWN_GROUPS] if row["cost"]]


def describe_group(row: dict[str, Any], scenarios: Sequence[dict[str, Any]], base: Base) -> dict[str, Any]:
    """One group's cost in each scenario."""
    names = {name: row[name] or NO_NAME for name in ("provider", "model", "feature") if name in row}
    costs = [
        {"growth_percent": scenario["growth_percent"]}
        | {name: money(Decimal(scenario[name]) * row["cost"] / base.cost) for name in RANGE}
        for scenario in scenarios
    ]
    return names | {
        "base_requests": row["requests"],
        "base_cost": money(row["cost"]),
        "share_percent": percent(row["cost"], base.cost),
        "scenarios": costs,
    }


def list_assumptions(base: Base, low: Decimal, high: Decimal, step: str) -> list[str]:
    """What the figures rest on, a sentence each."""
    ends = f"{percent(low - 1, 1)} % to +{percent(high - 1, 1)} %"
    varied = f"the range is how the cost of a request varied by {step} in the base days ({ends})"
    if step == "assumed":
        varied = f"the base is too short to see how costs vary; {ends} is assumed"
    said = [SAME_MIX, "each coming day costs what its weekday did on average", varied, NO_TREND]
    if len(base.days) < FEW_DAYS:
        said.append(
            f"the base is short: {len(base.days)} days, where {FEW_DAYS} or more would show the rhythm of weeks"
        )
    if base.left_out:
        said.append(f"{base.left_out} is left out: it has less than half the requests of the day a week before")
    if base.since_jump:
        said.append(f"the base lies after {base.since_jump}, when the level of cost changed")
    if base.requests > base.priced:
        said.append(f"{base.requests - base.priced:,} requests of the base days have no known price and are not in it")
    return said


def rate_confidence(base: Base) -> str:
    """How far the forecast can be trusted."""
    trend = find_trend(base)
    moved = change_percent(trend[1], trend[0]) if trend else None
    if len(base.days) < FEW_DAYS:
        return "low"
    is_steady = moved is not None and abs(Decimal(moved)) <= LEAST_TREND
    return "high" if is_steady and len(base.days) >= 2 * FEW_DAYS and base.priced == base.requests else "medium"


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["scenarios"]:
        return "No rows match these filters."
    flat, *more = facts["scenarios"]
    if flat["cost"] is None:
        return "No request of the base days has a known price."
    grown = (f"; with {item['growth_percent']} % more requests {show_range(item)}" for item in more)
    return f"Next {facts['days']} days without growth: {show_range(flat)}{''.join(grown)}"


def show_range(scenario: dict[str, Any]) -> str:
    """A scenario's cost for people."""
    return f"{show_cost(scenario['cost_low'])} to {show_cost(scenario['cost_high'])}"


COLUMNS: Final = (
    Column("growth", "More requests", "%"),
    Column("requests", "Requests"),
    Column("cost_low", "Cost, low", "USD"),
    Column("cost", "Cost, expected", "USD"),
    Column("cost_high", "Cost, high", "USD"),
    Column("extra_low", "Extra, low", "USD"),
    Column("extra_high", "Extra, high", "USD"),
)


def block_row(scenario: dict[str, Any]) -> tuple[Any, ...]:
    """One scenario as a table row."""
    figures = (as_number(scenario[column.key]) for column in COLUMNS[2:])
    return (as_number(scenario["growth_percent"]), scenario["requests"], *figures)


TOOL = AgentTool("Forecast the cost of growth", growth_forecast, NEEDS)
