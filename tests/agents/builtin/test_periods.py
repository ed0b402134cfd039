"""Periods are understood as written, and counted from the last day of the data."""

from __future__ import annotations

from datetime import date

import pytest

from agents.providers.builtin.periods import find_period
from agents.providers.builtin.words import simplify

LAST = date(2026, 10, 31)
PERIODS: list[tuple[str, str | None, str | None]] = [
    ("last week", "2026-10-25", "2026-10-31"),
    ("the week before last", "2026-10-18", "2026-10-24"),
    ("past two weeks", "2026-10-18", "2026-10-31"),
    ("last 30 days", "2026-10-02", "2026-10-31"),
    ("last month", "2026-10-01", "2026-10-31"),
    ("this month", "2026-10-01", "2026-10-31"),
    ("last three months", "2026-08-01", "2026-10-31"),
    ("last quarter", "2026-07-01", "2026-09-30"),
    ("yesterday", "2026-10-30", "2026-10-30"),
    ("two weeks ago", "2026-10-17", "2026-10-17"),
    ("on friday", "2026-10-30", "2026-10-30"),
    ("in september", "2026-09-01", "2026-09-30"),
    ("in November", "2025-11-01", "2025-11-30"),
    ("september 2025", "2025-09-01", "2025-09-30"),
    ("on Sept 16th", "2026-09-16", "2026-09-16"),
    ("16 September 2026", "2026-09-16", "2026-09-16"),
    ("on 16.9.", "2026-09-16", "2026-09-16"),
    ("16.09.2026", "2026-09-16", "2026-09-16"),
    ("on 9/16", "2026-09-16", "2026-09-16"),
    ("16/09/2026", "2026-09-16", "2026-09-16"),
    ("from September 1 to 15", "2026-09-01", "2026-09-15"),
    ("Sep 1 \u2013 Sep 10", "2026-09-01", "2026-09-10"),
    ("Aug vs Oct", "2026-08-01", "2026-10-31"),
    ("2026-09", "2026-09-01", "2026-09-30"),
    ("in 2026", "2026-01-01", "2026-12-31"),
    ("in May", "2026-05-01", "2026-05-31"),
    ("in Q3", "2026-07-01", "2026-09-30"),
    ("since September 16", "2026-09-16", None),
    ("after 8 October", "2026-10-09", None),
    ("before October", None, "2026-09-30"),
    ("until end of August", None, "2026-08-31"),
    ("before and after September 16", "2026-08-26", "2026-10-07"),
]


@pytest.mark.parametrize(("words", "first", "last"), PERIODS)
def test_a_period_is_understood(words: str, first: str | None, last: str | None) -> None:
    found = find_period(simplify(f"cost {words}?"), LAST)
    assert found is not None
    days = [day.isoformat() if day else None for day in (found.first_day, found.last_day)]
    assert days == [first, last]


@pytest.mark.parametrize(
    "words",
    [
        "may I ask",
        "march on",
        "month over month",
        "2026-02-31",
        "30-50 %",
        "move to gpt-5.4.",
        "1/2 of it",
        "31.31.2026",
    ],
)
def test_what_is_no_period_is_not_taken_for_one(words: str) -> None:
    assert find_period(simplify(words), LAST) is None


def test_last_month_is_the_last_complete_one() -> None:
    found = find_period("last month", date(2026, 10, 20))
    assert found is not None
    assert (found.first_day, found.last_day) == (date(2026, 9, 1), date(2026, 9, 30))


def test_only_relative_periods_are_counted_from_the_data() -> None:
    counted = [found.counted for words in ("last week", "in september") if (found := find_period(words, LAST))]
    assert counted == [True, False]
