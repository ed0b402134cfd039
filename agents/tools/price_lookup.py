"""What a model costs: its dated prices by token class, tier and time of day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool
from agents.prices.library import context_window_of, providers_of, search_models
from agents.usage.pricing import SHOWN_CLASSES, as_floats, describe_cell, name_price_source

Name = Annotated[str, Field(min_length=1, max_length=200)]
MOST_MODELS = 5
MOST_SUGGESTED = 8
LABELS = ("Input", "Cached read", "Cache write", "Output", "Reasoning")


async def price_lookup(
    context: RunContext, model: Name, provider: Name | None = None, day: date | None = None
) -> ToolResult:
    """Looks a model's prices up: US dollars for a million tokens of each class, with the days each price holds.

    It needs no data set. Own prices entered by the administrators are part of it and marked.

    Args:
        model: The model's name as the provider spells it.
        provider: The provider; without it, the providers in the data, else all that list a model of this name.
        day: Only the prices that hold on this day; without it, all there ever were.
    """
    pairs = choose_pairs(context, model, provider)
    rows = [row for row in context.prices.rows_for(pairs) if day is None or row.valid_from <= day < row.valid_to]
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row.provider, row.model), []).append(describe_cell(row))
    facts: dict[str, Any] = {
        "asked": {"model": model, "provider": provider, "day": day.isoformat() if day else None},
        "requests": 0,
        "unit": "US dollars for a million tokens; for request: for a thousand requests",
        "price_version": context.prices.version,
        "models": [
            {"provider": key[0], "model": key[1], "context_window": context_window_of(*key), "prices": cells}
            for key, cells in found.items()
        ],
    }
    suggested = [] if facts["models"] else search_models(model)[:MOST_SUGGESTED]
    facts["similar"] = [f"{item.provider}/{item.model}" for item in suggested]
    block = Block(
        title=f"Prices of {model}",
        summary=summarise(facts),
        columns=COLUMNS,
        rows=tuple(block_rows(facts)),
        source=name_price_source(context.prices),
    )
    return ToolResult(block, facts)


COLUMNS = (
    Column("model", "Model"),
    Column("from", "From"),
    Column("to", "To"),
    Column("above", "Requests above (input tokens)"),
    Column("hours", "Hours"),
    *(Column(name, label, "USD") for name, label in zip(SHOWN_CLASSES, LABELS, strict=True)),
    Column("own", "Own prices"),
)


def choose_pairs(context: RunContext, model: str, provider: str | None) -> list[tuple[str, str]]:
    """The (provider, model) pairs that are meant."""
    if provider:
        return [(provider, model)]
    wanted = model.strip().casefold()
    used = context.data.profile.models if context.data else ()
    pairs = [pair for pair in used if pair[1].casefold() == wanted]
    return pairs[:MOST_MODELS] or [(name, model) for name in providers_of(model)][:MOST_MODELS]


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["models"]:
        return f"No price is known for {facts['asked']['model']}."
    newest = [cell for cell in facts["models"][0]["prices"] if cell["valid_to"] is None] or facts["models"][0]["prices"]
    prices = newest[0]["prices"]
    named = f"{facts['models'][0]['provider']}/{facts['models'][0]['model']}"
    return (
        f"{named}: {prices['input'] or 'no price'} USD a million input tokens,"
        f" {prices['output'] or 'no price'} USD a million output tokens ({facts['price_version']})"
    )


def block_rows(facts: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """One table row for each period, tier and time of day."""
    for item in facts["models"]:
        for cell in item["prices"]:
            prices = as_floats([cell["prices"][name] for name in SHOWN_CLASSES])
            days = (cell["valid_from"] or "always", cell["valid_to"] or "open")
            own = ", ".join(cell["own_prices"]) or None
            yield (
                f"{item['provider']}/{item['model']}",
                *days,
                cell["input_tokens_above"],
                cell["hours"],
                *prices,
                own,
            )


TOOL = AgentTool("Look prices up", price_lookup)
