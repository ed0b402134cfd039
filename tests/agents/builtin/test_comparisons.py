"""Two periods are told apart, and the later one is the one that is compared."""

from __future__ import annotations

from datetime import date

import pytest

from agents.providers.builtin.comparisons import find_comparison

LAST = date(2026, 10, 31)
BEFORE = ("2026-09-01", "2026-09-30")
OCTOBER = ("2026-10-01", "2026-10-31")
SIDES = ("before_first_day", "before_last_day", "after_first_day", "after_last_day")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("september with october", (*BEFORE, *OCTOBER)),
        ("october against september", (*BEFORE, *OCTOBER)),
        ("last month vs the month before", (*BEFORE, *OCTOBER)),
        ("this month against last month", (*BEFORE, *OCTOBER)),
        ("before and after 2026-09-16", ("2026-09-02", "2026-09-15", "2026-09-16", "2026-09-29")),
        ("before and after 2026-10-30", ("2026-10-16", "2026-10-29", "2026-10-30", "2026-10-31")),
        ("last week with the week before", (None, None, "2026-10-25", "2026-10-31")),
        ("two things", (None, None, None, None)),
    ],
)
def test_two_periods_are_compared_by_their_days(text: str, days: tuple[str | None, ...]) -> None:
    found = find_comparison(text, LAST)
    assert tuple(found[side].isoformat() if side in found else None for side in SIDES) == days
