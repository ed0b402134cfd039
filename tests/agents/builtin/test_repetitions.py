"""What happens several times is told from what is several times as much."""

from __future__ import annotations

import pytest

from agents.providers.builtin.repetitions import is_repetition


def repeats(text: str, amount: str) -> bool:
    """Whether the amount counts how often something happens."""
    start = text.index(amount)
    return is_repetition(text, start, start + len(amount))


@pytest.mark.parametrize(
    ("text", "amount"), [("users ask the same ten times", "ten times"), ("why do we pay twice for it", "twice")]
)
def test_what_is_done_so_many_times_is_a_repetition(text: str, amount: str) -> None:
    assert repeats(text, amount)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("we send three times the requests", "three times"),
        ("we pay twice as much", "twice"),
        ("usage grows three times", "three times"),
        ("we pay for 3x", "3x"),
    ],
)
def test_so_many_times_as_much_is_none(text: str, amount: str) -> None:
    assert not repeats(text, amount)
