"""What a question wants to see, and how much of it."""

from __future__ import annotations

import pytest

from agents.providers.builtin.groups import find_dimensions, find_step, find_top


@pytest.mark.parametrize(
    ("text", "dimensions"),
    [
        ("which team costs the most", ["team"]),
        ("spend by team and model", ["team", "model"]),
        ("cost per department", ["team"]),
        ("p99 by use case", ["feature"]),
        ("by vendor, by app", ["provider", "feature"]),
        ("who spends the most", ["user"]),
        ("what do we spend", []),
    ],
)
def test_dimensions_are_found(text: str, dimensions: list[str]) -> None:
    assert find_dimensions(text, {}) == dimensions


def test_a_dimension_with_one_name_is_a_filter() -> None:
    assert find_dimensions("cost by model for which team", {"teams": ["support"]}) == ["model"]


def test_in_a_wish_only_an_explicit_split_counts() -> None:
    assert find_dimensions("cheaper models for all users", {}, is_look_up=False) == []
    assert find_dimensions("cut cost per team", {}, is_look_up=False) == ["team"]


@pytest.mark.parametrize(
    ("text", "top"), [("top 5 users", 5), ("top three teams", 3), ("top 99 users", 50), ("which users", None)]
)
def test_a_limit_is_found(text: str, top: int | None) -> None:
    assert find_top(text) == top


@pytest.mark.parametrize(
    ("text", "step"), [("daily cost", "day"), ("week over week", "week"), ("per month", "month"), ("cost", None)]
)
def test_a_step_is_found(text: str, step: str | None) -> None:
    assert find_step(text) == step
