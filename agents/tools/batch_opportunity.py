"""Which work nobody waits for, and what it would cost in batches."""

from __future__ import annotations

from typing import Any

from agents.engine.blocks import Block, Chart, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.savings.batches import (
    ASSUMPTIONS,
    DISCOUNT,
    Rhythm,
    estimate,
    find_batch,
    offers_batches,
    read_rhythm,
)
from agents.savings.groups import Group
from agents.savings.ranges import add_up
from agents.savings.strategies import Strategy, rank
from agents.savings.survey import Survey, survey
from agents.savings.words import STRATEGY_COLUMNS, list_missing, say_nothing, say_range, strategy_row
from agents.usage.filters import Filters
from agents.usage.results import name_source, percent

NEEDS = Needs("a look for batches", grains=("call",), columns=("tokens", "model"))


async def batch_opportunity(context: RunContext, filters: Filters | None = None) -> ToolResult:
    """Finds calls that could be sent in batches at half the price, because nobody seems to wait for their answers.

    It goes by when the calls come (at night, in bursts, around the clock) and whether first tokens are measured;
    what does not qualify is listed with the reason.

    Args:
        filters: Which rows to look at; all rows without it.
    """
    found = await survey(context, NEEDS, filters)
    groups = [group for group in found.groups if group.cells and group.cost]
    ranked = rank([item for group in groups if (item := find_batch(found, group))])
    taken = {item.key for item in ranked}
    combined = add_up(item.saving for item in ranked)
    facts = found.describe() | {
        "strategies": [item.as_facts() for item in ranked if item.matters],
        "candidates": [describe_candidate(item) for item in ranked],
        "not_qualified": [describe_refused(found, group) for group in groups if group.key not in taken],
        "combined": combined.as_money() | combined.as_percent(found.cost),
        "discount_percent": percent(int(DISCOUNT * 1000), 1000),
        "missing": list_missing(found.data.profile, ("first_token_ms",)),
        "assumptions": list(ASSUMPTIONS),
    }
    block = Block(
        title="What batches could save",
        summary=summarise(facts, found),
        columns=STRATEGY_COLUMNS,
        rows=tuple(strategy_row(item.as_facts()) for item in ranked),
        source=name_source(found.data, found.results),
        chart=Chart("bar", "title", ("saving_low", "saving_high")) if ranked else None,
    )
    return ToolResult(block, facts)


def describe_candidate(item: Strategy) -> dict[str, Any]:
    """A candidate with the rhythm behind it."""
    rhythm = read_rhythm(item.group)
    return item.name_rows() | (describe_rhythm(rhythm) if rhythm else {})


def describe_rhythm(rhythm: Rhythm) -> dict[str, Any]:
    """When the calls come."""
    return {
        "night_percent": percent(round(rhythm.night * 1000), 1000),
        "busiest_three_hours_percent": percent(round(rhythm.burst * 1000), 1000),
        "first_token_measured_percent": percent(round(rhythm.streamed * 1000), 1000),
    }


def describe_refused(found: Survey, group: Group) -> dict[str, Any]:
    """A group that does not qualify, why, and the most a batch of its night calls would save."""
    rhythm = read_rhythm(group)
    facts: dict[str, Any] = {"feature": group.feature, "model": group.model, "provider": group.provider}
    if rhythm is None:
        return facts | {"reason": "there are only totals of many calls", "saving": None}
    facts |= describe_rhythm(rhythm)
    if not offers_batches(group):
        return facts | {"reason": f"no batch price of {group.provider} is known", "saving": None}
    saving = estimate(group, rhythm)
    return facts | {"reason": rhythm.reason, "saving": saving.as_money() | saving.as_percent(found.cost)}


def summarise(facts: dict[str, Any], found: Survey) -> str:
    """One line above the table."""
    nothing = say_nothing(facts)
    if nothing:
        return nothing
    if not facts["candidates"]:
        return f"No feature looks as if nobody waited for it {found.describe_period()}"
    named = ", ".join(item["feature"] for item in facts["candidates"])
    return f"Batches would save {say_range(facts['combined'])} {found.describe_period()}: {named}"


TOOL = AgentTool("Look for batches", batch_opportunity, NEEDS)
