"""Several goals at once: whole options with cost and speed after growth, and what each meets."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.savings.budgets import LatencyBudget, describe_budgets
from agents.savings.goals import choose_best, find_contradiction, meets, set_goals
from agents.savings.options import ASSUMPTIONS, CHEAPEST, STAY, describe_option, list_options
from agents.savings.plans import MOST_LEFT_OUT, find_strategies
from agents.savings.survey import survey
from agents.savings.words import list_missing, say_nothing, say_range
from agents.usage.asking import require_data
from agents.usage.filters import Filters
from agents.usage.results import as_number, money, name_source

Change = Annotated[Decimal, Field(ge=-100, le=1000)]
Speed = Annotated[Decimal, Field(gt=0, le=100)]
Growth = Annotated[Decimal, Field(ge=-100, le=10_000)]
Budgets = Annotated[tuple[LatencyBudget, ...], Field(max_length=50)]
NEEDS = Needs("a trade-off", grains=("call", "bucket"), columns=("tokens", "model"))
COLUMNS = (
    Column("name", "Option"),
    Column("cost_low", "30 days from", "USD"),
    Column("cost_high", "30 days to", "USD"),
    Column("p95_low", "p95 from", "ms"),
    Column("p95_high", "p95 to", "ms"),
    Column("cost_goal", "Meets the cost"),
    Column("speed_goal", "Meets the speed"),
    Column("risk", "Risk"),
    Column("strategies", "Strategies"),
)


async def tradeoff(  # noqa: PLR0917
    context: RunContext,
    cost_change_percent: Change | None = None,
    speed_factor: Speed | None = None,
    growth_percent: Growth | None = None,
    latency_budgets: Budgets = (),
    filters: Filters | None = None,
) -> ToolResult:
    """Weighs several goals at once: cost and speed of staying, and of the cheapest, the fastest and a balanced way.

    Cost is that of 30 days after growth, held against 30 days of now; speed is the p95 of all calls together. It says
    which goals each option meets, and plainly where goals contradict each other.

    Args:
        cost_change_percent: How the cost of 30 days may change, for example -20, or 0 for the same budget.
        speed_factor: How many times faster answers are to come, for example 2.
        growth_percent: By how many percent requests grow, for example 30; three times as many is 200.
        latency_budgets: How slow features may be at p95; moves that break one are not part of any option.
        filters: Which rows to look at; all rows without it.
    """
    data = require_data(context, NEEDS)
    found = await survey(context, NEEDS, filters, repeats=True, tails=True, history=True, mixed=True)
    growth = growth_percent or Decimal(0)
    strategies = find_strategies(found, latency_budgets)
    options = list_options(found, strategies, tuple(latency_budgets), growth)
    by_name = {option.name: option for option in options}
    now = by_name[STAY].p95
    goals = set_goals(cost_change_percent, speed_factor, found.month_cost, now.low if now else None)
    described = [describe_option(option) | {"meets": meets(option, goals)} for option in options if found.groups]
    cheapest = by_name[CHEAPEST].plan
    best = choose_best(described) if described else None
    facts = found.describe() | {
        "goals": goals.as_facts(growth_percent),
        "now": {
            "cost_30_days": money(found.month_cost),
            "p95_ms": int(now.low) if now else None,
            "requests_30_days": found.month_requests,
        },
        "options": described,
        "best": best,
        "strategies": by_name[best].plan.describe_strategies() if best else [],
        "contradiction": find_contradiction(described, goals),
        "budgets": describe_budgets(found, latency_budgets),
        "left_out": [item.as_facts() for item in cheapest.left_out[:MOST_LEFT_OUT]],
        "left_out_total": len(cheapest.left_out),
        "missing": list_missing(data.profile, ("latency_ms", "feature", "prompt_hash")),
        "assumptions": list(dict.fromkeys([*ASSUMPTIONS, *cheapest.list_assumptions()])),
    }
    block = Block(
        title="Goals against each other",
        summary=summarise(facts),
        columns=COLUMNS,
        rows=tuple(block_row(item) for item in described),
        source=name_source(data, found.results),
        chart=Chart("bar", "name", ("cost_low", "cost_high")) if described else None,
    )
    return ToolResult(block, facts)


def block_row(item: dict[str, Any]) -> tuple[Any, ...]:
    """One option as a table row."""
    cost, p95, met = item["cost_30_days"], item["p95_ms"], item["meets"]
    titles = "; ".join(strategy["title"] for strategy in item["strategies"]) or "nothing changes"
    figures = (as_number(cost["low"]), as_number(cost["high"]), p95["low"], p95["high"])
    return (item["name"], *figures, met["cost"], met["speed"], item["risk"], titles)


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    nothing = say_nothing(facts)
    if nothing:
        return nothing
    best = next(item for item in facts["options"] if item["name"] == facts["best"])
    contradiction = f". {facts['contradiction']}" if facts["contradiction"] else ""
    risk = ", at a high risk" if best["risk"] == "high" else ""
    return f"“{best['name']}” fits best: {say_range(best['cost_30_days'])} in 30 days{risk}{contradiction}"


TOOL = AgentTool("Weigh goals against each other", tradeoff, NEEDS)
