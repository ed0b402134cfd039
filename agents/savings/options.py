"""Whole ways to go, each made of strategies: what it costs after growth and how fast it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from agents.savings.budgets import LatencyBudget
from agents.savings.groups import Group, Key
from agents.savings.model_swaps import make_swap
from agents.savings.plans import Plan, Wishes, combine_strategies, make_plan
from agents.savings.ranges import Range
from agents.savings.strategies import MODEL_KINDS, Kind, Strategy, rank
from agents.savings.sums import POINTS
from agents.savings.survey import Survey
from agents.savings.targets import OUTPUT, fits, reprice, suits

STAY, CHEAPEST, FASTEST, BALANCED = "stay as it is", "cheapest", "fastest", "balanced"
RISKS: Final = ("low", "medium", "high")
# A move for speed has to show.
SLOWEST_SHARE: Final = 0.9
ASSUMPTIONS: Final = (
    "30 days cost and hold what the last 30 days of the period did (of a shorter one: its days, scaled up).",
    "Growth adds requests of the same kinds; cost grows with it in proportion.",
    "The p95 is that of all calls together, mixed from the measured latencies of each feature on each model, at the"
    " share each has in the last days.",
    "Where a model is not measured on the feature itself, its time is 0.85 to 1.25 times the estimate.",
    "Kept answers come at once, and calls in batches are not waited for.",
)


@dataclass(frozen=True, slots=True)
class Option:
    """One way to go."""

    name: str
    plan: Plan
    cost: Range
    p95: Range | None


def list_options(
    found: Survey, strategies: Sequence[Strategy], budgets: tuple[LatencyBudget, ...], growth: Decimal
) -> list[Option]:
    """The four ways, in a fixed order."""
    wishes = Wishes(budgets)
    fast = rank(find_fast(found))
    caches = [item for item in strategies if item.kind is Kind.RESPONSE_CACHE]
    plans = {
        BALANCED: make_plan([item for item in strategies if is_mild(item)], wishes),
        CHEAPEST: make_plan(strategies, wishes),
        FASTEST: make_fast_plan([*fast, *caches], wishes),
        STAY: Plan(),
    }
    return [describe_way(found, name, plan, growth) for name, plan in plans.items()]


def describe_way(found: Survey, name: str, plan: Plan, growth: Decimal) -> Option:
    """One way with its cost after growth and its speed."""
    factor = 1 + growth / 100
    cost = Range(found.month_cost - plan.month.high, found.month_cost - plan.month.low).times(factor)
    return Option(name, plan, cost, mix_p95(found, plan.chosen))


def is_mild(item: Strategy) -> bool:
    """Whether it makes nothing slower and risks little."""
    if item.kind is Kind.BATCH or item.nature.risk == "high":
        return False
    before, after = item.latency.before_ms, item.latency.after_ms
    return item.kind not in MODEL_KINDS or (before is not None and after is not None and after <= before)


def find_fast(found: Survey) -> list[Strategy]:
    """For each group in use the fastest model of the data that suits it, where that is clearly faster."""
    fastest: list[Strategy] = []
    for group in found.groups:
        moves = [item for item in list_measured(found, group) if item.latency.after_ms is not None]
        best = min(moves, key=lambda item: (item.latency.after_ms or 0, item.id), default=None)
        if best and is_faster(best):
            fastest.append(best)
    return fastest


def list_measured(found: Survey, group: Group) -> list[Strategy]:
    """The group on each model of the data that suits it, cheaper or dearer, and on those it ran on before."""
    if not group.recent_cost:
        return []
    known = {item.pair for item in found.history_groups if item.feature == group.feature}
    pairs = sorted(pair for pair in found.used() - {group.pair} if pair in known or suits(group, pair))
    repriced = (reprice(found, group, pair) for pair in pairs if fits(group, pair))
    return [make_swap(found, group, item) for item in repriced if item]


def is_faster(item: Strategy) -> bool:
    """Whether the move is worth it for its speed alone."""
    before, after = item.latency.before_ms, item.latency.after_ms
    return before is not None and after is not None and after <= SLOWEST_SHARE * before


def make_fast_plan(strategies: Sequence[Strategy], wishes: Wishes) -> Plan:
    """The moves for speed, proven or not and dearer or not, that keep to the budgets."""
    chosen = [item for item in strategies if item.group.recent_cost and keeps(item, wishes)]
    return combine_strategies(chosen)


def keeps(item: Strategy, wishes: Wishes) -> bool:
    """Whether it goes with every budget of its feature."""
    after = item.latency.after_ms
    own = [budget.p95_ms for budget in wishes.budgets if budget.feature == item.group.feature]
    return item.kind not in MODEL_KINDS or after is None or all(after <= most or is_faster(item) for most in own)


def mix_p95(found: Survey, strategies: Sequence[Strategy]) -> Range | None:
    """The p95 of all calls together after these strategies; None where a model was never measured."""
    by_key: dict[Key, list[Strategy]] = {}
    for item in strategies:
        by_key.setdefault(item.key, []).append(item)
    if any(item.kind in MODEL_KINDS and item.latency.after_ms is None for item in strategies):
        return None
    ends = [mix(found, by_key, is_low=is_low) for is_low in (True, False)]
    low, high = (None if end is None else quantile(end, 0.95) for end in ends)
    return None if low is None or high is None else Range(Decimal(round(low)), Decimal(round(high)))


def mix(found: Survey, by_key: dict[Key, list[Strategy]], *, is_low: bool) -> list[tuple[float, float]] | None:
    """Milliseconds with their weights: of every group in use, after its strategies."""
    weighed: list[tuple[float, float]] = []
    for group in found.groups:
        recent = sum(cell.recent_requests for cell in group.cells)
        shape = group.shape
        if not recent or shape is None or not shape.points:
            continue
        own = by_key.get(group.key, [])
        factor, at_once, waited = change_times(own, is_low=is_low)
        weight = recent * waited / len(POINTS)
        weighed += [(point * factor, weight * (1 - at_once)) for point in shape.points]
        weighed.append((0.0, recent * waited * at_once))
    return weighed or None


def change_times(strategies: Sequence[Strategy], *, is_low: bool) -> tuple[float, float, float]:
    """By what the group's times are multiplied, which share comes at once, and whether anybody waits at all."""
    factor, at_once, waited = 1.0, 0.0, 1.0
    for item in strategies:
        if item.kind in MODEL_KINDS:
            factor = slow_down(item, is_low=is_low)
        elif item.kind is Kind.RESPONSE_CACHE and item.group.repeats:
            repeats = item.group.repeats
            at_once = (repeats.requests if is_low else repeats.day_requests) / repeats.hashed
        elif item.kind is Kind.BATCH:
            waited = 0.0
    return factor, at_once, waited


