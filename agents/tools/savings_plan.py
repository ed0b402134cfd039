"""One plan of all ways to save: ranked, combined without overlap, and held against a target."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.savings.budgets import LatencyBudget, describe_budgets
from agents.savings.plans import (
    MOST_LEFT_OUT,
    OVERLAP_NOTE,
    RANKING,
    Plan,
    Wishes,
    describe_combined,
    find_strategies,
    make_plan,
    reaches,
)
from agents.savings.survey import Survey, survey
from agents.savings.words import STRATEGY_COLUMNS, list_missing, say_nothing, say_range, strategy_row
from agents.usage.asking import require_data
from agents.usage.filters import Filters
from agents.usage.results import as_number, name_source

Percent = Annotated[Decimal, Field(gt=0, le=100)]
Budgets = Annotated[tuple[LatencyBudget, ...], Field(max_length=50)]
NEEDS = Needs("a savings plan", grains=("call", "bucket"), columns=("tokens", "model"))
WOULD_HELP = ("feature", "prompt_hash", "latency_ms", "first_token_ms", "status|error")
COLUMNS = (
    *STRATEGY_COLUMNS[:6],
    Column("added_low", "Adds from", "USD"),
    Column("added_high", "Adds to", "USD"),
    *STRATEGY_COLUMNS[6:],
)


async def savings_plan(
    context: RunContext,
    target_percent: Percent | None = None,
    latency_budgets: Budgets = (),
    config_only: bool = False,
    filters: Filters | None = None,
) -> ToolResult:
    """Makes one plan of everything that saves: ranked, each with saving, effort, risk and how to check and undo it.

    Savings on the same calls are not counted twice: what all strategies save together is less than their sum. What
    would break a latency budget, or is not proven by the data, is left out with the reason.

    Args:
        target_percent: By how many percent the cost is to fall, for example 20.
        latency_budgets: How slow features may be at p95; what would make one slower than that is left out.
        config_only: Only changes of configuration, without work on code.
        filters: Which rows to look at; all rows without it.
    """
    data = require_data(context, NEEDS)
    found = await survey(context, NEEDS, filters, repeats=True, tails=True, history=True)
    plan = make_plan(find_strategies(found, latency_budgets), Wishes(tuple(latency_budgets), config_only))
    facts = found.describe() | {
        "strategies": plan.describe_strategies(),
        "combined": describe_combined(found, plan),
        "sum_of_single": plan.singles.as_money(),
        "overlap_note": OVERLAP_NOTE,
        "ranking": RANKING,
        "target": describe_target(found, plan, target_percent),
        "config_only": config_only,
        "budgets": describe_budgets(found, latency_budgets),
        "left_out": [item.as_facts() for item in plan.left_out[:MOST_LEFT_OUT]],
        "left_out_total": len(plan.left_out),
        "missing": list_missing(data.profile, WOULD_HELP),
        "assumptions": plan.list_assumptions(),
    }
    block = Block(
        title="Savings plan",
        summary=summarise(facts),
        columns=COLUMNS,
        rows=tuple(block_row(item) for item in facts["strategies"]),
        source=name_source(data, found.results),
        chart=Chart("bar", "title", ("added_low", "added_high")) if plan.chosen else None,
    )
    return ToolResult(block, facts)


def describe_target(found: Survey, plan: Plan, target: Decimal | None) -> dict[str, Any] | None:
    """The target and whether the plan reaches it."""
    if target is None:
        return None
    return {"percent": f"{target.normalize():f}", "reached": reaches(plan.combined, target, found.cost)}


def block_row(item: dict[str, Any]) -> tuple[Any, ...]:
    """One strategy as a table row, with what it adds to those above it."""
    row, added = strategy_row(item), item["added_saving"]
    return (*row[:6], as_number(added["low"]), as_number(added["high"]), *row[6:])


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    nothing = say_nothing(facts)
    if nothing:
        return nothing
    combined, target = facts["combined"], facts["target"]
    words = {"yes": "is reached", "perhaps": "is perhaps reached", "no": "is not reached"}
    aim = f"; the target of {target['percent']} % {words[target['reached']]}" if target else ""
    if not facts["strategies"]:
        return f"Nothing was found that saves from {facts['first_day']} to {facts['last_day']}{aim}"
    return (
        f"{len(facts['strategies'])} strategies save {say_range(combined)} ({combined['low_percent']} to"
        f" {combined['high_percent']} %) together, from {facts['first_day']} to {facts['last_day']}{aim}"
    )


TOOL = AgentTool("Plan savings", savings_plan, NEEDS)
