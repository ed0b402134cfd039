"""When something changed: days on which cost, requests, latency or errors moved, and what moved them."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import DataHandle, RunContext
from agents.engine.specs import AgentTool, Needs
from agents.usage.anomalies import MOST_ANOMALIES, Anomaly, Rules, find_anomalies
from agents.usage.asking import ask, require_data
from agents.usage.causes import Metric, explain_changes
from agents.usage.filters import Filters
from agents.usage.jumps import WINDOW_DAYS
from agents.usage.needs import require_needs
from agents.usage.outages import is_more_than_chance
from agents.usage.queries import Query
from agents.usage.results import FAILED, clip_period, describe_scope, mark_estimate, name_source, show_cost
from agents.usage.slowness import P95, measured_calls
from agents.usage.windows import Windows

NEEDS = Needs("a scan for anomalies", grains=("call", "bucket"))
METRIC_NEEDS: Final = {
    Metric.LATENCY: Needs("latency", grains=("call",), columns=("latency_ms",)),
    Metric.ERRORS: Needs("a question about errors", grains=("call",), columns=("status|error",)),
}
RULES: Final = {
    Metric.COST: Rules(),
    Metric.REQUESTS: Rules(),
    Metric.LATENCY: Rules(downward=False),
    Metric.ERRORS: Rules(rhythm=1, neighbours=WINDOW_DAYS, downward=False, from_zero=True),
}
UNITS: Final = {Metric.COST: "USD", Metric.REQUESTS: "requests", Metric.LATENCY: "ms", Metric.ERRORS: "%"}
TITLES: Final = {
    Metric.COST: "Cost a day",
    Metric.REQUESTS: "Requests a day",
    Metric.LATENCY: "Latency (p95) by day",
    Metric.ERRORS: "Failed calls by day",
}
AROUND_DAYS: Final = 10
FEW_DAYS: Final = 2 * WINDOW_DAYS
MOST_DAYS: Final = 731


@dataclass(frozen=True, slots=True)
class Series:
    """The metric by day, without gaps between the first and the last day; None where nothing was measured."""

    days: tuple[date, ...]
    values: tuple[Decimal | None, ...]
    requests: tuple[int, ...]

    def days_at(self, places: Sequence[int]) -> tuple[date, ...]:
        """The days at these places."""
        return tuple(self.days[place] for place in places)


async def anomaly_scan(
    context: RunContext, metric: Metric = Metric.COST, around: date | None = None, filters: Filters | None = None
) -> ToolResult:
    """Finds the days on which a daily figure changed its level or stood out, and says what moved it.

    A jump is a lasting change (the week before against the week from that day on); a spike is one or a few days.
    A change of cost is split exactly into price (the same model's price changed), volume (more requests), mix
    (other models or features, as in a switch of models) and tokens_per_call. Errors are located down to the hour.

    Args:
        metric: What to look at: cost, requests, latency (p95) or errors (failed share of calls).
        around: Look only within 10 days of this day; the weeks around it are still needed to know the level.
        filters: Which rows to look at; all rows without it. Keep its days wide: a level takes two weeks.
    """
    data = require_data(context, NEEDS)
    require_needs(data.profile, METRIC_NEEDS.get(metric, NEEDS))
    chosen = clip_period(filters or Filters(), data)
    daily = await ask(context, Query(daily_statement(metric, chosen), chosen, priced=metric is Metric.COST))
    rows = daily.as_dicts()
    facts = describe_scope(data, chosen, daily.price_version) | {"metric": metric.value, "unit": UNITS[metric]}
    facts |= {name: sum(row[name] or 0 for row in rows) for name in ("requests", *COUNTED)}
    facts |= mark_estimate(facts)
    series = read_series(metric, rows, date.fromisoformat(facts["last_day"]))
    looked = choose_days(series, around)
    facts |= {"looked_from": looked[0].isoformat(), "looked_to": looked[1].isoformat()} if looked else NOT_LOOKED
    found = [item for item in scan(series, metric, data) if is_within(item, series, looked)]
    changes = [
        (item.kind, Windows(series.days_at(item.before_days), series.days_at(item.after_days))) for item in found
    ]
    explained, asked = await explain_changes(context, chosen, metric, changes)
    facts["anomalies"] = [
        describe_anomaly(item, series, metric) | more for item, more in zip(found, explained, strict=True) if more
    ][:MOST_ANOMALIES]
    facts["note"] = say_note(facts, series, around)
    block = Block(
        title=TITLES[metric],
        summary=summarise(facts),
        columns=block_columns(metric),
        rows=tuple(list_block_rows(series, facts, looked)),
        source=name_source(data, [daily, *asked]),
        chart=Chart("line", "day", ("value",)) if looked else None,
    )
    return ToolResult(block, facts)


NOT_LOOKED: Final = {"looked_from": None, "looked_to": None}
COUNTED: Final = ("unpriced_requests", "estimated_requests")


def daily_statement(metric: Metric, filters: Filters) -> str:
    """The metric of each day that has any rows."""
    value, requests, condition = {
        Metric.COST: ("sum(cost)", "sum(requests)", "grain <> 'cost'"),
        Metric.REQUESTS: ("sum(requests)", "sum(requests)", "grain <> 'cost'"),
        Metric.LATENCY: (P95, "count(*)", measured_calls(keep_failed=bool(filters.statuses))),
        Metric.ERRORS: (f"count(*) FILTER (WHERE {FAILED})", "count(*)", "grain = 'call'"),
    }[metric]
    unpriced, estimated = ("NULL", "NULL")
    if metric is Metric.COST:
        unpriced = "sum(requests) FILTER (WHERE cost IS NULL)"
        estimated = "sum(requests) FILTER (WHERE cost IS NOT NULL AND grain = 'bucket')"
    return f"""SELECT time::DATE AS day, {value} AS value, ({requests})::BIGINT AS requests,
       ({unpriced})::BIGINT AS unpriced_requests, ({estimated})::BIGINT AS estimated_requests
FROM calls
WHERE {condition}
GROUP BY day
ORDER BY day"""


def read_series(metric: Metric, rows: Sequence[dict[str, Any]], last_day: date) -> Series:
    """The days from the first with rows to the end of the period."""
    if not rows:
        return Series((), (), ())
    found = {row["day"]: row for row in rows}
    first = max(rows[0]["day"], last_day - timedelta(days=MOST_DAYS - 1))
    days = [first + timedelta(days=number) for number in range((last_day - first).days + 1)]
    values = (read_value(metric, found.get(day)) for day in days)
    return Series(tuple(days), tuple(values), tuple(found[day]["requests"] if day in found else 0 for day in days))


def read_value(metric: Metric, row: dict[str, Any] | None) -> Decimal | None:
    """One day's figure; a day without calls cost nothing, but has no latency and no share of failed calls."""
    if row is None:
        return Decimal(0) if metric in (Metric.COST, Metric.REQUESTS) else None
    if metric is Metric.ERRORS:
        return Decimal(row["value"]) * 100 / Decimal(row["requests"])
    return Decimal(row["value"] or 0)


def choose_days(series: Series, around: date | None) -> tuple[date, date] | None:
    """The first and the last day to look at; None where the data has none of them."""
    if not series.days:
        return None
    first, last = series.days[0], series.days[-1]
    if around is not None:
        reach = timedelta(days=AROUND_DAYS)
        first, last = max(first, around - reach), min(last, around + reach)
    return (first, last) if first <= last else None


def scan(series: Series, metric: Metric, data: DataHandle) -> list[Anomaly]:
    """The anomalies of the series; the data's first and last day may be cut off, so that they are low is no news."""
    found = find_anomalies(series.values, RULES[metric])
    if metric is Metric.ERRORS:
        found = [item for item in found if is_more_than_chance(count_failed(item, series))]
    edges = {data.first_day, data.last_day}
    return [item for item in found if item.upward or edges.isdisjoint(series.days_at((item.first, item.last)))]


def count_failed(item: Anomaly, series: Series) -> dict[str, int]:
    """Calls and failed calls on both sides of a change."""
    counts: dict[str, int] = {}
    for side, places in (("before", item.before_days), ("after", item.after_days)):
        failed = sum((series.values[place] or Decimal(0)) * series.requests[place] / 100 for place in places)
        counts |= {f"{side}_requests": sum(series.requests[place] for place in places), f"{side}_failed": round(failed)}
    return counts


def find_windows(item: Anomaly, series: Series) -> tuple[str, Windows]:
    """Its kind, and the days to compare."""
    return item.kind, Windows(series.days_at(item.before_days), series.days_at(item.after_days))


def is_within(item: Anomaly, series: Series, looked: tuple[date, date] | None) -> bool:
    """Whether any of its days is among those to look at."""
    return looked is not None and series.days[item.first] <= looked[1] and series.days[item.last] >= looked[0]


def describe_anomaly(item: Anomaly, series: Series, metric: Metric) -> dict[str, Any]:
    """What it is and when; a jump lasts, so its last day is its first."""
    return {
        "kind": item.kind,
        "direction": "up" if item.upward else "down",
        "day": series.days[item.first].isoformat(),
        "last_day": series.days[item.last].isoformat(),
        "unit": UNITS[metric],
        "days_compared": {"before": len(item.before_days), "after": len(item.after_days)},
    }


def say_note(facts: dict[str, Any], series: Series, around: date | None) -> str | None:
    """What to know when nothing was found, or when there was little to find it in."""
    if not series.days:
        return None
    if facts["looked_from"] is None:
        return f"These rows reach from {series.days[0]} to {series.days[-1]}; they say nothing about {around}."
    few = ""
    if len(series.days) < FEW_DAYS:
        few = f" {len(series.days)} days are few: to tell a new level takes {FEW_DAYS}."
    if facts["metric"] == Metric.COST and facts["unpriced_requests"]:
        few += f" {facts['unpriced_requests']:,} requests have no known price and are not in the cost."
    nothing = f"Nothing stands out from {facts['looked_from']} to {facts['looked_to']}."
    return ("" if facts["anomalies"] else nothing) + few or None


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["requests"]:
        return "No rows match these filters."
    if not facts["anomalies"]:
        return str(facts["note"])
    first, *others = facts["anomalies"]
    more = f"; {len(others)} more" if others else ""
    return f"{first['day']}: {say_anomaly(first, facts['metric'])}{more}"


def say_anomaly(item: dict[str, Any], metric: str) -> str:
    """One anomaly in words."""
    change = f" ({item['change_percent']} %)" if item["change_percent"] else ""
    hours = f", {show_hour(item['from_hour'])} to {show_hour(item['to_hour'])} UTC" if item["from_hour"] else ""
    kind = "at a new level" if item["kind"] == "jump" else "out of the usual"
    return (
        f"{metric} {kind}, {show(item['before'], metric)} before and {show(item['after'], metric)} then{change}{hours}"
    )


def show_hour(moment: str) -> str:
    """A moment for people."""
    return moment.replace("T", " ")


def show(value: Any, metric: str) -> str:
    """A figure with its unit."""
    if metric == Metric.COST:
        return show_cost(value)
    return f"{value} {UNITS[Metric(metric)]}"


def block_columns(metric: Metric) -> tuple[Column, ...]:
    """The table's columns."""
    unit = "" if metric is Metric.REQUESTS else UNITS[metric]
    return (
        Column("day", "Day"),
        Column("value", TITLES[metric], unit),
        Column("requests", "Requests"),
        Column("note", "What stands out"),
    )


def list_block_rows(series: Series, facts: dict[str, Any], looked: tuple[date, date] | None) -> list[tuple[Any, ...]]:
    """The days that were looked at, each with what stands out on it."""
    notes = {item["day"]: say_anomaly(item, facts["metric"]) for item in reversed(facts["anomalies"])}
    return [
        (day.isoformat(), None if value is None else float(round(value, 6)), requests, notes.get(day.isoformat()))
        for day, value, requests in zip(series.days, series.values, series.requests, strict=True)
        if looked and looked[0] <= day <= looked[1]
    ]


TOOL = AgentTool("Find what changed, and why", anomaly_scan, NEEDS)
