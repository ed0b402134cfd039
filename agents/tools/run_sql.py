"""Runs one SELECT of the agent's own over the data: sandboxed, with a bounded result."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Cell, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool
from agents.usage.asking import ask, require_data
from agents.usage.filters import Filters
from agents.usage.queries import Query
from agents.usage.results import clip_period, describe_scope, name_source
from agents.usage.vocabulary import LONGEST_STATEMENT

Statement = Annotated[str, Field(min_length=1, max_length=LONGEST_STATEMENT)]
MOST_ROWS = 200


async def run_sql(context: RunContext, sql: Statement, filters: Filters | None = None) -> ToolResult:
    """Runs one DuckDB SELECT over the table `calls`, for questions no other tool answers.

    Columns of `calls`: grain ('call', 'bucket' or 'cost'), request_id, requests, time (UTC), provider, model,
    input_tokens, cached_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens
    (classes never overlap), cost (US dollars at list prices; null: unpriced), billed_cost, currency, latency_ms,
    first_token_ms, status, error, user_name, team, feature, prompt_hash, session, extra (JSON text).
    Arithmetic, aggregates, window functions, dates and plain text functions are allowed, WITH and joins, too; other
    tables, lists, files and settings are not. At most 200 rows come back: aggregate, and order them completely.

    Args:
        sql: The statement; give every column a name.
        filters: Which rows `calls` holds; all rows without it.
    """
    data = require_data(context)
    chosen = clip_period(filters or Filters(), data)
    result = await ask(context, Query(sql, chosen, guest=True, most_rows=MOST_ROWS))
    facts = describe_scope(data, chosen, result.price_version) | {
        "requests": result.rows_scanned,
        "columns": list(result.columns),
        "rows": [[as_fact(value) for value in row] for row in result.rows],
        "row_count": len(result.rows),
        "cut": result.cut,
    }
    block = Block(
        title="Result of a query",
        summary=summarise(facts),
        columns=tuple(Column(f"column_{number}", name) for number, name in enumerate(result.columns)),
        rows=tuple(tuple(as_cell(value) for value in row) for row in result.rows),
        source=name_source(data, [result]),
    )
    return ToolResult(block, facts)


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["requests"]:
        return "No rows match these filters."
    rows = f"The first {facts['row_count']:,} rows" if facts["cut"] else f"{facts['row_count']:,} rows"
    return f"{rows}, computed from {facts['requests']:,} rows of data"


def as_fact(value: Any) -> Any:
    """A value without loss: money and long decimals stay text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return f"{value:f}" if isinstance(value, Decimal) else show_moment(value)


def as_cell(value: Any) -> Cell:
    """A value as the page's table wants it."""
    return float(value) if isinstance(value, Decimal) else as_fact(value)


def show_moment(value: Any) -> str:
    """A day or a moment as ISO text."""
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


TOOL = AgentTool("Query the data", run_sql)
