"""Where caches would save: answers to prompts that come again, and the beginnings of long prompts."""

from __future__ import annotations

from typing import Any

from agents.engine.blocks import Block, Chart, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.savings.groups import Group
from agents.savings.plans import combine_strategies
from agents.savings.prompt_cache import find_achievable, find_prompt_cache, read_share, uncached_tokens
from agents.savings.ranges import NOTHING
from agents.savings.response_cache import find_response_cache
from agents.savings.strategies import Strategy, rank
from agents.savings.survey import Survey, survey
from agents.savings.words import STRATEGY_COLUMNS, list_missing, say_nothing, say_range, strategy_row
from agents.usage.filters import Filters
from agents.usage.results import money, name_source, percent

NEEDS = Needs("a look for caching", grains=("call",), columns=("tokens", "model"))


async def cache_opportunity(context: RunContext, filters: Filters | None = None) -> ToolResult:
    """Finds what caches would save, by feature and model, each as a range.

    Two kinds: keeping the answers of prompts that are repeated word for word (needs a prompt hash), and reading the
    fixed beginning of long prompts from the provider's cache.

    Args:
        filters: Which rows to look at; all rows without it.
    """
    found = await survey(context, NEEDS, filters, repeats=True)
    achievable = find_achievable(found)
    groups = [group for group in found.groups if group.cells and group.cost]
    answers = [(group, item) for group in groups if (item := find_response_cache(found, group))]
    prompts = [(group, item) for group in groups if (item := find_prompt_cache(found, group, achievable))]
    ranked = rank([item for _, item in [*answers, *prompts] if item.matters])
    combined = combine_strategies(ranked)
    facts = found.describe() | {
        "response_cache": [describe_answers(group, item) for group, item in answers],
        "prompt_cache": [describe_prompts(group, item) for group, item in prompts],
        "repeated": describe_repeated(groups),
        "strategies": combined.describe_strategies(),
        "combined": combined.combined.as_money() | combined.combined.as_percent(found.cost),
        "missing": list_missing(found.data.profile, ("prompt_hash",)),
        "assumptions": combined.list_assumptions(),
    }
    block = Block(
        title="What caching could save",
        summary=summarise(facts, found),
        columns=STRATEGY_COLUMNS,
        rows=tuple(strategy_row(item) for item in facts["strategies"]),
        source=name_source(found.data, found.results),
        chart=Chart("bar", "title", ("saving_low", "saving_high")) if ranked else None,
    )
    return ToolResult(block, facts)


def describe_answers(group: Group, item: Strategy) -> dict[str, Any]:
    """The repeats of one group."""
    repeats = group.repeats
    counts: dict[str, Any] = {}
    if repeats:
        counts = {
            "hashed_requests": repeats.hashed,
            "repeated_requests": {"low": repeats.day_requests, "high": repeats.requests},
            "repeated_percent": percent(repeats.requests, repeats.hashed),
        }
    return item.name_rows() | counts


def describe_prompts(group: Group, item: Strategy) -> dict[str, Any]:
    """The long prompts of one group."""
    return item.name_rows() | {
        "uncached_input_tokens": int(uncached_tokens(group)),
        "read_from_cache_percent": percent(round(read_share(group) * 1000), 1000),
    }


def describe_repeated(groups: list[Group]) -> dict[str, Any] | None:
    """All repeats together, also those of groups where they are few; None where no prompt can be told from another."""
    counted = [group.repeats for group in groups if group.repeats]
    if not counted:
        return None
    return {
        "hashed_requests": sum(item.hashed for item in counted),
        "requests": {"low": sum(item.day_requests for item in counted), "high": sum(item.requests for item in counted)},
        "cost": {
            "low": money(sum((item.day_cost for item in counted), NOTHING)),
            "high": money(sum((item.cost for item in counted), NOTHING)),
        },
    }


def summarise(facts: dict[str, Any], found: Survey) -> str:
    """One line above the table."""
    nothing = say_nothing(facts)
    if nothing:
        return nothing
    lacking = "; without a prompt hash, repeated prompts cannot be found" if facts["missing"] else ""
    if not facts["strategies"]:
        return f"No cache would save anything {found.describe_period()}{lacking}"
    return (
        f"Caches would save {say_range(facts['combined'])} ({facts['combined']['low_percent']} to"
        f" {facts['combined']['high_percent']} %) {found.describe_period()}{lacking}"
    )


TOOL = AgentTool("Look for caching", cache_opportunity, NEEDS)
