"""What an agent used of its model: tokens by class, and what they cost where the price is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.usage import RequestUsage, RunUsage, UsageBase

from agents.engine.context import PinnedPrices

WITHOUT_TOKENS: Final = "builtin"
COUNTS: Final = (
    "requests",
    "tool_calls",
    "input_tokens",
    "cached_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "unmeasured_requests",
)


def report_usage(
    usage: RunUsage,
    provider: str,
    model: str,
    prices: PinnedPrices,
    *,
    requests: Sequence[RequestUsage] = (),
    at: datetime | None = None,
) -> dict[str, Any]:
    """Requests, tool calls, token classes that do not overlap, and their cost as text; None: unpriced.

    Tiers are per request, so the cost is only right with the usage of each of them; without, all count as one.
    """
    counted: dict[str, Any] = {"requests": usage.requests, "tool_calls": usage.tool_calls}
    if provider == WITHOUT_TOKENS:
        return counted
    tokens = split_tokens(usage)
    counted |= {
        "input_tokens": tokens["input"],
        "cached_read_tokens": tokens["cached_read"],
        "cache_write_tokens": tokens["cache_write_5m"] + tokens["cache_write_1h"],
        "output_tokens": tokens["output"],
        "reasoning_tokens": tokens["reasoning"],
    }
    unmeasured = max(usage.unmeasured_requests, sum(item.unmeasured_requests for item in requests))
    if unmeasured or (usage.requests and not usage.input_tokens):
        return counted | {"unmeasured_requests": unmeasured or usage.requests, "cost": None}
    if not usage.requests:
        return counted | {"cost": "0"}
    rows = prices.rows_for([(provider, model)])
    moment = at or datetime.now(UTC)
    costs = [price_request(item, rows, moment) for item in requests or (usage,)]
    return counted | {"cost": write_sum(costs)}


def join_usage(reports: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What several agents, or several tries, used together; a cost only if each part that has tokens has one."""
    parts = list(reports)
    joined: dict[str, Any] = {name: sum(part.get(name, 0) for part in parts) for name in COUNTS}
    joined = {name: count for name, count in joined.items() if any(name in part for part in parts)}
    priced = [part for part in parts if "cost" in part]
    if priced:
        joined["cost"] = write_sum([None if part["cost"] is None else Decimal(part["cost"]) for part in priced])
    return joined


def count_tokens(reports: Iterable[dict[str, Any]]) -> int:
    """All tokens of these reports; their classes do not overlap."""
    return sum(count for report in reports for name, count in report.items() if name.endswith("_tokens"))


def list_requests(messages: Sequence[ModelMessage]) -> list[RequestUsage]:
    """The usage of each request of the run that wrote the last message, as the provider counted it."""
    run_id = messages[-1].run_id if messages else None
    own = [item for item in messages if isinstance(item, ModelResponse) and item.run_id == run_id]
    return [count_request(item) for item in own if item.finish_reason or item.parts or item.usage.has_values()]


def count_request(response: ModelResponse) -> RequestUsage:
    """The usage of one answer; of one that broke off, or that nobody counted, the rest is unknown."""
    usage = response.usage
    is_whole = response.finish_reason is not None and usage.input_tokens > 0
    return usage if is_whole or usage.unmeasured_requests else usage + RequestUsage(unmeasured_requests=1)


def split_tokens(usage: UsageBase) -> dict[str, int]:
    """The library's counts contain one another; these do not."""
    reading, writing = usage.cache_read_tokens, usage.cache_write_tokens
    return {
        "input": max(0, usage.input_tokens - reading - writing),
        "cached_read": reading,
        "cache_write_5m": max(0, writing - usage.cache_write_1h_tokens),
        "cache_write_1h": usage.cache_write_1h_tokens,
        "output": max(0, usage.output_tokens - usage.output_reasoning_tokens),
        "reasoning": usage.output_reasoning_tokens,
    }


def price_request(usage: UsageBase, rows: Sequence[Any], moment: datetime) -> Decimal | None:
    """What one request cost; None if any class it used has no price."""
    row = find_row(rows, moment, usage.input_tokens)
    if row is None:
        return None
    total: Decimal = row.prices.request
    for name, tokens in split_tokens(usage).items():
        price: Decimal | None = getattr(row.prices, name)
        if tokens and price is None:
            return None
        total += tokens * (price or Decimal(0))
    return total


def find_row(rows: Sequence[Any], moment: datetime, input_tokens: int) -> Any | None:
    """The price row that holds at this moment for a request of this size."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    since = moment - midnight
    of_day = since.seconds * 1_000_000 + since.microseconds
    fitting = (
        row
        for row in rows
        if row.valid_from <= moment.date() < row.valid_to
        and row.day_from <= of_day < row.day_to
        and row.tokens_above < input_tokens <= row.tokens_to
    )
    return next(fitting, None)


def write_sum(costs: Sequence[Decimal | None]) -> str | None:
    """The sum as text; one unknown makes it unknown."""
    known = [cost for cost in costs if cost is not None]
    return f"{sum(known, Decimal(0)).normalize():f}" if len(known) == len(costs) else None
