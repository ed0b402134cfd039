"""How a tool asks its run's data: with the run's limits and prices, and on the run's account."""

from __future__ import annotations

from collections.abc import Sequence

from agents.engine.context import DataHandle, RunContext
from agents.engine.specs import Needs
from agents.errors import NoDataChosen
from agents.usage.needs import require_needs
from agents.usage.queries import Query, QueryLimits, QueryResult, run_queries

NO_NEEDS = Needs()


def require_data(context: RunContext, needs: Needs = NO_NEEDS) -> DataHandle:
    """The data this run may read, if it has what the tool needs."""
    if context.data is None:
        raise NoDataChosen()
    require_needs(context.data.profile, needs)
    return context.data


async def ask(context: RunContext, query: Query) -> QueryResult:
    """The result of one query."""
    (result,) = await ask_all(context, [query])
    return result


async def ask_all(context: RunContext, queries: Sequence[Query]) -> list[QueryResult]:
    """The results of several queries, which share one time limit."""
    results = await run_queries(
        require_data(context), queries, query_limits(context), context.prices, context.remembered_as
    )
    for result in results:
        context.consumed.add(result.rows_scanned, result.peak_bytes)
    return results


def query_limits(context: RunContext) -> QueryLimits:
    """What one query of this run may use."""
    return QueryLimits(memory_bytes=context.limits.memory_bytes, time_seconds=context.limits.query_seconds)
