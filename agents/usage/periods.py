"""Calendar periods of a trend: their ends, whether the data covers them, and the change between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from agents.usage.results import change_percent, read_sums


class Period(StrEnum):
    """Calendar periods; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def describe_points(
    steps: Sequence[dict[str, Any]], period: Period, first_day: date, last_day: date
) -> list[dict[str, Any]]:
    """The facts of each period, oldest first; a period that reaches beyond the days is not complete."""
    points = [describe_point(row, end_of(row["step"], period), first_day, last_day) for row in steps]
    for before, point in pairwise(points):
        if before["complete"] and point["complete"] and follows(before, point):
            point["change_percent"] = change_percent(as_decimal(point["cost"]), as_decimal(before["cost"]))
    return points


def describe_point(row: dict[str, Any], end: date, first_day: date, last_day: date) -> dict[str, Any]:
    """The facts of one period."""
    return read_sums(row) | {
        "start": row["step"].isoformat(),
        "end": end.isoformat(),
        "complete": first_day <= row["step"] and end <= last_day,
        "change_percent": None,
    }


def follows(before: dict[str, Any], point: dict[str, Any]) -> bool:
    """Whether the periods touch; a period without a single call is missing between them otherwise."""
    return date.fromisoformat(before["end"]) + timedelta(days=1) == date.fromisoformat(point["start"])


def end_of(start: date, period: Period) -> date:
    """The last day of the period that begins here."""
    if period is Period.DAY:
        return start
    if period is Period.WEEK:
        return start + timedelta(days=6)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def compare_ends(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The newest complete period, the one before it, the oldest, and the change between the ends."""
    complete = [point for point in points if point["complete"]]
    latest = complete[-1] if complete else None
    first = complete[0] if len(complete) > 1 else None
    change = None
    if latest and first:
        change = change_percent(as_decimal(latest["cost"]), as_decimal(first["cost"]))
    return {"latest_complete": latest, "first_complete": first, "overall_change_percent": change}


def fill_days(rows: Sequence[dict[str, Any]]) -> list[tuple[date, Decimal]]:
    """Every day from the first to the last; a day without calls cost nothing."""
    costs = {row["step"]: row["cost"] or Decimal(0) for row in rows}
    if not costs:
        return []
    first, last = min(costs), max(costs)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [(day, costs.get(day, Decimal(0))) for day in days]


def as_decimal(value: str | None) -> Decimal | None:
    """A money fact as a number."""
    return None if value is None else Decimal(value)
