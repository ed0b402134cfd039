"""Tokens that buy nothing: long tails, long-windedness, repeated context, idle reasoning, failed calls."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.savings.groups import Group
from agents.savings.output_limits import as_strategy as limit_output
from agents.savings.output_limits import find_idle_reasoning, find_tail, find_verbosity
from agents.savings.prompt_trims import as_strategy as trim_prompt
from agents.savings.prompt_trims import find_repeated_context
from agents.savings.ranges import add_up
from agents.savings.retries import as_strategy as stop_failures
from agents.savings.retries import find_failures
from agents.savings.strategies import Strategy, rank
from agents.savings.survey import Survey, survey
from agents.savings.waste import Waste
from agents.savings.words import list_missing, say_nothing, say_range
from agents.usage.filters import Filters
from agents.usage.results import as_number, name_source, percent

NEEDS = Needs("a look for wasted tokens", grains=("call",), columns=("tokens", "model"))
# Less than this share of what a group costs is not worth a line.
SMALLEST_SHARE = Decimal("0.001")
KINDS = ("output_tail", "verbosity", "repeated_context", "reasoning", "failed_calls")
OVERLAP = "Kinds of waste in the same calls may overlap, so they are not added up across kinds."


async def prompt_waste(context: RunContext, filters: Filters | None = None) -> ToolResult:
    """Finds wasted tokens by feature and model, in tokens and money, each as a range with a fix.

    Looks for answers far above the usual length, answers that are long as a rule, prompts much longer than their
    answers, reasoning before short answers, and calls that fail or are sent again.

    Args:
        filters: Which rows to look at; all rows without it.
    """
    found = await survey(context, NEEDS, filters, tails=True, retried=True)
    groups = [group for group in found.groups if group.cells]
    wasted = [waste for group in groups for waste in find_waste(found, group) if matters(waste)]
    wasted.sort(key=lambda item: (-item.cost.middle, -item.tokens.middle, item.kind, item.group.key))
    facts = found.describe() | {
        "findings": [item.as_facts() for item in wasted],
        "strategies": [
            item.as_facts() for item in rank([as_strategy(found, waste) for waste in wasted]) if item.matters
        ],
        "by_kind": [describe_kind(kind, wasted) for kind in KINDS],
        "failed": describe_failed(groups),
        "overlap_note": OVERLAP,
        "missing": list_missing(found.data.profile, ("status|error", "prompt_hash")),
        "assumptions": list(dict.fromkeys(item.assumption for item in wasted)),
    }
    block = Block(
        title="Tokens that buy nothing",
        summary=summarise(facts, found),
        columns=COLUMNS,
        rows=tuple(block_row(item) for item in facts["findings"]),
        source=name_source(found.data, found.results),
        chart=Chart("bar", "what", ("low", "high")) if wasted else None,
    )
    return ToolResult(block, facts)


COLUMNS = (
    Column("what", "Where"),
    Column("kind", "Kind"),
    Column("tokens_low", "From", "tokens"),
    Column("tokens_high", "To", "tokens"),
    Column("low", "Cost from", "USD"),
    Column("high", "Cost to", "USD"),
    Column("why", "Why"),
    Column("fix", "What to do"),
)


def find_waste(found: Survey, group: Group) -> Iterator[Waste]:
    """Every kind of waste in one group."""
    for waste in (
        find_tail(found, group),
        find_verbosity(found, group),
        find_repeated_context(found, group),
        find_idle_reasoning(found, group),
        find_failures(group),
    ):
        if waste:
            yield waste


def as_strategy(found: Survey, waste: Waste) -> Strategy:
    """The waste as a way to save."""
    if waste.kind == "repeated_context":
        return trim_prompt(found, waste)
    return stop_failures(found, waste) if waste.kind == "failed_calls" else limit_output(found, waste)


def matters(waste: Waste) -> bool:
    """Whether it is a thousandth of what its group costs, or tokens without a price."""
    return waste.tokens.high > 0 and waste.cost.high >= SMALLEST_SHARE * waste.group.cost


def describe_failed(groups: list[Group]) -> dict[str, Any]:
    """All failed calls, also those that cost nothing, and how many prompts were sent again after one."""
    calls = sum(group.shape.calls for group in groups if group.shape)
    failed = sum(group.shape.failed for group in groups if group.shape)
    again = [group.sent_again for group in groups if group.sent_again is not None]
    return {
        "calls": calls,
        "failed_calls": failed,
        "failed_percent": percent(failed, calls),
        "sent_again": sum(again) if again else None,
    }


def describe_kind(kind: str, wasted: list[Waste]) -> dict[str, Any]:
    """One kind over all groups."""
    own = [item for item in wasted if item.kind == kind]
    tokens = add_up(item.tokens for item in own)
    return {
        "kind": kind,
        "groups": len(own),
        "tokens": {"low": int(tokens.low), "high": int(tokens.high)},
        "cost": add_up(item.cost for item in own).as_money(),
    }


def block_row(item: dict[str, Any]) -> tuple[Any, ...]:
    """One finding as a table row."""
    costs = (as_number(item["cost"]["low"]), as_number(item["cost"]["high"]))
    where = f"{item['feature']} ({item['model']})"
    kind = item["kind"].replace("_", " ")
    return (where, kind, item["tokens"]["low"], item["tokens"]["high"], *costs, item["why"], item["fix"])


def summarise(facts: dict[str, Any], found: Survey) -> str:
    """One line above the table."""
    nothing = say_nothing(facts)
    if nothing:
        return nothing
    if not facts["findings"]:
        return f"No waste shows in the rows {found.describe_period()}"
    first = facts["findings"][0]
    return (
        f"{len(facts['findings'])} findings {found.describe_period()}; the largest is {first['kind'].replace('_', ' ')}"
        f" in {first['feature']}: {say_range(first['cost'])}"
    )


TOOL = AgentTool("Look for wasted tokens", prompt_waste, NEEDS)
