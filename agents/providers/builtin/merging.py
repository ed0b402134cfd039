"""Joins what a follow-up names with what the questions before it named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from agents.handover import Entities, LatencyBudget
from agents.providers.builtin.aims import Goal
from agents.usage.questions import Question

# What is named anew replaces all of its group: another team is another subject, another month another period.
SUBJECT: Final = ("teams", "features", "users")
GROUPS: Final = (
    SUBJECT, ("models", "providers"), ("statuses",), ("from_model", "to_model"),
    ("by",), ("step",), ("top",), ("metric",),
    (
        "first_day", "last_day", "counted_from_data", "around",
        "before_first_day", "before_last_day", "after_first_day", "after_last_day",
    ),
)  # fmt: skip
GOALS: Final = (
    ("cost_cut_percent",), ("saving_amount",), ("budget_amount",), ("speed_factor",),
    ("growth_percent_low", "growth_percent_high"), ("latency_limit_ms",), ("requests_per_minute",),
    ("tokens_per_minute",),
)  # fmt: skip
ADDING: Final = re.compile(r"\b(?:also|too|as well|in addition|additionally|plus)\b")
NARROWING: Final = re.compile(r"\b(?:only|just|within|of those|of these|of that|there)\b")
AMOUNT_OF: Final = {
    Question.CUT_COST: ("cost_cut_percent",),
    Question.QUICK_WINS: ("cost_cut_percent",),
    Question.GROWTH: ("growth_percent_low", "growth_percent_high"),
}


def merge_entities(before: Entities, now: Entities, text: str, *, keeps_goals: bool) -> Entities:
    """What both name together; of the same kind what was said last."""
    merged: dict[str, Any] = {"follows_up": True}
    groups = GROUPS + GOALS if keeps_goals else GROUPS
    for group in split_subject(groups, text, before, now):
        source = now if any(has_value(now, name) for name in group) else before
        merged |= {name: getattr(source, name) for name in group}
    if not keeps_goals:
        merged |= {name: getattr(now, name) for group in GOALS for name in group}
    if ADDING.search(text) and before.by:
        merged["by"] = list(dict.fromkeys([*before.by, *now.by]))
    merged["latency_budgets"] = join_budgets(before.latency_budgets if keeps_goals else (), now.latency_budgets)
    merged["config_only"] = now.config_only or (before.config_only and keeps_goals)
    merged["as_report"] = now.as_report or before.as_report
    return Entities.model_validate(merged)


def split_subject(
    groups: Iterable[tuple[str, ...]], text: str, before: Entities, now: Entities
) -> Iterable[tuple[str, ...]]:
    """The groups; a team that only narrows down a feature stays beside it."""
    narrows = NARROWING.search(text) is not None or bool(now.users)
    for group in groups:
        if group is SUBJECT and narrows:
            yield from ((name,) for name in group)
        else:
            yield group


def has_value(entities: Entities, name: str) -> bool:
    """Whether this was named at all."""
    return bool(getattr(entities, name))


def join_budgets(before: Iterable[LatencyBudget], now: Iterable[LatencyBudget]) -> list[LatencyBudget]:
    """One budget a feature, the newer one."""
    budgets = {item.feature: item for item in (*before, *now)}
    return list(budgets.values())


def adopt_amounts(entities: Entities, goals: Iterable[Goal], question: Question) -> Entities:
    """A bare percentage (`and with 50 %?`) is what the question before was about."""
    bare = next((goal.amount for goal in goals if goal.kind == "" and goal.amount.kind == "percent"), None)
    names = AMOUNT_OF.get(question)
    if bare is None or names is None or any(has_value(entities, name) for name in names) or not bare.low:
        return entities
    values = {names[0]: bare.low}
    if len(names) > 1 and bare.high != bare.low:
        values[names[1]] = bare.high
    return entities.model_copy(update=values)
