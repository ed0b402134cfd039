"""How fast answers come: mean and percentiles of latency and of the first token."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.usage.asking import ask, require_data
from agents.usage.filters import Dimension, Filters
from agents.usage.needs import require_dimensions
from agents.usage.queries import Query
from agents.usage.results import (
    FAILED,
    clip_period,
    describe_scope,
    dimension_columns,
    name_group,
    name_source,
)

By = Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=3)]
Top = Annotated[int, Field(ge=1, le=50)]
NEEDS = Needs("latency", grains=("call",), columns=("latency_ms",))
MEASURES = (
    ("mean_ms", "avg(latency_ms)"),
    ("p50_ms", "quantile_cont(latency_ms, 0.50)"),
    ("p95_ms", "quantile_cont(latency_ms, 0.95)"),
    ("p99_ms", "quantile_cont(latency_ms, 0.99)"),
    ("first_token_p50_ms", "quantile_cont(first_token_ms, 0.50)"),
    ("first_token_p95_ms", "quantile_cont(first_token_ms, 0.95)"),
)
LABELS = ("Mean", "p50", "p95", "p99", "First token p50", "First token p95")


async def latency_profile(
    context: RunContext, by: By = (Dimension.MODEL,), filters: Filters | None = None, top: Top = 15
) -> ToolResult:
    """Profiles latency: mean, p50, p95, p99 and time to the first token, the slowest p95 first.

    Failed calls are left out (they end early or at a timeout) unless the filters choose statuses.

    Args:
        by: One to three dimensions to group by.
        filters: Which rows to look at; all rows without it.
        top: How many groups to return.
    """
    data = require_data(context, NEEDS)
    chosen = clip_period(filters or Filters(), data)
    dimensions = tuple(dict.fromkeys(by))
    require_dimensions(data.profile, dimensions)
    statement = profile_statement(dimensions, keep_failed=bool(chosen.statuses))
    result = await ask(context, Query(statement, chosen, {"shown": top + 1}, priced=False))
    whole, *groups = result.as_dicts()
    facts = describe_scope(data, chosen, result.price_version) | read_measures(whole)
    facts["by"] = [dimension.value for dimension in dimensions]
    facts["failed_left_out"] = not chosen.statuses
    facts["groups"] = [name_group(row, dimensions) | read_measures(row) for row in groups]
    facts |= {"groups_total": whole["groups_total"], "groups_shown": len(groups)}
    block = Block(
        title=f"Latency by {' and '.join(facts['by'])}",
        summary=describe_block(facts),
        columns=block_columns(dimensions),
        rows=tuple(block_row(group, facts["by"]) for group in facts["groups"]),
        source=name_source(data, [result]),
        chart=Chart("bar", dimensions[0].value, ("p50_ms", "p95_ms")) if len(dimensions) == 1 and groups else None,
    )
    return ToolResult(block, facts)


def profile_statement(by: Sequence[Dimension], *, keep_failed: bool) -> str:
    """One statement for the whole and its groups, the whole first."""
    columns = ", ".join(dimension.column for dimension in by)
    kept = "TRUE" if keep_failed else f"NOT coalesce({FAILED}, FALSE)"
    measures = ",\n       ".join(f"round({formula})::BIGINT AS {name}" for name, formula in MEASURES)
    return f"""SELECT {columns}, grouping({by[0].column}) AS whole,
       count(*) AS requests,
       count(latency_ms) AS measured,
       {measures},
       count(DISTINCT row({columns})) AS groups_total
FROM calls
WHERE grain = 'call' AND {kept}
GROUP BY GROUPING SETS (({columns}), ())
ORDER BY whole DESC, p95_ms DESC NULLS LAST, requests DESC, {columns}
LIMIT $shown"""


def read_measures(row: dict[str, Any]) -> dict[str, Any]:
    """Counts and milliseconds of one group as facts."""
    names = ("requests", "measured", *(name for name, _ in MEASURES))
    return {name: row[name] for name in names}


def describe_block(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["measured"]:
        return "No rows with a latency match these filters."
    return (
        f"{facts['measured']} calls measured from {facts['first_day']} to {facts['last_day']}:"
        f" p50 {facts['p50_ms']} ms, p95 {facts['p95_ms']} ms, p99 {facts['p99_ms']} ms"
    )


def block_columns(by: Sequence[Dimension]) -> tuple[Column, ...]:
    """The table's columns."""
    measures = (Column(name, label, "ms") for (name, _), label in zip(MEASURES, LABELS, strict=True))
    return (*dimension_columns(by), Column("requests", "Calls"), *measures)


def block_row(group: dict[str, Any], by: Sequence[str]) -> tuple[Any, ...]:
    """One group as a table row."""
    return (*(group[name] for name in by), group["requests"], *(group[name] for name, _ in MEASURES))


TOOL = AgentTool("Profile latency", latency_profile, NEEDS)
