"""Money is a saving or a budget by its words, and always a month."""

from __future__ import annotations

import pytest

from agents.providers.builtin.money import find_money

AMOUNTS: list[tuple[str, list[tuple[str, str]]]] = [
    ("save $500 a month", [("saving", "500")]),
    ("cut 2k a month", [("saving", "2000")]),
    ("save two thousand dollars", [("saving", "2000")]),
    ("$12k a year in savings", [("saving", "1000")]),
    ("save $12 a week", [("saving", "52")]),
    ("knock $300 off the bill", [("saving", "300")]),
    ("our budget is $2k", [("budget", "2000")]),
    ("stay under $5,000 per month", [("budget", "5000")]),
    ("bring the bill below 500 dollars", [("budget", "500")]),
    ("reduce from $10k to $8k", [("", "10000"), ("budget", "8000")]),
    ("our bill is $5000, why", [("", "5000")]),
    ("save 500 \u20ac", []),
    ("5k tokens", []),
]


@pytest.mark.parametrize(("text", "amounts"), AMOUNTS)
def test_money_is_read(text: str, amounts: list[tuple[str, str]]) -> None:
    assert [(item.kind, str(item.amount)) for item in find_money(text)] == amounts


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("spend: 12k -> 9k", [("", 12000), ("budget", 9000)]),
        ("get us from $8,000 to $6,500 a month", [("", 8000), ("budget", 6500)]),
        ("4k a month for this? bring it to 3k.", [("", 4000), ("budget", 3000)]),
        ("the bill went from $2k to $3k", [("", 2000), ("", 3000)]),
        ("which requests with 200k tokens cost most", []),
    ],
)
def test_what_an_amount_is_to_become_is_the_budget(text: str, amounts: list[tuple[str, int]]) -> None:
    assert [(item.kind, int(item.amount)) for item in find_money(text)] == amounts
