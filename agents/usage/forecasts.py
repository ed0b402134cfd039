"""What the coming days cost at the present level: the days it is read from, their rhythm, and how far costs vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from agents.usage.anomalies import find_jumps
from agents.usage.jumps import WINDOW_DAYS

BASE_DAYS: Final = 28
FEW_DAYS: Final = 14
# A last day with less than half the requests of the one a week before is taken to be cut off.
SMALLEST_LAST_DAY: Final = 2
# With a single step there is nothing to see of how costs vary.
USUAL_VARIATION: Final = Decimal("0.2")
NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Day:
    """Requests and cost of one day; `priced`: the requests whose cost is known."""

    day: date
    requests: int = 0
    cost: Decimal = NOTHING
    priced: int = 0


@dataclass(frozen=True, slots=True)
class Base:
    """The complete days at the present level; what was left out of them, and why the level begins where it does."""

    days: tuple[Day, ...]
    left_out: date | None = None
    since_jump: date | None = None

    @property
    def cost(self) -> Decimal:
        """What they cost together."""
        return sum((day.cost for day in self.days), NOTHING)

    @property
    def requests(self) -> int:
        """Their requests."""
        return sum(day.requests for day in self.days)

    @property
    def priced(self) -> int:
        """Their requests whose cost is known."""
        return sum(day.priced for day in self.days)


def choose_base(days: Sequence[Day]) -> Base:
    """The last days in whole weeks where there are two of them, from the last jump of the level on."""
    complete, left_out = drop_cut_day(days)
    recent = complete[-BASE_DAYS:]
    jumps = find_jumps([day.cost for day in complete])
    since = complete[jumps[-1].index].day if jumps else None
    if since is not None:
        recent = [day for day in recent if day.day >= since]
    is_cut_by_jump = since is not None and recent[0].day == since
    whole_weeks = len(recent) // WINDOW_DAYS * WINDOW_DAYS
    kept = recent[-whole_weeks:] if whole_weeks else recent
    return Base(tuple(kept), left_out, since if is_cut_by_jump else None)


def drop_cut_day(days: Sequence[Day]) -> tuple[list[Day], date | None]:
    """The days without the last one, if that was exported before it was over."""
    if len(days) <= WINDOW_DAYS:
        return list(days), None
    last, week_before = days[-1], days[-1 - WINDOW_DAYS]
    if last.requests * SMALLEST_LAST_DAY < week_before.requests:
        return list(days[:-1]), last.day
    return list(days), None


def predict(values: Sequence[tuple[date, Decimal]], first_day: date, count: int) -> Decimal:
    """The sum over the coming days: each as its weekday has been on average, or as all days where none was."""
    overall = sum((value for _, value in values), NOTHING) / len(values)
    means: dict[int, Decimal] = {}
    for weekday in range(WINDOW_DAYS):
        own = [value for day, value in values if day.weekday() == weekday]
        means[weekday] = sum(own, NOTHING) / len(own) if own else overall
    coming = (first_day + timedelta(days=number) for number in range(count))
    return sum((means[day.weekday()] for day in coming), NOTHING)


def find_variation(base: Base) -> tuple[Decimal, Decimal, str]:
    """The cheapest and the dearest step's cost of a request against that of all, and which steps these are.

    Steps are weeks, or days where there are fewer than two weeks.
    """
    length, name = (WINDOW_DAYS, "week") if len(base.days) >= FEW_DAYS else (1, "day")
    steps = [base.days[start : start + length] for start in range(0, len(base.days), length)]
    rates = [
        sum((day.cost for day in step), NOTHING) / priced
        for step in steps
        if (priced := sum(day.priced for day in step))
    ]
    if len(rates) < 2 or not base.cost:
        return 1 - USUAL_VARIATION, 1 + USUAL_VARIATION, "assumed"
    usual = base.cost / base.priced
    return min(rates) / usual, max(rates) / usual, name


def find_trend(base: Base) -> tuple[Decimal, Decimal] | None:
    """Cost of the earlier and of the later half, where each is made of whole weeks."""
    half = len(base.days) // 2 // WINDOW_DAYS * WINDOW_DAYS
    if not half:
        return None
    earlier = base.days[-2 * half : -half]
    later = base.days[-half:]
    return sum((day.cost for day in earlier), NOTHING), sum((day.cost for day in later), NOTHING)
