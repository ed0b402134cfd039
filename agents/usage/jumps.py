"""Finds the day on which a daily series changed its level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

# Whole weeks on both sides, so that the rhythm of weekdays cancels out.
WINDOW_DAYS = 7
SMALLEST_CHANGE = Decimal("0.20")
# The change must stand out from the week-to-week changes of the rest of the series.
SMALLEST_CONTRAST = Decimal(3)


@dataclass(frozen=True, slots=True)
class Jump:
    """The first day of the new level, and the means of the week before and the week from it on."""

    index: int
    before: Decimal
    after: Decimal


def find_jump(values: Sequence[Decimal]) -> Jump | None:
    """The largest lasting change of level, or None when none stands out."""
    days = range(WINDOW_DAYS, len(values) - WINDOW_DAYS + 1)
    steps = [measure_step(values, day) for day in days]
    if not steps:
        return None
    best = max(steps, key=lambda step: (abs(step.after - step.before), -step.index))
    return best if stands_out(best, steps) else None


def measure_step(values: Sequence[Decimal], day: int) -> Jump:
    """The weekly means around one day."""
    before = sum(values[day - WINDOW_DAYS : day], Decimal(0)) / WINDOW_DAYS
    after = sum(values[day : day + WINDOW_DAYS], Decimal(0)) / WINDOW_DAYS
    return Jump(day, before, after)


def stands_out(best: Jump, steps: Sequence[Jump]) -> bool:
    """Whether the change is large, and much larger than those a week or more away from it."""
    change = abs(best.after - best.before)
    if change == 0 or change < SMALLEST_CHANGE * min(best.before, best.after):
        return False
    others = sorted(abs(step.after - step.before) for step in steps if abs(step.index - best.index) >= WINDOW_DAYS)
    return not others or change >= SMALLEST_CONTRAST * others[len(others) // 2]
