"""Of the same kind, what was said last counts."""

from __future__ import annotations

from typing import Any

from agents.handover import Entities
from agents.providers.builtin.aims import find_goals
from agents.providers.builtin.merging import adopt_amounts, merge_entities
from agents.usage.questions import Question


def merge(before: dict[str, Any], now: dict[str, Any], text: str = "", *, keeps_goals: bool = True) -> dict[str, Any]:
    """What is left of two questions, without the mark of a follow-up."""
    merged = merge_entities(
        Entities.model_validate(before), Entities.model_validate(now), text, keeps_goals=keeps_goals
    )
    return merged.model_dump(mode="json", exclude_defaults=True, exclude={"follows_up"})


def test_a_new_subject_replaces_the_old_one() -> None:
    assert merge({"features": ["a"]}, {"teams": ["b"]}) == {"teams": ["b"]}


def test_a_subject_that_narrows_down_is_added() -> None:
    assert merge({"features": ["a"]}, {"teams": ["b"]}, "only team b") == {"features": ["a"], "teams": ["b"]}


def test_a_new_period_replaces_every_day_of_the_old_one() -> None:
    old = {"around": "2026-09-16", "counted_from_data": True}
    assert merge(old, {"first_day": "2026-10-01"}) == {"first_day": "2026-10-01"}


def test_goals_of_another_question_are_dropped() -> None:
    assert merge({"cost_cut_percent": "20", "teams": ["a"]}, {}, keeps_goals=False) == {"teams": ["a"]}


def test_budgets_are_joined_by_feature() -> None:
    old = {"latency_budgets": [{"feature": "a", "p95_ms": 1}, {"feature": "b", "p95_ms": 2}]}
    found = merge(old, {"latency_budgets": [{"feature": "b", "p95_ms": 3}]})
    assert found["latency_budgets"] == [{"feature": "a", "p95_ms": 1}, {"feature": "b", "p95_ms": 3}]


def test_a_bare_range_is_growth_where_growth_was_asked() -> None:
    adopted = adopt_amounts(Entities.model_validate({}), find_goals("what about 20-40 %"), Question.GROWTH)
    assert (str(adopted.growth_percent_low), str(adopted.growth_percent_high)) == ("20", "40")


def test_a_bare_percentage_means_nothing_elsewhere() -> None:
    nothing = Entities.model_validate({})
    assert adopt_amounts(nothing, find_goals("what about 20 %"), Question.SPEND) == nothing