def slow_down(item: Strategy, *, is_low: bool) -> float:
    """The move's p95 as a multiple of that of now, at one end of what is not measured."""
    before, after = item.latency.before_ms, item.latency.after_ms
    if not before or after is None:
        return 1.0
    spread = float(OUTPUT.low if is_low else OUTPUT.high) if item.latency.estimated else 1.0
    return after / before * spread


def quantile(weighed: Sequence[tuple[float, float]], share: float) -> float | None:
    """The value below which this share of the weight lies, between the two values it lies between."""
    ordered = sorted(item for item in weighed if item[1] > 0)
    total = sum(weight for _, weight in ordered)
    if not total:
        return None
    passed, before = 0.0, (ordered[0][0], 0.0)
    for value, weight in ordered:
        middle = (passed + weight / 2) / total
        if middle >= share:
            span = middle - before[1]
            return before[0] + (value - before[0]) * ((share - before[1]) / span if span else 0.0)
        before, passed = (value, middle), passed + weight
    return ordered[-1][0]


def describe_option(option: Option) -> dict[str, Any]:
    """The option as facts, without what it meets."""
    p95 = option.p95
    return {
        "name": option.name,
        "strategies_total": len(option.plan.chosen),
        "strategies": [
            {"id": item.id, "title": item.title, "risk": item.nature.risk, "confidence": item.nature.confidence}
            for item in option.plan.chosen
        ],
        "risk": max((item.nature.risk for item in option.plan.chosen), key=RISKS.index, default="low"),
        "cost_30_days": option.cost.as_money(),
        "p95_ms": {"low": int(p95.low) if p95 else None, "high": int(p95.high) if p95 else None},
    }
