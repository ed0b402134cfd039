"""What stands behind a change of cost, requests, latency or errors: figures before and after, cause and drivers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from agents.engine.context import RunContext
from agents.usage.asking import ask_all
from agents.usage.filters import Filters
from agents.usage.outages import (
    FAILURES,
    HOURS,
    KINDS,
    SIDES_OF_OUTAGE,
    Outage,
    describe_outage,
    failed_percent,
    find_outage,
    find_provider,
    list_failing,
)
from agents.usage.queries import Query, QueryResult
from agents.usage.results import TENTH, change_percent
from agents.usage.slowness import find_slow_cause, latency_statement, list_slower
from agents.usage.windows import (
    SIDES,
    Row,
    Windows,
    add_rest,
    daily_cost,
    daily_requests,
    find_cause,
    find_switch,
    list_drivers,
    read_pair,
    share,
    split_cost,
    sum_statement,
)

Facts = dict[str, Any]
Explained = tuple[list[Facts | None], list[QueryResult]]
NO_CAUSE: Final[Facts] = {
    "from_hour": None,
    "to_hour": None,
    "cause": None,
    "effects": None,
    "drivers": [],
    "switched": None,
}


class Metric(StrEnum):
    """What a scan looks at."""

    COST = "cost"
    REQUESTS = "requests"
    LATENCY = "latency"
    ERRORS = "errors"


async def explain_changes(
    context: RunContext, filters: Filters, metric: Metric, changes: Sequence[tuple[str, Windows]]
) -> Explained:
    """The facts of each change (its kind and its days), None where nothing was measured on a side; and the queries."""
    if not changes:
        return [], []
    if metric is Metric.ERRORS:
        return await explain_errors(context, filters, changes)
    explain = {Metric.COST: explain_cost, Metric.REQUESTS: explain_requests, Metric.LATENCY: explain_latency}[metric]
    results = await ask_all(context, [write_query(metric, filters, windows) for _, windows in changes])
    facts: list[Facts | None] = []
    for result, (_, windows) in zip(results, changes, strict=True):
        whole, *rows = result.as_dicts()
        facts.append(explain(whole, rows, windows))
    return facts, results


def write_query(metric: Metric, filters: Filters, windows: Windows) -> Query:
    """The two sides of a change by provider, model and feature."""
    days = windows.as_parameters()
    if metric is Metric.LATENCY:
        return Query(latency_statement(keep_failed=bool(filters.statuses)), filters, days, priced=False)
    return Query(sum_statement(), filters, days | {"price_day": windows.price_day})


def explain_cost(whole: Row, rows: Sequence[Row], windows: Windows) -> Facts:
    """Cost a day on both sides, and the four parts of its change."""
    complete = add_rest(whole, rows)
    pairs = [read_pair(row, windows) for row in complete]
    before, after = (daily_cost(pairs, windows, side) for side in SIDES)
    effects = split_cost(complete, windows)
    return NO_CAUSE | {
        "before": str(before),
        "after": str(after),
        "change": str(after - before),
        "change_percent": change_percent(after, before),
        "cause": find_cause(effects),
        "effects": {name: str(value) for name, value in effects.items()},
        "drivers": list_drivers(rows, windows, "cost"),
        "switched": find_switch(rows),
        "requests_before": str(daily_requests(whole, windows, "before")),
        "requests_after": str(daily_requests(whole, windows, "after")),
    }


def explain_requests(whole: Row, rows: Sequence[Row], windows: Windows) -> Facts:
    """Requests a day on both sides."""
    before, after = (daily_requests(whole, windows, side) for side in SIDES)
    return NO_CAUSE | {
        "before": str(before),
        "after": str(after),
        "change": str(after - before),
        "change_percent": change_percent(after, before),
        "cause": "volume",
        "drivers": list_drivers(rows, windows, "requests", TENTH),
        "switched": find_switch(rows),
    }


def explain_latency(whole: Row, rows: Sequence[Row], _: Windows) -> Facts | None:
    """The p95 of all calls on both sides."""
    before, after = whole["before_p95"], whole["after_p95"]
    if before is None or after is None:
        return None
    return NO_CAUSE | {
        "before": before,
        "after": after,
        "change": after - before,
        "change_percent": change_percent(Decimal(after), Decimal(before)),
        "cause": find_slow_cause(whole, rows),
        "drivers": list_slower(whole, rows),
        "switched": find_switch(rows),
    }


async def explain_errors(context: RunContext, filters: Filters, changes: Sequence[tuple[str, Windows]]) -> Explained:
    """The failed share on both sides; for a few days also the hours, and for both the provider and the kinds."""
    queries = [
        query
        for _, windows in changes
        for query in (
            Query(FAILURES, filters, windows.as_parameters(), priced=False),
            Query(HOURS, filters, {"after_days": list(windows.after)}, priced=False),
        )
    ]
    results = await ask_all(context, queries)
    facts: list[Facts | None] = []
    for (kind, windows), sides, hours in zip(changes, results[::2], results[1::2], strict=True):
        whole, *rows = sides.as_dicts()
        outage = locate(kind, windows, whole, hours.as_dicts())
        if outage is None:
            facts.append(None)
            continue
        details = await ask_all(context, detail_queries(filters, windows, outage))
        results += details
        kinds, inside = (detail.as_dicts() for detail in details)
        found = describe_errors(whole, rows) | describe_outage(outage, kinds, inside)
        facts.append(found | ({"from_hour": None, "to_hour": None} if kind == "jump" else {}))
    return facts, results


def locate(kind: str, windows: Windows, whole: Row, hours: Sequence[Row]) -> Outage | None:
    """The hours of a short outage; a new level has all of its days."""
    if kind == "spike":
        return find_outage(whole, hours)
    usual = share(whole["before_failed"], whole["before_requests"] or 1)
    start = datetime.combine(windows.after[0], time())
    return Outage(find_provider(hours, usual), start, datetime.combine(windows.after[-1], time()) + timedelta(days=1))


def detail_queries(filters: Filters, windows: Windows, outage: Outage) -> list[Query]:
    """The kinds of its errors, and the failed share in and outside of it."""
    parameters = outage.as_parameters() | {"after_days": list(windows.after)}
    return [Query(statement, filters, parameters, priced=False) for statement in (KINDS, SIDES_OF_OUTAGE)]


def describe_errors(whole: Row, rows: Sequence[Row]) -> Facts:
    """The failed share of all calls on both sides."""
    before, after = (failed_percent(whole, side) or Decimal(0) for side in SIDES)
    shown = [value.quantize(TENTH) for value in (before, after)]
    return NO_CAUSE | {
        "before": str(shown[0]),
        "after": str(shown[1]),
        "change": str(shown[1] - shown[0]),
        "change_percent": change_percent(after, before),
        "cause": "failures",
        "drivers": list_failing(whole, rows),
    }
