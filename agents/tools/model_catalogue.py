"""Which models there are: those in the data beside their prices, and those the price book knows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Column, ToolResult
from agents.engine.context import DataHandle, PinnedPrices, RunContext
from agents.engine.specs import AgentTool, Needs
from agents.prices.library import ListedModel, context_window_of, search_models
from agents.usage.asking import ask, require_data
from agents.usage.filters import Filters
from agents.usage.pricing import SHOWN_CLASSES, as_floats, find_price, name_price_source, price_columns
from agents.usage.queries import Query
from agents.usage.results import SUMS, as_number, clip_period, describe_scope, name_source, percent, read_sums

Search = Annotated[str, Field(min_length=1, max_length=200)]
Top = Annotated[int, Field(ge=1, le=50)]
NEEDS = Needs("a list of models", columns=("model",))
LABELS = ("Input", "Cached read", "Cache write", "Output", "Reasoning")
USED = f"""SELECT provider, model, grouping(model) AS whole, {SUMS}
FROM calls
WHERE provider <> '' AND model <> ''
GROUP BY GROUPING SETS ((provider, model), ())
ORDER BY whole DESC, cost DESC NULLS LAST, requests DESC, provider, model
LIMIT $shown"""  # noqa: S608 - made of constants


async def model_catalogue(
    context: RunContext, search: Search | None = None, filters: Filters | None = None, top: Top = 20
) -> ToolResult:
    """Lists models with their current prices (US dollars for a million tokens) and their context windows.

    Without `search` these are the models in the data, the most expensive first; with it, the models of the price
    book in whose provider or name every word occurs, which needs no data set.

    Args:
        search: Words to look for in the price book, for example "openai mini".
        filters: Which rows to look at; all rows without it.
        top: How many models to return.
    """
    if search:
        return list_found(context, search, top)
    data = require_data(context, NEEDS)
    chosen = clip_period(filters or Filters(), data)
    result = await ask(context, Query(USED, chosen, {"shown": top + 1}))
    whole, *rows = result.as_dicts()
    facts = describe_scope(data, chosen, result.price_version) | read_sums(whole)
    facts |= {"search": None, "price_day": data.last_day.isoformat(), "models_total": len(data.profile.models)}
    facts["models"] = [describe_used(row, whole, data, context.prices) for row in rows]
    block = Block(
        title="Models in the data",
        summary=summarise_used(facts),
        columns=columns(with_use=True),
        rows=tuple(block_row(item, with_use=True) for item in facts["models"]),
        source=name_source(data, [result]),
    )
    return ToolResult(block, facts)


def describe_used(row: dict[str, Any], whole: dict[str, Any], data: DataHandle, prices: PinnedPrices) -> dict[str, Any]:
    """One model of the data: its use, and its base prices on the data's last day."""
    sums = read_sums(row)
    return {
        **describe_model(row["provider"], row["model"], data.last_day, prices),
        "requests": sums["requests"],
        "cost": sums["cost"],
        "share_percent": percent(row["cost"], whole["cost"]),
    }


def describe_model(provider: str, model: str, day: date, prices: PinnedPrices) -> dict[str, Any]:
    """One model with its base prices on a day."""
    row = find_price(prices.rows_for([(provider, model)]), day)
    return {
        "provider": provider,
        "model": model,
        "context_window": context_window_of(provider, model),
        "prices": price_columns(row),
        "own_prices": sorted(row.own) if row else [],
    }


def list_found(context: RunContext, search: str, top: int) -> ToolResult:
    """The models of the price book that match."""
    found = search_models(search)
    day = context.data.last_day if context.data else datetime.now(UTC).date()
    facts: dict[str, Any] = {
        "search": search,
        "requests": 0,
        "price_day": day.isoformat(),
        "price_version": context.prices.version,
        "models_total": len(found),
        "models": [describe_listed(item, day, context.prices) for item in found[:top]],
    }
    block = Block(
        title=f"Models called “{search}”",
        summary=f"{len(found):,} models of {facts['price_version']} match, prices of {facts['price_day']}",
        columns=columns(with_use=False),
        rows=tuple(block_row(item, with_use=False) for item in facts["models"]),
        source=name_price_source(context.prices),
    )
    return ToolResult(block, facts)


def describe_listed(item: ListedModel, day: date, prices: PinnedPrices) -> dict[str, Any]:
    """One model of the price book."""
    return describe_model(item.provider, item.model, day, prices) | {"name": item.name, "deprecated": item.deprecated}


def summarise_used(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["requests"]:
        return "No rows match these filters."
    return (
        f"{facts['models_total']:,} models in the data; the prices are those of {facts['price_day']}"
        f" in {facts['price_version']}, for a million tokens below any tier"
    )


def columns(*, with_use: bool) -> tuple[Column, ...]:
    """The table's columns."""
    use = (Column("requests", "Requests"), Column("cost", "Cost", "USD"), Column("share", "Share", "%"))
    prices = (Column(name, label, "USD") for name, label in zip(SHOWN_CLASSES, LABELS, strict=True))
    return (
        Column("provider", "Provider"),
        Column("model", "Model"),
        *(use if with_use else ()),
        *prices,
        Column("context", "Context window", "tokens"),
    )


def block_row(item: dict[str, Any], *, with_use: bool) -> tuple[Any, ...]:
    """One model as a table row."""
    use: tuple[Any, ...] = ()
    if with_use:
        use = (item["requests"], as_number(item["cost"]), as_number(item["share_percent"]))
    prices = as_floats(list(item["prices"].values()))
    return (item["provider"], item["model"], *use, *prices, item["context_window"])


TOOL = AgentTool("List models", model_catalogue, NEEDS)
