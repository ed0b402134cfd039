"""What was spent, on what: cost, requests and tokens by any dimension."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool
from agents.usage.filters import Dimension, Filters
from agents.usage.queries import Query, run_query
from agents.usage.results import (
    SUMS,
    as_number,
    clip_period,
    describe_scope,
    dimension_columns,
    name_group,
    name_source,
    percent,
    query_limits,
    read_sums,
    require_data,
    summarise_spend,
)

By = Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=3)]
Top = Annotated[int, Field(ge=1, le=50)]


async def spend_breakdown(
    context: RunContext, by: By = (Dimension.MODEL,), filters: Filters | None = None, top: Top = 15
) -> ToolResult:
    """Breaks spend down: requests, tokens by class, cost at list prices and share of the total.

    The totals are exact over all rows that pass the filters, also over those not among the shown groups.

    Args:
        by: One to three dimensions to group by.
        filters: Which rows to look at; all rows without it.
        top: How many groups to return, the most expensive first.
    """
    data = require_data(context)
    chosen = clip_period(filters or Filters(), data)
    dimensions = tuple(dict.fromkeys(by))
    query = Query(group_statement(dimensions), chosen, {"shown": top + 1})
    result = await run_query(data, query, query_limits(context))
    whole, *groups = result.as_dicts()
    facts = describe_scope(data, chosen, result.price_version) | describe_total(whole)
    facts["by"] = [dimension.value for dimension in dimensions]
    facts["groups"] = [describe_group(row, dimensions, whole["cost"]) for row in groups]
    facts["groups_shown"] = len(groups)
    facts["shown_share_percent"] = percent(add_costs(groups), whole["cost"])
    block = Block(
        title=f"Spend by {' and '.join(facts['by'])}",
        summary=summarise_spend(facts),
        columns=block_columns(dimensions),
        rows=tuple(block_row(group, facts["by"]) for group in facts["groups"]),
        source=name_source(data, [result]),
        chart=Chart("bar", dimensions[0].value, ("cost",)) if len(dimensions) == 1 and groups else None,
    )
    return ToolResult(block, facts)


def group_statement(by: Sequence[Dimension]) -> str:
    """One statement for the whole and its groups, the whole first, so that both see the same rows."""
    columns = ", ".join(dimension.column for dimension in by)
    return f"""SELECT {columns}, grouping({by[0].column}) AS whole,
       {SUMS},
       count(DISTINCT row({columns})) AS groups_total,
       list_sort(list(DISTINCT model) FILTER (WHERE cost IS NULL)) AS unpriced_models
FROM calls
GROUP BY GROUPING SETS (({columns}), ())
ORDER BY whole DESC, cost DESC NULLS LAST, requests DESC, {columns}
LIMIT $shown"""


def describe_total(row: dict[str, Any]) -> dict[str, Any]:
    """The facts of the whole."""
    return read_sums(row) | {
        "unpriced_models": [name or "(none)" for name in row["unpriced_models"] or ()],
        "groups_total": row["groups_total"],
    }


def describe_group(row: dict[str, Any], by: Sequence[Dimension], total: Decimal | None) -> dict[str, Any]:
    """The facts of one group."""
    return name_group(row, by) | read_sums(row) | {"share_percent": percent(row["cost"], total)}


def add_costs(rows: Sequence[dict[str, Any]]) -> Decimal:
    """The cost of the shown groups together."""
    return sum((row["cost"] for row in rows if row["cost"] is not None), Decimal(0))


def block_columns(by: Sequence[Dimension]) -> tuple[Column, ...]:
    """The table's columns."""
    return (
        *dimension_columns(by),
        Column("cost", "Cost", "USD"),
        Column("share", "Share", "%"),
        Column("requests", "Requests"),
        Column("input", "Input", "tokens"),
        Column("cached_read", "Cached", "tokens"),
        Column("cache_write", "Cache writes", "tokens"),
        Column("output", "Output", "tokens"),
        Column("reasoning", "Reasoning", "tokens"),
        Column("unpriced", "Unpriced requests"),
    )


def block_row(group: dict[str, Any], by: Sequence[str]) -> tuple[Any, ...]:
    """One group as a table row."""
    figures = (as_number(group["cost"]), as_number(group["share_percent"]), group["requests"])
    return (*(group[name] for name in by), *figures, *group["tokens"].values(), group["unpriced_requests"])


TOOL = AgentTool("Break spend down", spend_breakdown)
