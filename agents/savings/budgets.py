"""How slow each feature may be, and what would break that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from agents.savings.strategies import Kind, Strategy
from agents.savings.survey import Survey

CHANGING = frozenset((Kind.MODEL_SWAP, Kind.ROLLBACK))


@dataclass(frozen=True, slots=True)
class LatencyBudget:
    """The p95 a feature must stay within."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    feature: str
    """Exact feature name as it occurs in the data."""
    p95_ms: Annotated[int, Field(ge=1, le=86_400_000)]
    """The p95 of its latency in milliseconds that must not be exceeded."""


def break_reason(strategy: Strategy, budgets: Sequence[LatencyBudget]) -> str | None:
    """Why the strategy does not go with the budgets; None where it does."""
    for budget in budgets:
        if budget.feature != strategy.group.feature:
            continue
        before, after = strategy.latency.before_ms, strategy.latency.after_ms
        if after is None and strategy.kind in CHANGING:
            return f"The budget is {budget.p95_ms:,} ms at p95, and {strategy.latency.note}"
        if after is not None and after > budget.p95_ms and (before is None or after > before):
            return f"{budget.feature} would take {after:,} ms at p95; the budget is {budget.p95_ms:,} ms."
    return None


def describe_budgets(found: Survey, budgets: Sequence[LatencyBudget]) -> list[dict[str, Any]]:
    """Each budget beside what is measured now: the slowest of the feature's models."""
    return [describe_budget(found, budget) for budget in budgets]


def describe_budget(found: Survey, budget: LatencyBudget) -> dict[str, Any]:
    """One budget."""
    own = [group for group in found.groups if group.feature == budget.feature]
    measured = [group.shape.p95 for group in own if group.shape and group.shape.p95 is not None and group.recent_cost]
    now = max(measured, default=None)
    return {
        "feature": budget.feature,
        "p95_ms": budget.p95_ms,
        "known": bool(own),
        "measured_p95_ms": now,
        "met_now": None if now is None else now <= budget.p95_ms,
    }
