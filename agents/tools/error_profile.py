"""Which calls fail: by kind and any dimension, when most, and what failing costs."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.usage.asking import ask_all, require_data
from agents.usage.filters import Dimension, Filters
from agents.usage.needs import require_dimensions
from agents.usage.queries import Query
from agents.usage.results import (
    FAILED,
    as_number,
    clip_period,
    describe_scope,
    dimension_columns,
    money,
    name_group,
    name_source,
    percent,
)

By = Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=3)]
Top = Annotated[int, Field(ge=1, le=50)]
NEEDS = Needs("a question about errors", grains=("call",), columns=("status|error",))
SHOWN_KINDS = 12
RETRY_ASSUMPTION = "each failed call is repeated once, at the mean cost of a successful call to the same model"
# A failed call says why, or at least with which status.
KIND = "coalesce(nullif(error, ''), 'status ' || status)"
ROWS = f"(SELECT *, coalesce({FAILED}, FALSE) AS failed, {KIND} AS kind FROM calls WHERE grain = 'call')"


async def error_profile(
    context: RunContext, by: By = (Dimension.MODEL,), filters: Filters | None = None, top: Top = 15
) -> ToolResult:
    """Profiles failed calls: their kinds, their share by dimension, the hour with most of them, and their cost.

    Args:
        by: One to three dimensions to group by.
        filters: Which rows to look at; all rows without it. A filter by status changes the shares.
        top: How many groups to return, those with the most failed calls first.
    """
    data = require_data(context, NEEDS)
    chosen = clip_period(filters or Filters(), data)
    dimensions = tuple(dict.fromkeys(by))
    require_dimensions(data.profile, dimensions)
    queries = [
        Query(group_statement(dimensions), chosen, {"shown": top + 1}),
        Query(KINDS, chosen, priced=False),
        Query(PEAK, chosen, priced=False),
        Query(RETRIES, chosen),
    ]
    results = await ask_all(context, queries)
    (whole, *groups), kinds, peaks, retries = (result.as_dicts() for result in results)
    facts = describe_scope(data, chosen, results[0].price_version) | read_failures(whole)
    facts["by"] = [dimension.value for dimension in dimensions]
    facts["groups"] = [name_group(row, dimensions) | read_failures(row) for row in groups]
    facts |= {"groups_total": whole["groups_total"], "groups_shown": len(groups)}
    facts["kinds"] = [describe_kind(row, whole["failed"]) for row in kinds]
    facts["main_kind"] = kinds[0]["kind"] if kinds else None
    facts["peak"] = describe_peak(peaks[0], whole["failed"]) if peaks else None
    facts |= {"retry_cost": money(cost_of_retries(retries)), "retry_assumption": RETRY_ASSUMPTION}
    block = Block(
        title=f"Failed calls by {' and '.join(facts['by'])}",
        summary=summarise(facts),
        columns=block_columns(dimensions),
        rows=tuple(block_row(group, facts["by"]) for group in facts["groups"]),
        source=name_source(data, results),
        chart=Chart("bar", dimensions[0].value, ("failed",)) if len(dimensions) == 1 and groups else None,
    )
    return ToolResult(block, facts)


def group_statement(by: Sequence[Dimension]) -> str:
    """The whole and its groups, those with the most failed calls first; the rows are read once, by their kind."""
    columns = ", ".join(dimension.column for dimension in by)
    return f"""SELECT * FROM (
  WITH parts AS MATERIALIZED (
    SELECT {columns}, CASE WHEN failed THEN kind END AS failure, count(*) AS calls,
           sum(cost) FILTER (WHERE failed) AS cost, sum(latency_ms) FILTER (WHERE failed) AS ms
    FROM {ROWS}
    GROUP BY {columns}, failure
  )
  SELECT {columns}, 0 AS whole, {ADDED}, NULL AS groups_total FROM parts GROUP BY {columns}
  UNION ALL
  SELECT {", ".join("NULL" for _ in by)}, 1, {ADDED}, count(DISTINCT row({columns})) FROM parts
)
ORDER BY whole DESC, failed DESC, requests DESC, {columns}
LIMIT $shown"""


ADDED = """coalesce(sum(calls), 0)::BIGINT AS requests,
         coalesce(sum(calls) FILTER (WHERE failure IS NOT NULL), 0)::BIGINT AS failed,
         first(failure ORDER BY calls DESC, failure) FILTER (WHERE failure IS NOT NULL) AS main_kind,
         sum(cost) AS failed_cost, sum(ms)::BIGINT AS failed_ms"""

KINDS = f"""SELECT kind, count(*) AS failed, min(time)::DATE AS first_day, max(time)::DATE AS last_day
FROM {ROWS}
WHERE failed
GROUP BY kind
ORDER BY failed DESC, kind
LIMIT {SHOWN_KINDS}"""

PEAK = f"""SELECT date_trunc('hour', time) AS hour, count(*) AS requests, count(*) FILTER (WHERE failed) AS failed
FROM {ROWS}
GROUP BY hour
HAVING count(*) FILTER (WHERE failed) > 0
ORDER BY failed DESC, hour
LIMIT 1"""

RETRIES = f"""SELECT provider, model, count(*) FILTER (WHERE failed) AS failed,
       count(*) FILTER (WHERE NOT failed AND cost IS NOT NULL) AS priced,
       sum(cost) FILTER (WHERE NOT failed) AS cost
