"""An amount is a cut, growth or speed by the words around it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.providers.builtin.aims import find_goals, percent_of_factor, speed_of

GOALS: list[tuple[str, list[tuple[str, str]]]] = [
    ("cut cost by 20 %", [("cut", "20")]),
    ("a fifth off our bill", [("cut", "20")]),
    ("usage will grow 30-50 %", [("growth", "30")]),
    ("reduce latency by 30%", [("speed", "30")]),
    ("make it 30% faster and 20% cheaper", [("speed", "30"), ("cut", "20")]),
    ("cut cost 20% and handle 30% more users", [("cut", "20"), ("growth", "30")]),
    ("double the speed, cut the bill by a third and take 50% more traffic",
     [("speed", "2"), ("cut", "33.33"), ("growth", "50")]),
    ("goals: -20 % cost, 2x latency, +30 % usage", [("cut", "20"), ("speed", "2"), ("growth", "30")]),
    ("costs jumped 30% last week", [("", "30")]),
    ("why did cost rise by 40%", [("", "40")]),
    ("80% of our calls fail", [("", "80")]),
    ("30 % fewer tokens", [("cut", "30")]),
    ("2x cheaper", [("cheaper", "2")]),
    ("bring costs down by a quarter next quarter", [("cut", "25")]),
    ("what if requests go up by 25 %", [("growth", "25")]),
    ("requests went up by 25 %", [("", "25")]),
    ("how much would we pay if the users doubled", [("growth", "2")]),
    ("the costs have to be halved", [("cut", "50")]),
    ("do we hit our limits at +40%", [("growth", "40")]),
    ("latency +40 %", [("", "40")]),
    ("ai invoice: minus 15 pct", [("cut", "15")]),
    ("the first half of the month", []),
    ("cost minus 20, speed times 2", [("cut", "20"), ("speed", "2")]),
    ("cost -15, latency -30, usage +50", [("cut", "15"), ("speed", "30"), ("growth", "50")]),
    ("cost -20 ms", []),
    ("cut the waiting time for our customers in half", [("speed", "50")]),
    ("users ask the same thing ten times", [("", "10")]),
    ("our agents retry three times", [("", "3")]),
    ("people send three times the requests", [("growth", "3")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "goals"), GOALS)
def test_what_an_amount_is_for(text: str, goals: list[tuple[str, str]]) -> None:
    assert [(goal.kind, str(goal.amount.low)) for goal in find_goals(text)] == goals


@pytest.mark.parametrize(
    ("text", "factor"), [("2-3x faster", "2"), ("half the latency", "2"), ("reduce latency by 75 %", "4")]
)
def test_a_speed_is_a_factor(text: str, factor: str) -> None:
    assert speed_of(find_goals(text)[0]) == Decimal(factor)


def test_no_time_at_all_is_no_speed() -> None:
    assert speed_of(find_goals("reduce latency by 100 %")[0]) is None


def test_tripling_is_growth_of_200_percent() -> None:
    assert percent_of_factor(Decimal(3)) == 200
