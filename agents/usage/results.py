"""What every tool's result shares: its source, its period, and figures as the model and the page get them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from agents.engine.blocks import Column, Source
from agents.engine.context import DataHandle
from agents.usage.filters import Dimension, Filters
from agents.usage.queries import QueryResult

MICRO = Decimal("0.000001")
CENT = Decimal("0.01")
TENTH = Decimal("0.1")
NO_NAME = "(none)"

# Providers say it in words or as an HTTP status; a row with an error has failed whatever its status says.
FAILED = """(coalesce(error, '') <> ''
         OR lower(status) IN ('error', 'failed', 'failure', 'timeout', 'rate_limited', 'cancelled')
         OR (length(status) = 3 AND status BETWEEN '400' AND '599'))"""
# Exact sums over whatever rows a query groups; `calls` is the filtered, priced data. A billed amount (grain cost)
# stands beside the calls it bills: it is no request, and it is not priced.
SUMS = f"""(sum(requests) FILTER (WHERE grain <> 'cost'))::BIGINT AS requests,
       sum(cost) AS cost,
       (sum(requests) FILTER (WHERE cost IS NULL AND grain <> 'cost'))::BIGINT AS unpriced_requests,
       (sum(requests) FILTER (WHERE cost IS NOT NULL AND grain = 'bucket'))::BIGINT AS estimated_requests,
       (sum(requests) FILTER (WHERE {FAILED} AND grain <> 'cost'))::BIGINT AS failed_requests,
       sum(input_tokens)::BIGINT AS input_tokens,
       sum(cached_read_tokens)::BIGINT AS cached_read_tokens,
       (sum(cache_write_5m_tokens) + sum(cache_write_1h_tokens))::BIGINT AS cache_write_tokens,
       sum(output_tokens)::BIGINT AS output_tokens,
       sum(reasoning_tokens)::BIGINT AS reasoning_tokens"""
ESTIMATE_REASON = (
    "totals of many calls are priced at the base tier; single calls above a tier, and hours with another price, may"
    " have cost more or less"
)
SUM_NAMES = ("requests", "unpriced_requests", "estimated_requests", "failed_requests")
TOKENS = ("input_tokens", "cached_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")


def name_source(data: DataHandle, results: Sequence[QueryResult]) -> Source:
    """Where the figures of these queries come from."""
    return Source(
        dataset=f"{data.title}, version {data.version}",
        demo=data.demo,
        sql=";\n\n".join(result.sql for result in results),
        rows_scanned=max(result.rows_scanned for result in results),
        price_version=results[0].price_version,
    )


def clip_period(filters: Filters, data: DataHandle) -> Filters:
    """The filters with both ends of their period, inside what the data covers."""
    first = max(filters.first_day or data.first_day, data.first_day)
    last = min(filters.last_day or data.last_day, data.last_day)
    return replace(filters, first_day=first, last_day=last) if first <= last else filters


def describe_scope(data: DataHandle, filters: Filters, price_version: str) -> dict[str, Any]:
    """The facts that say which rows and prices a result is about."""
    first = filters.first_day or min(data.first_day, filters.last_day or data.first_day)
    last = filters.last_day or max(data.last_day, first)
    return {
        "dataset": data.title,
        "demo": data.demo,
        "version": data.version,
        "data_first_day": data.first_day.isoformat(),
        "data_last_day": data.last_day.isoformat(),
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "filters": filters.describe(),
        "currency": "USD",
        "price_version": price_version,
    }


def read_sums(row: Mapping[str, Any]) -> dict[str, Any]:
    """The sums of one group as facts."""
    return {
        "requests": row["requests"] or 0,
        "cost": money(row["cost"]),
        "unpriced_requests": row["unpriced_requests"] or 0,
        "estimated_requests": row["estimated_requests"] or 0,
        "failed_requests": row["failed_requests"] or 0,
        "failed_percent": percent(row["failed_requests"] or 0, row["requests"]),
        "tokens": {name.removesuffix("_tokens"): row[name] or 0 for name in TOKENS},
    }


def mark_estimate(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Whether any of the cost is an estimate, and why."""
    is_estimate = bool(facts["estimated_requests"])
    return {"estimate": is_estimate, "estimate_reason": ESTIMATE_REASON if is_estimate else None}


def money(value: Decimal | None) -> str | None:
    """US dollars with six decimals; None stays unknown."""
    return None if value is None else str(value.quantize(MICRO, ROUND_HALF_UP))


def show_cost(cost: str | None) -> str:
    """A money fact for people: cents, or more digits where cents would hide it."""
    if cost is None:
        return "no price known"
    value = Decimal(cost)
    return f"{value:,.2f} USD" if value == 0 or abs(value) >= CENT else f"{value.normalize():f} USD"


def summarise_spend(facts: Mapping[str, Any]) -> str:
    """One line above a table of spend."""
    if not facts["requests"] and not facts.get("billed"):
        return "No rows match these filters."
    return (
        f"{facts['requests']:,} requests, {show_cost(facts['cost'])} from {facts['first_day']}"
        f" to {facts['last_day']}, priced at list prices of {facts['price_version']}"
        f"{', an estimate' if facts.get('estimate') else ''}"
    )


def percent(part: Decimal | int | None, whole: Decimal | int | None) -> str | None:
    """The part as a percentage with one decimal; None where there is nothing to compare."""
    if part is None or not whole:
        return None
    return str((Decimal(part) * 100 / Decimal(whole)).quantize(TENTH, ROUND_HALF_UP))


def change_percent(now: Decimal | None, before: Decimal | None) -> str | None:
    """How much more or less than before."""
    if now is None or not before:
        return None
    return percent(now - before, before)


def as_number(value: str | None) -> float | None:
    """A figure as the page's table and chart want it."""
    return None if value is None else float(value)


def name_group(row: Mapping[str, Any], by: Iterable[Dimension]) -> dict[str, str]:
    """The group's values by dimension; rows without one are a group of their own."""
    return {dimension.value: row[dimension.column] or NO_NAME for dimension in by}


def dimension_columns(by: Iterable[Dimension]) -> tuple[Column, ...]:
    """Table columns of the grouped dimensions."""
    return tuple(Column(dimension.value, dimension.value.capitalize()) for dimension in by)
