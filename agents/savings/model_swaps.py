"""The same calls on another model."""

from __future__ import annotations

from typing import Final

from agents.savings.cells import Pair
from agents.savings.groups import Group
from agents.savings.latencies import latency_on
from agents.savings.strategies import Kind, Nature, Strategy, make_strategy
from agents.savings.survey import Survey
from agents.savings.targets import SWAP_ASSUMPTIONS, Repriced, find_options, fits, is_newer, reprice
from agents.usage.results import money, percent, show_cost

VERIFY: Final = (
    "Run 200 recent calls on both models, compare the answers blind, then send 10 % of the traffic there for a week"
    " and watch cost per request, p95 and complaints."
)


def find_swaps(found: Survey, group: Group) -> list[Strategy]:
    """The group on each model that would be clearly cheaper, the first choice first."""
    return [make_swap(found, group, item) for item in find_options(found, group)]


def swap_to(found: Survey, group: Group, pair: Pair) -> Strategy | None:
    """The group on this very model, cheaper or dearer; None where it has no price."""
    item = reprice(found, group, pair)
    return None if item is None else make_swap(found, group, item)


def make_swap(found: Survey, group: Group, item: Repriced) -> Strategy:
    """The strategy of one re-priced group."""
    return make_strategy(
        found,
        group,
        Kind.MODEL_SWAP,
        f"Move {group.label} to {item.pair[1]}",
        item.saving_of(group),
        explain(group, item),
        SWAP_ASSUMPTIONS,
        judge(found, group, item.pair),
        latency_on(found, group, item.pair),
        to_model=item.pair[1],
        aspect="" if item.pair[0] == group.provider else item.pair[0],
    )


def explain(group: Group, item: Repriced) -> str:
    """The evidence in a sentence."""
    share = percent(item.same_tokens, group.cost)
    window = "" if fits(group, item.pair) else " Its longest prompts do not go into that model."
    return (
        f"The {group.requests:,} requests cost {show_cost(money(group.cost))} on {group.model}; the same tokens cost"
        f" {show_cost(money(item.same_tokens))} ({share} %) on {item.pair[1]}. {describe_work(group)}{window}"
    )


def describe_work(group: Group) -> str:
    """What the rows say of how hard the work is."""
    typical = round(group.typical_output)
    kind = "median" if group.shape else "mean"
    if group.is_easy:
        return f"The answers are short ({kind} of {typical:,} output tokens) and take little reasoning: easy work."
    return f"The answers have a {kind} of {typical:,} output tokens, so nothing here shows that the work is easy."


def judge(found: Survey, group: Group, pair: Pair) -> Nature:
    """How hard, how risky and how sure the move is."""
    known, newer, same_provider = pair in found.used(), is_newer(group, pair), pair[0] == group.provider
    sure = group.is_easy or (newer and known)
    return Nature(
        quality=say_quality(group, newer),
        effort="low" if same_provider else "medium",
        risk="low" if group.is_easy else "medium" if newer else "high",
        confidence="medium" if sure else "low",
        config_only=same_provider,
        verify=VERIFY,
        roll_back=f"Set the model back to {group.model}; nothing else changes.",
        days_to_do=(1, 3) if same_provider else (3, 10),
    )


def say_quality(group: Group, newer: bool) -> str:
    """What it may do to the answers."""
    if newer:
        return "A newer model of the same size should answer at least as well; a test has to show it."
    if group.is_easy:
        return "Short answers such as labels seldom need the larger model; a test has to show it."
    return "Longer answers may get worse on the other model; a test has to show how much."
