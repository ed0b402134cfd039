"""Figures are found in a text, and nothing else that has digits."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from agents.figures.reading import Unit, find_figures


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("It cost **$1,216.82** in all.", [("$1,216.82", Unit.MONEY, "1216.82")]),
        ("US$ 12 or USD 13", [("US$ 12", Unit.MONEY, "12"), ("USD 13", Unit.MONEY, "13")]),
        ("8.1 % of it, 42 percent", [("8.1 %", Unit.PERCENT, "8.1"), ("42 percent", Unit.PERCENT, "42")]),
        ("from 1.2-1.9 %", [("1.2", Unit.PLAIN, "1.2"), ("1.9 %", Unit.PERCENT, "1.9")]),
        ("p95 is 1,234 ms (1.2 s)", [("1,234 ms", Unit.MILLISECONDS, "1234"), ("1.2 s", Unit.SECONDS, "1.2")]),
        ("$3.5k and 12.3 M tokens", [("$3.5k", Unit.MONEY, "3500"), ("12.3 M tokens", Unit.COUNT, "12300000")]),
        ("3x faster", [("3x", Unit.TIMES, "3")]),
        ("| gpt | 7 | 0 |", [("7", Unit.PLAIN, "7"), ("0", Unit.PLAIN, "0")]),
        ("-$0.34 and +5 %", [("$0.34", Unit.MONEY, "0.34"), ("5 %", Unit.PERCENT, "5")]),
        ("15,138 requests", [("15,138 requests", Unit.COUNT, "15138")]),
    ],
)
def test_a_figure_is_found_with_its_unit(text: str, figures: list[tuple[str, Unit, str]]) -> None:
    found = find_figures(text)
    assert [(item.text, item.unit, item.value) for item in found] == [
        (words, unit, Decimal(value)) for words, unit, value in figures
    ]
    assert all(text[item.start : item.end] == item.text for item in found)


@pytest.mark.parametrize(
    "text",
    [
        *("on 2026-09-16 at 09:00", "16 September 2026", "in Q3 2026", "October 8", "since 2026"),
        *("gpt-5.4-mini and claude-opus-4-8", "4o-mini", "user-017", "p95 and p99"),
        *("1. Do this\n2. Do that", "### 3. Third", "do it in 3 steps", "step 2", "`SELECT 5 FROM x`"),
        *("https://example.com/1234", "[a](/b/77)", "the last 30 days", "for 2 weeks", "prices 0.2.3"),
    ],
)
def test_dates_names_versions_and_list_numbers_are_no_figures(text: str) -> None:
    assert find_figures(text) == []


def test_a_name_of_the_data_is_no_figure_whatever_it_looks_like() -> None:
    assert [item.text for item in find_figures("feature 9000 costs $5", ["9000"])] == ["$5"]


@pytest.mark.parametrize(
    "piece",
    ["\n", " \n", "_", "a-", "a.", "a/", "](", "`", "9", "9,", "1.", "a1", "# ", "9 May ", "version ", "http://"],
)
def test_a_long_text_is_read_in_time_whatever_it_repeats(piece: str) -> None:
    """The text may be anybody's: a pattern that looks again and again would hold up every run of the worker."""
    text = (piece * 32_000)[:32_000]
    started = time.process_time()
    find_figures(text)
    assert time.process_time() - started < 1


def test_a_number_nobody_writes_is_no_figure() -> None:
    assert find_figures("9" * 32_000) == []
