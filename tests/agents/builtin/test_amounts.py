"""Percentages, factors and fractions are read as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.providers.builtin.amounts import find_amounts

AMOUNTS: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("20 %", [("percent", "20", "20")]),
    ("20-30%", [("percent", "20", "30")]),
    ("20% to 30%", [("percent", "20", "30")]),
    ("between 30 and 50 percent", [("percent", "30", "50")]),
    ("50 to 30 percent", [("percent", "30", "50")]),
    ("twenty-five percent", [("percent", "25", "25")]),
    ("12.5 per cent", [("percent", "12.5", "12.5")]),
    ("3x", [("factor", "3", "3")]),
    ("2-3x", [("factor", "2", "3")]),
    ("ten times", [("factor", "10", "10")]),
    ("x3", [("factor", "3", "3")]),
    ("twice", [("factor", "2", "2")]),
    ("by half", [("fraction", "50", "50")]),
    ("two thirds of it", [("fraction", "66.67", "66.67")]),
    ("1/4", [("fraction", "25", "25")]),
    ("sevenfold", [("factor", "7", "7")]),
    ("if users doubled", [("factor", "2", "2")]),
    ("we want the bill halved", [("fraction", "50", "50")]),
    ("our users doubled", []),
    ("why has the bill, as you say, tripled", []),
    ("we need to know why it doubled", []),
    ("gpt-4x and p95", []),
    ("next quarter", []),
    ("99999999999999999 %", []),
]


@pytest.mark.parametrize(("text", "amounts"), AMOUNTS)
def test_amounts_are_read(text: str, amounts: list[tuple[str, str, str]]) -> None:
    assert [(item.kind, str(item.low), str(item.high)) for item in find_amounts(text)] == amounts


def test_a_sign_is_kept_and_a_joining_hyphen_is_none() -> None:
    assert [item.sign for item in find_amounts("-20% and +30 % and 5 %")] == ["-", "+", ""]
    assert find_amounts("cost minus 20%")[0].sign == "-"
    assert find_amounts("cost-20%")[0].sign == ""


def test_a_flood_of_amounts_is_cut_off() -> None:
    found = find_amounts("20% " * 1_000)
    assert 0 < len(found) < 100
    assert found[0].low == Decimal(20)
