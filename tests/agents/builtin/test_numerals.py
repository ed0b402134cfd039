"""Numbers are read in figures and in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.providers.builtin.numerals import read_number, scale


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,500", "1500"),
        ("2.5", "2.5"),
        ("seven", "7"),
        ("twenty-five", "25"),
        ("one hundred and twenty", "120"),
        ("two thousand", "2000"),
        ("three hundred thousand", "300000"),
        ("five hundred", "500"),
    ],
)
def test_a_number_is_read(text: str, number: str) -> None:
    assert read_number(text) == Decimal(number)


def test_a_suffix_scales() -> None:
    assert [scale(Decimal(2), suffix) for suffix in ("k", " M", None)] == [2_000, 2_000_000, 2]
