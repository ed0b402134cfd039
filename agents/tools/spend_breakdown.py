"""What was spent, on what: cost, requests and tokens by any dimension."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.usage.asking import ask, ask_all, require_data
from agents.usage.billed import Billed, billed_queries, read_billed, show_billed
from agents.usage.filters import Dimension, Filters
from agents.usage.needs import require_dimensions
from agents.usage.queries import Query, QueryResult
from agents.usage.results import (
    NO_NAME,
    SUM_NAMES,
    SUMS,
    TOKENS,
    as_number,
    clip_period,
    describe_scope,
    dimension_columns,
    mark_estimate,
    name_group,
    name_source,
    percent,
    read_sums,
    summarise_spend,
)

By = Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=3)]
Top = Annotated[int, Field(ge=1, le=50)]
NEEDS = Needs("a breakdown of spend", grains=("call", "bucket", "cost"))


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
    data = require_data(context, NEEDS)
    chosen = clip_period(filters or Filters(), data)
    dimensions = tuple(dict.fromkeys(by))
    require_dimensions(data.profile, dimensions)
    query = Query(group_statement(dimensions), chosen, {"shown": top + 1})
    results = await ask_all(context, [query, *billed_queries(data, dimensions, chosen)])
    whole, *groups = results[0].as_dicts()
    if whole["unpriced_requests"]:
        results.append(await ask(context, Query(UNPRICED, chosen)))
    billed = read_billed([result for result in results if "billed" in result.columns], dimensions)
    facts = describe_scope(data, chosen, results[0].price_version) | read_sums(whole)
    facts |= {"unpriced_models": list_unpriced(results[-1]), "groups_total": whole["groups_total"]}
    facts |= mark_estimate(facts) | {"billed": billed.get((), [])}
    facts["by"] = [dimension.value for dimension in dimensions]
    facts["groups"] = [describe_group(row, dimensions, whole["cost"], billed) for row in groups]
    facts["groups_shown"] = len(groups)
    facts["shown_share_percent"] = percent(add_costs(groups), whole["cost"])
    block = Block(
        title=f"Spend by {' and '.join(facts['by'])}",
        summary=summarise_spend(facts),
        columns=block_columns(dimensions, with_billed=bool(facts["billed"])),
        rows=tuple(block_row(group, facts) for group in facts["groups"]),
        source=name_source(data, results),
        chart=Chart("bar", dimensions[0].value, ("cost",)) if len(dimensions) == 1 and groups else None,
    )
    return ToolResult(block, facts)


def group_statement(by: Sequence[Dimension]) -> str:
    """One statement for the whole and its groups, the whole first; the rows are read once, the groups added up."""
    columns = ", ".join(dimension.column for dimension in by)
    counts = (*SUM_NAMES, *TOKENS)
    added = ", ".join(f"sum({name})::BIGINT AS {name}" for name in counts)
    return f"""SELECT * FROM (
  WITH groups AS MATERIALIZED (SELECT {columns}, {SUMS} FROM calls GROUP BY {columns})
  SELECT {columns}, cost, {", ".join(counts)}, 0 AS whole, NULL AS groups_total FROM groups
  UNION ALL
  SELECT {", ".join("NULL" for _ in by)}, sum(cost), {added}, 1, count(*) FROM groups
)
ORDER BY whole DESC, cost DESC NULLS LAST, requests DESC, {columns}
LIMIT $shown"""


UNPRICED = """SELECT DISTINCT model AS unpriced_model
FROM calls
WHERE cost IS NULL AND grain <> 'cost'
ORDER BY unpriced_model"""


def list_unpriced(result: QueryResult) -> list[str]:
    """The models without a price, if the query for them was asked."""
    asked = result.columns == ("unpriced_model",)
    return [name or NO_NAME for (name,) in result.rows] if asked else []


def describe_group(
    row: dict[str, Any], by: Sequence[Dimension], total: Decimal | None, billed: Mapping[tuple[str, ...], Billed]
) -> dict[str, Any]:
    """The facts of one group."""
    names = name_group(row, by)
    share = {"share_percent": percent(row["cost"], total)}
    return names | read_sums(row) | share | {"billed": billed.get(tuple(names.values()), [])}


def add_costs(rows: Sequence[dict[str, Any]]) -> Decimal:
    """The cost of the shown groups together."""
    return sum((row["cost"] for row in rows if row["cost"] is not None), Decimal(0))


def block_columns(by: Sequence[Dimension], *, with_billed: bool) -> tuple[Column, ...]:
    """The table's columns."""
    billed = (Column("billed", "Billed"),) if with_billed else ()
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
        *billed,
    )


def block_row(group: dict[str, Any], facts: dict[str, Any]) -> tuple[Any, ...]:
    """One group as a table row."""
    names = (group[name] for name in facts["by"])
    figures = (as_number(group["cost"]), as_number(group["share_percent"]), group["requests"])
    billed = (show_billed(group["billed"]),) if facts["billed"] else ()
    return (*names, *figures, *group["tokens"].values(), group["unpriced_requests"], *billed)


TOOL = AgentTool("Break spend down", spend_breakdown, NEEDS)