FROM {ROWS}
GROUP BY provider, model
HAVING count(*) FILTER (WHERE failed) > 0
ORDER BY provider, model"""


def read_failures(row: dict[str, Any]) -> dict[str, Any]:
    """The figures of one group as facts."""
    return {
        "requests": row["requests"],
        "failed_requests": row["failed"],
        "failed_percent": percent(row["failed"], row["requests"]),
        "main_kind": row["main_kind"],
        "failed_cost": money(row["failed_cost"]),
        "failed_seconds": (row["failed_ms"] or 0) // 1000,
    }


def describe_kind(row: dict[str, Any], failed: int) -> dict[str, Any]:
    """One kind of error and its share of all of them."""
    return {
        "kind": row["kind"],
        "failed_requests": row["failed"],
        "share_percent": percent(row["failed"], failed),
        "first_day": row["first_day"].isoformat(),
        "last_day": row["last_day"].isoformat(),
    }


def describe_peak(row: dict[str, Any], failed: int) -> dict[str, Any]:
    """The hour in which most calls failed."""
    return {
        "start": row["hour"].isoformat(timespec="minutes"),
        "end": (row["hour"] + timedelta(hours=1)).isoformat(timespec="minutes"),
        "requests": row["requests"],
        "failed_requests": row["failed"],
        "failed_percent": percent(row["failed"], row["requests"]),
        "share_percent": percent(row["failed"], failed),
    }


def cost_of_retries(rows: Sequence[dict[str, Any]]) -> Decimal | None:
    """What it costs to repeat every failed call once; None where no model that failed has a known cost."""
    priced = [row for row in rows if row["priced"]]
    costs = (row["cost"] * row["failed"] / row["priced"] for row in priced)
    return sum(costs, Decimal(0)) if priced else None


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["requests"]:
        return "No rows match these filters."
    if not facts["failed_requests"]:
        return f"None of {facts['requests']:,} calls failed from {facts['first_day']} to {facts['last_day']}"
    kind = facts["kinds"][0]
    return (
        f"{facts['failed_requests']:,} of {facts['requests']:,} calls failed ({facts['failed_percent']} %)"
        f" from {facts['first_day']} to {facts['last_day']}; most often {kind['kind']} ({kind['share_percent']} %)"
    )


def block_columns(by: Sequence[Dimension]) -> tuple[Column, ...]:
    """The table's columns."""
    return (
        *dimension_columns(by),
        Column("requests", "Calls"),
        Column("failed", "Failed"),
        Column("failed_percent", "Failed", "%"),
        Column("main_kind", "Most often"),
        Column("failed_cost", "Cost of failed calls", "USD"),
    )


def block_row(group: dict[str, Any], by: Sequence[str]) -> tuple[Any, ...]:
    """One group as a table row."""
    shares = (as_number(group["failed_percent"]), group["main_kind"], as_number(group["failed_cost"]))
    return (*(group[name] for name in by), group["requests"], group["failed_requests"], *shares)


TOOL = AgentTool("Profile errors", error_profile, NEEDS)
