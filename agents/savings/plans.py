"""All ways to save together: ranked, without overlap, and what does not belong into the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from agents.savings.batches import find_batch
from agents.savings.budgets import LatencyBudget, break_reason
from agents.savings.groups import Group, Key
from agents.savings.model_swaps import find_swaps
from agents.savings.output_limits import as_strategy as limit_output
from agents.savings.output_limits import find_idle_reasoning, find_tail, find_verbosity
from agents.savings.prompt_cache import find_achievable, find_prompt_cache
from agents.savings.prompt_trims import as_strategy as trim_prompt
from agents.savings.prompt_trims import find_repeated_context
from agents.savings.ranges import NOTHING, Range, add_up
from agents.savings.response_cache import find_response_cache
from agents.savings.retries import as_strategy as stop_failures
from agents.savings.retries import find_failures
from agents.savings.rollbacks import find_rollback
from agents.savings.strategies import MODEL_KINDS, SMALLEST_SHARE, Kind, Strategy, rank
from agents.savings.survey import Survey
from agents.usage.results import percent

MOST_LEFT_OUT: Final = 10
OVERLAP_NOTE: Final = (
    "The strategies are applied one after the other in the order of this list: each saves its share of what those"
    " before it left of the same rows (one feature on one model). Of two changes of model for the same rows only the"
    " first is taken. So together they save less than the sum of all."
)
UNPROVEN: Final = (
    "Nothing in the data shows that the work is easy enough, and this move was never tried here; test it first."
)
RANKING: Final = (
    "Ranked by the middle of the saving times the confidence (high 1.0, medium 0.7, low 0.4), then by the least effort."
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A strategy that is not in the plan, and why."""

    strategy: Strategy
    reason: str

    def as_facts(self) -> dict[str, Any]:
        """JSON-ready data."""
        saving = self.strategy.saving
        return {
            "id": self.strategy.id,
            "title": self.strategy.title,
            "reason": self.reason,
            "saving": saving.as_money() | saving.as_percent(self.strategy.whole),
        }


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a plan has to keep to."""

    budgets: tuple[LatencyBudget, ...] = ()
    config_only: bool = False


@dataclass(slots=True)
class Plan:
    """The strategies in their order, each with what it adds to those before it, and those left out."""

    chosen: list[Strategy] = field(default_factory=list)
    added: list[Range] = field(default_factory=list)
    added_month: list[Range] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def combined(self) -> Range:
        """What all of them save together."""
        return add_up(self.added)

    @property
    def month(self) -> Range:
        """What they save together in 30 days."""
        return add_up(self.added_month)

    @property
    def singles(self) -> Range:
        """What they would save if none met another."""
        return add_up(item.saving for item in self.chosen)

    def describe_strategies(self) -> list[dict[str, Any]]:
        """The strategies as facts."""
        return [
            item.as_facts() | {"added_saving": added.as_money() | added.as_percent(item.whole)}
            for item, added in zip(self.chosen, self.added, strict=True)
        ]

    def list_assumptions(self) -> list[str]:
        """Every assumption once, in the order of the strategies."""
        return list(dict.fromkeys(text for item in self.chosen for text in item.assumptions))


def find_strategies(found: Survey, budgets: Sequence[LatencyBudget] = ()) -> list[Strategy]:
    """Everything the estimators find, ranked; what would hardly save anything is dropped."""
    achievable = find_achievable(found)
    strategies: list[Strategy | None] = []
    for group in found.groups:
        if not group.cells or not group.cost:
            continue
        strategies += [find_rollback(found, group), *choose_swaps(find_swaps(found, group), budgets)]
        strategies += [find_response_cache(found, group), find_prompt_cache(found, group, achievable)]
        strategies += [find_batch(found, group), *find_wasted(found, group)]
    smallest = found.cost * SMALLEST_SHARE
    return rank([item for item in strategies if item and item.saving.high >= smallest])


def choose_swaps(swaps: Sequence[Strategy], budgets: Sequence[LatencyBudget]) -> list[Strategy]:
    """The first choice; where it breaks a budget, also the first that does not."""
    kept = next((item for item in swaps if break_reason(item, budgets) is None), None)
    return [*swaps[:1], *([kept] if kept and kept.id != swaps[0].id else [])]


def find_wasted(found: Survey, group: Group) -> list[Strategy]:
    """The ways to save that follow from waste."""
    outputs = (find_tail(found, group), find_verbosity(found, group), find_idle_reasoning(found, group))
    context, failures = find_repeated_context(found, group), find_failures(group)
    strategies = [limit_output(found, waste) for waste in outputs if waste]
    strategies += [trim_prompt(found, context)] if context else []
    return strategies + ([stop_failures(found, failures)] if failures else [])


def make_plan(strategies: Sequence[Strategy], wishes: Wishes) -> Plan:
    """Those that fit the wishes and do not exclude each other, in their order, combined."""
    plan, moved = Plan(), dict[Key, Strategy]()
    for item in strategies:
        reason = refuse(item, wishes) or exclude(item, moved)
        if reason:
            plan.left_out.append(LeftOut(item, reason))
            continue
        if item.kind in MODEL_KINDS:
            moved[item.key] = item
        plan.chosen.append(item)
    combine(plan)
    return plan


def combine_strategies(strategies: Sequence[Strategy]) -> Plan:
    """A plan of all of them, without a wish."""
    plan = Plan(chosen=list(strategies))
    combine(plan)
    return plan


def refuse(item: Strategy, wishes: Wishes) -> str | None:
    """Why the strategy is not for this plan; None where it is."""
    if not item.group.recent_cost:
        return f"{item.group.label} was not used in the last days of the period, so nothing is left to save."
    if item.saving.low < 0:
        return "It may cost more than now."
    if item.kind is Kind.MODEL_SWAP and item.nature.confidence == "low":
        return UNPROVEN
    if wishes.config_only and not item.nature.config_only:
        return "It takes more than a change of configuration."
    return break_reason(item, wishes.budgets)


def exclude(item: Strategy, moved: dict[Key, Strategy]) -> str | None:
    """Why it cannot be done beside one that was taken already."""
    taken = moved.get(item.key) if item.kind in MODEL_KINDS else None
    return f"The same calls can move only once: “{taken.title}” comes first." if taken else None


def combine(plan: Plan) -> None:
    """What each strategy adds, once those before it have taken their share of its rows."""
    left: dict[Key, Range] = {}
    for item in plan.chosen:
        now = left.get(item.key, Range(Decimal(1), Decimal(1)))
        plan.added.append(Range(item.saving.low * now.low, item.saving.high * now.high))
        plan.added_month.append(Range(item.month.low * now.low, item.month.high * now.high))
        cost = item.group.cost
        left[item.key] = Range(now.low * (1 - item.saving.low / cost), now.high * (1 - item.saving.high / cost))


def describe_combined(found: Survey, plan: Plan) -> dict[str, Any]:
    """The whole plan's saving as facts."""
    month, combined = plan.month.as_money(), plan.combined
    return (
        combined.as_money()
        | combined.as_percent(found.cost)
        | {
            "low_30_days": month["low"],
            "high_30_days": month["high"],
            "low_percent_30_days": percent(plan.month.low, found.month_cost),
            "high_percent_30_days": percent(plan.month.high, found.month_cost),
        }
    )


def reaches(combined: Range, target_percent: Decimal, cost: Decimal) -> str:
    """Whether the careful end reaches the target, or only the hopeful one, or neither."""
    wanted = cost * target_percent / 100
    if cost <= NOTHING:
        return "no"
    return "yes" if combined.low >= wanted else "perhaps" if combined.high >= wanted else "no"
