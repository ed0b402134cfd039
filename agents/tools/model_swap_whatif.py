"""What the same calls would cost on another model, and how fast they would be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Chart, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.savings.cells import Pair
from agents.savings.groups import Group
from agents.savings.model_swaps import find_swaps, swap_to
from agents.savings.named import find_target, require_used
from agents.savings.ranges import Range, add_up
from agents.savings.rollbacks import find_rollback
from agents.savings.strategies import Strategy, rank
from agents.savings.survey import Survey, survey
from agents.savings.words import STRATEGY_COLUMNS, say_nothing, say_range, strategy_row
from agents.usage.asking import require_data
from agents.usage.filters import Filters
from agents.usage.pricing import find_price, price_columns
from agents.usage.results import money, name_source, show_cost

Top = Annotated[int, Field(ge=1, le=50)]
Model = Annotated[str, Field(min_length=1, max_length=200)]
NEEDS = Needs("a what-if of another model", grains=("call", "bucket"), columns=("tokens", "model"))
SHOWN_ALTERNATIVES = 3


async def model_swap_whatif(
    context: RunContext,
    to_model: Model | None = None,
    from_model: Model | None = None,
    filters: Filters | None = None,
    top: Top = 10,
) -> ToolResult:
    """Re-prices the calls of each feature and model on another model: saving, latency and risk, each as a range.

    Without `to_model` it looks for models that are at least 30 % cheaper for these very calls: smaller or newer ones
    of the same family, models this data uses already, and the model a feature ran on before. With it, the answer may
    be that it costs more: then the saving is negative.

    Args:
        to_model: The model to move to, as `model` or `provider/model`; without it, candidates are looked for.
        from_model: Only calls to this model.
        filters: Which rows to look at, for example one feature; all rows without it.
        top: How many moves to return.
    """
    data = require_data(context, NEEDS)
    chosen = filters or Filters()
    if from_model:
        chosen = replace(chosen, models=(require_used(data, from_model),))
    target = find_target(data, context.prices, to_model) if to_model else None
    found = await survey(context, NEEDS, chosen, [target] if target else (), history=True)
    moves = list_moves(found, target)
    facts = found.describe() | {
        "from_model": from_model,
        "to_model": target[1] if target else None,
        "to_provider": target[0] if target else None,
        "to_prices": price_columns(find_price(found.table.rows_of(target), data.last_day)) if target else None,
        "strategies": [ranked[0].as_facts() for _, ranked in moves[:top] if ranked[0].matters],
        "options": [describe_move(found, group, ranked) for group, ranked in moves[:top]],
        "options_total": len(moves),
        "total": describe_total(found, moves),
        "assumptions": list(dict.fromkeys(text for _, ranked in moves for text in ranked[0].assumptions)),
    }
    facts["options_shown"] = len(facts["options"])
    block = Block(
        title=f"Moving calls to {target[1]}" if target else "Calls that could move to another model",
        summary=summarise(facts),
        columns=STRATEGY_COLUMNS,
        rows=tuple(strategy_row(ranked[0].as_facts()) for _, ranked in moves[:top]),
        source=name_source(data, found.results),
        chart=Chart("bar", "title", ("saving_low", "saving_high")) if facts["options"] else None,
    )
    return ToolResult(block, facts)


def list_moves(found: Survey, target: Pair | None) -> list[tuple[Group, list[Strategy]]]:
    """The groups that can move, each with its ways, the first choice first; easy work and large savings lead."""
    ways = ((group, list_ways(found, group, target)) for group in found.groups if group.cells and group.cost)
    moves = {ranked[0].id: (group, ranked) for group, ranked in ways if ranked}
    return [moves[item.id] for item in rank([ranked[0] for _, ranked in moves.values()])]


def list_ways(found: Survey, group: Group, target: Pair | None) -> list[Strategy]:
    """Where the group's calls could go: to the named model, or back, or to a cheaper one."""
    if target:
        way = swap_to(found, group, target) if group.pair != target else None
        return [way] if way else []
    back = find_rollback(found, group)
    return ([back] if back else []) + find_swaps(found, group)


def describe_move(found: Survey, group: Group, ranked: list[Strategy]) -> dict[str, Any]:
    """The first choice with the evidence behind it, and the next ones in short."""
    shape, first = group.shape, ranked[0]
    after = Range(group.cost - first.saving.high, group.cost - first.saving.low)
    return first.name_rows() | {
        "latency": first.latency.as_facts(),
        "risk": first.nature.risk,
        "confidence": first.nature.confidence,
        "cost_after": after.as_money(),
        "cost_per_request": money(group.cost / group.requests),
        "cost_per_request_after": after.times(Decimal(1) / group.requests).as_money(),
        "easy_work": group.is_easy,
        "typical_output_tokens": round(group.typical_output),
        "output_p99_tokens": None if shape is None or shape.output_p99 is None else round(shape.output_p99),
        "reasoning_tokens_per_request": round(group.tokens("reasoning") / group.requests),
        "used_recently": bool(group.recent_cost),
        "alternatives": [
            {"kind": item.kind.value, "to_model": item.to_model, "confidence": item.nature.confidence}
            | {"saving": item.saving.as_money() | item.saving.as_percent(found.cost)}
            for item in ranked[1 : SHOWN_ALTERNATIVES + 1]
        ],
    }


def describe_total(found: Survey, moves: list[tuple[Group, list[Strategy]]]) -> dict[str, Any]:
    """All first choices together: no call moves twice."""
    before = sum((group.cost for group, _ in moves), Range().low)
    saving = add_up(ranked[0].saving for _, ranked in moves)
    return {
        "cost": money(before),
        "cost_after": Range(before - saving.high, before - saving.low).as_money(),
        "saving": saving.as_money() | saving.as_percent(found.cost),
        "saving_30_days": add_up(ranked[0].month for _, ranked in moves).as_money(),
    }


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    nothing = say_nothing(facts)
    if nothing:
        return nothing
    if not facts["options"]:
        wanted = f"move to {facts['to_model']}" if facts["to_model"] else "move to a model that is clearly cheaper"
        return (
            f"None of the {facts['requests']:,} requests from {facts['first_day']} to {facts['last_day']} can {wanted}"
        )
    first = facts["options"][0]
    return (
        f"{first['title']}: saves {say_range(first['saving'])} of {show_cost(facts['cost'])}"
        f" from {facts['first_day']} to {facts['last_day']}; {facts['options_total']} moves in all"
    )


TOOL = AgentTool("Try another model", model_swap_whatif, NEEDS)
