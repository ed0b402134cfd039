"""Whether growth fits the rate limits: the busiest minutes of each model, now and then, against the limits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.errors import DataLacking
from agents.usage.asking import ask_all, require_data
from agents.usage.filters import Filters
from agents.usage.peaks import MINUTES, REFUSALS, describe_model, list_limits_needed
from agents.usage.queries import Query
from agents.usage.results import NO_NAME, clip_period, describe_scope, name_source, percent

Growth = Annotated[Decimal, Field(ge=-100, le=10_000)]
Limit = Annotated[int, Field(ge=1)]
NEEDS = Needs("a question about rate limits", grains=("call",), columns=("tokens",))
# So many calls, every one on the full hour, were not counted by the minute.
FEWEST_ON_THE_HOUR: Final = 20
ASSUMPTIONS: Final = (
    "the low end is the minute busier than 99 % of all minutes with calls, the high end the busiest one; both grow as"
    " the requests do",
    "limits hold for each model of a provider by itself, in minutes of the clock; providers may count shorter spans",
    "tokens are input, cached input, cache writes, output and reasoning; some providers do not count what was read"
    " from a cache",
)
ONLY_FILTERED: Final = "only the filtered rows are counted; other calls of the same account share its limits"


async def rate_limit_check(
    context: RunContext,
    growth_percent: Growth = Decimal(0),
    requests_per_minute: Limit | None = None,
    tokens_per_minute: Limit | None = None,
    filters: Filters | None = None,
) -> ToolResult:
    """Checks rate limits: busiest and p99 minute of requests and tokens by model, now and at a growth.

    With limits given it says the headroom, the minutes that would overflow and the growth that still fits; limits
    that were not given are asked for, with where to find them. It also counts calls that were refused for their rate.

    Args:
        growth_percent: How many percent more requests; 3x as many are 200.
        requests_per_minute: The account's limit of requests a minute for one model, if it is known.
        tokens_per_minute: The account's limit of tokens a minute for one model, if it is known.
        filters: Which rows to look at; all rows without it. Choose one model where limits differ between models.
    """
    data = require_data(context, NEEDS)
    chosen = clip_period(filters or Filters(), data)
    factor, limits = 1 + growth_percent / 100, {"requests": requests_per_minute, "tokens": tokens_per_minute}
    parameters = {"factor": factor, "most_requests": requests_per_minute, "most_tokens": tokens_per_minute}
    results = await ask_all(
        context, [Query(MINUTES, chosen, parameters, priced=False), Query(REFUSALS, chosen, priced=False)]
    )
    rows, refusals = (result.as_dicts() for result in results)
    require_minutes(rows)
    models = [describe_model(row, factor, limits) for row in rows]
    facts = describe_scope(data, chosen, results[0].price_version)
    facts |= {
        "requests": sum(row["requests"] for row in rows),
        "growth_percent": f"{growth_percent.normalize():f}",
        "limits": {f"{name}_per_minute": limit for name, limit in limits.items()},
        "models": models,
        "minutes_over": sum(item["minutes_over"] or 0 for item in models) if any(limits.values()) else None,
        "overflowing": [item["model"] for item in models if item["fits"] is False],
        "limits_needed": list_limits_needed(models, limits),
        "refused": describe_refusals(refusals, rows),
        "assumptions": [*ASSUMPTIONS, *([ONLY_FILTERED] if chosen.values() else [])],
    }
    block = Block(
        title="Busiest minutes by model",
        summary=summarise(facts),
        columns=COLUMNS,
        rows=tuple(block_row(item) for item in models),
        source=name_source(data, results),
        chart=Chart("bar", "model", ("requests", "requests_then")) if models else None,
    )
    return ToolResult(block, facts)


def require_minutes(rows: Sequence[dict[str, Any]]) -> None:
    """Raises where the calls are not dated by the minute."""
    requests, minutes, on_the_hour = (
        sum(row[name] for row in rows) for name in ("requests", "minutes", "minutes_on_the_hour")
    )
    if requests >= FEWEST_ON_THE_HOUR and minutes == on_the_hour:
        raise DataLacking(
            "Every call of these rows is dated on the full hour; rate limits need the minute in which it was made."
        )


def describe_refusals(refusals: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The calls that failed because of a rate limit, as far as their errors say so."""
    requests = {(row["provider"], row["model"]): row["requests"] for row in rows}
    refused = sum(row["refused"] for row in refusals)
    return {
        "requests": refused,
        "percent": percent(refused, sum(requests.values())),
        "first_day": min((row["first_day"].isoformat() for row in refusals), default=None),
        "last_day": max((row["last_day"].isoformat() for row in refusals), default=None),
        "models": [
            {
                "provider": row["provider"] or NO_NAME,
                "model": row["model"] or NO_NAME,
                "requests": row["refused"],
                "percent": percent(row["refused"], requests[row["provider"], row["model"]]),
                "first_day": row["first_day"].isoformat(),
                "last_day": row["last_day"].isoformat(),
            }
            for row in refusals
        ],
    }


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["requests"]:
        return "No rows match these filters."
    refused = facts["refused"]
    seen = f"; {refused['requests']:,} calls were refused for their rate" if refused["requests"] else ""
    return f"{say_peak(facts)}; {say_limits(facts)}{seen}"


def say_peak(facts: dict[str, Any]) -> str:
    """The busiest minute of all."""
    first = facts["models"][0]
    peak = first["requests_per_minute"]
    then = (
        f" ({peak['at_growth_high']:,} with {facts['growth_percent']} % more)" if facts["growth_percent"] != "0" else ""
    )
    return f"Busiest minute: {peak['busiest']:,} requests to {first['model']}{then}"


def say_limits(facts: dict[str, Any]) -> str:
    """Whether it fits."""
    if facts["minutes_over"] is None:
        return "no limits were given to compare with"
    if not facts["minutes_over"]:
        return "every minute fits the limits given"
    return f"minutes that do not fit the limits given: {facts['minutes_over']:,} ({', '.join(facts['overflowing'])})"


COLUMNS: Final = (
    Column("model", "Model"),
    Column("provider", "Provider"),
    Column("requests", "Requests, busiest minute"),
    Column("requests_p99", "Requests, p99 minute"),
    Column("requests_then", "Requests at the growth"),
    Column("tokens", "Busiest minute", "tokens"),
    Column("tokens_p99", "p99 minute", "tokens"),
    Column("tokens_then", "At the growth", "tokens"),
    Column("minutes_over", "Minutes over a limit"),
)


def block_row(item: dict[str, Any]) -> tuple[Any, ...]:
    """One model as a table row."""
    peaks = (item["requests_per_minute"], item["tokens_per_minute"])
    figures = (peak[name] for peak in peaks for name in ("busiest", "p99", "at_growth_high"))
    return (item["model"], item["provider"], *figures, item["minutes_over"])


TOOL = AgentTool("Check rate limits", rate_limit_check, NEEDS)
