"""Finds the days on which a daily series changed its level, and those that stand out for a short while."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from agents.usage.jumps import WINDOW_DAYS, Jump, find_jump

MOST_ANOMALIES = 5
MOST_SPIKE_DAYS = 6
MOST_ODD_DAYS = 20
# Of the seven weekdays, so many must lie on the new side: an odd day or two make no new level.
SMALLEST_AGREEMENT = 4
# In medians of the absolute deviation: a level is a mean of seven days, a spike is a single one.
LEVEL_NOISE = Decimal("2.5")
SPIKE_NOISE = Decimal(6)
SMALLEST_SPIKE = Decimal("0.5")
NOTHING = Decimal(0)
Sides = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True)
class Rules:
    """How a series behaves: its rhythm in days, and which days may stand out.

    `neighbours`: with how many days of the same place in the rhythm, on each side, a day is compared.
    """

    rhythm: int = WINDOW_DAYS
    neighbours: int = 3
    downward: bool = True
    from_zero: bool = False


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A new level that begins on its first day, or a few days that stand out; places count in the series.

    `size` is what it made in its days, a level's in its first week; `before_days` and `after_days` are to be compared.
    """

    kind: Literal["jump", "spike"]
    first: int
    last: int
    upward: bool
    size: Decimal
    before_days: tuple[int, ...]
    after_days: tuple[int, ...]


def find_anomalies(values: Sequence[Decimal | None], rules: Rules) -> list[Anomaly]:
    """The anomalies of a series, the largest first; a day without a value has that of the day before."""
    series = fill_gaps(values)
    passing = find_spikes(series, rules, 0, len(series), both_sides=True)
    jumps = find_jumps(level_out(series, passing))
    edges = [0, *(jump.index for jump in jumps), len(series)]
    spikes = [
        spike for start, end in pairwise(edges) for spike in find_spikes(series, rules, start, end, both_sides=False)
    ]
    odd = {day for spike in spikes for day in spike.after_days}
    found = [describe_jump(jump, odd) for jump in jumps] + [spike for spike in spikes if spike.before_days]
    return sorted(found, key=lambda item: (-item.size, item.first))


def fill_gaps(values: Sequence[Decimal | None]) -> list[Decimal]:
    """The series without gaps; before the first value it is as high as there."""
    known = next((value for value in values if value is not None), NOTHING)
    filled: list[Decimal] = []
    for value in values:
        known = known if value is None else value
        filled.append(known)
    return filled


def find_jumps(series: Sequence[Decimal]) -> list[Jump]:
    """Every lasting change of level, in order of time."""
    return search_jumps(series, LEVEL_NOISE * weekly_noise(series), 0, len(series))


def search_jumps(series: Sequence[Decimal], least: Decimal, start: int, end: int) -> list[Jump]:
    """The lasting changes within a part of the series: the largest one, and those on both sides of it."""
    found = find_jump(series[start:end])
    if found is None:
        return []
    jump = replace(found, index=start + found.index)
    if not is_lasting(series, jump, least):
        return []
    sides = search_jumps(series, least, start, jump.index), search_jumps(series, least, jump.index, end)
    return [*sides[0], jump, *sides[1]]


def is_lasting(series: Sequence[Decimal], jump: Jump, least: Decimal) -> bool:
    """Whether the change is larger than the noise and most weekdays take part in it."""
    change = jump.after - jump.before
    days = range(jump.index, jump.index + WINDOW_DAYS)
    agreeing = sum((series[day] - series[day - WINDOW_DAYS]) * change > 0 for day in days)
    return abs(change) >= least and agreeing >= SMALLEST_AGREEMENT


def weekly_noise(series: Sequence[Decimal]) -> Decimal:
    """By how much a weekday usually differs from the same one a week before, growth left aside."""
    steps = [series[day] - series[day - WINDOW_DAYS] for day in range(WINDOW_DAYS, len(series))]
    return deviation(steps)


def find_spikes(series: Sequence[Decimal], rules: Rules, start: int, end: int, *, both_sides: bool) -> list[Anomaly]:
    """The days of a part of the series that lie far from what is usual there, neighbouring ones together."""
    odd: dict[int, Decimal] = {}
    while len(odd) < MOST_ODD_DAYS:
        around = {day: list_neighbours(day, rules, start, end, odd) for day in range(start, end) if day not in odd}
        around = {day: sides for day, sides in around.items() if (all(sides) if both_sides else any(sides))}
        found = find_oddest(series, rules, around)
        if found is None:
            break
        # The oddest first and alone: next to it, its neighbours in the rhythm would look odd themselves.
        odd[found[0]] = found[1]
    runs = [run for run in group_days(odd, series) if len(run) <= MOST_SPIKE_DAYS]
    neighbours = {day: list_neighbours(day, rules, start, end, odd) for day in odd}
    return [describe_spike(run, series, odd, neighbours) for run in runs]


def list_neighbours(day: int, rules: Rules, start: int, end: int, odd: Container[int]) -> Sides:
    """The usual days before and after a day with the same place in the rhythm, the nearest ones."""
    before = [place for place in range(day - rules.rhythm, start - 1, -rules.rhythm) if place not in odd]
    after = [place for place in range(day + rules.rhythm, end, rules.rhythm) if place not in odd]
    return before[: rules.neighbours], after[: rules.neighbours]


def find_oddest(series: Sequence[Decimal], rules: Rules, around: dict[int, Sides]) -> tuple[int, Decimal] | None:
    """The day that lies farthest from what is usual, with what is usual there; None where no day stands apart."""
    usual = {day: middle(series[place] for side in sides for place in side) for day, sides in around.items()}
    noise = middle(abs(series[day] - level) for day, level in usual.items())
    for day in sorted(usual, key=lambda day: (-abs(series[day] - usual[day]), day)):
        levels = [middle(series[place] for place in side) for side in around[day] if side]
        upward = series[day] > usual[day]
        if all(stands_apart(series[day], level, upward, noise, rules) for level in levels):
            return day, usual[day]
        if abs(series[day] - usual[day]) < SPIKE_NOISE * noise:
            return None
    return None


def stands_apart(value: Decimal, level: Decimal, upward: bool, noise: Decimal, rules: Rules) -> bool:
    """Whether a value lies far from a level, on the side it is said to lie."""
    distance = value - level if upward else level - value
    is_allowed = (upward or rules.downward) and (level > 0 or rules.from_zero)
    return is_allowed and distance > 0 and distance >= max(SMALLEST_SPIKE * level, SPIKE_NOISE * noise)


def group_days(odd: dict[int, Decimal], series: Sequence[Decimal]) -> list[tuple[int, ...]]:
    """Neighbouring days on the same side of what is usual, as one run."""
    runs: list[list[int]] = []
    for day in sorted(odd):
        before = runs[-1][-1] if runs else None
        if before == day - 1 and (series[day] > odd[day]) == (series[before] > odd[before]):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [tuple(run) for run in runs]


def describe_spike(
    run: tuple[int, ...], series: Sequence[Decimal], usual: dict[int, Decimal], neighbours: dict[int, Sides]
) -> Anomaly:
    """A run of days, with the days it is to be compared with."""
    compared = {place for day in run for side in neighbours[day] for place in side}
    size = sum((abs(series[day] - usual[day]) for day in run), NOTHING)
    return Anomaly("spike", run[0], run[-1], series[run[0]] > usual[run[0]], size, tuple(sorted(compared)), run)


def describe_jump(jump: Jump, odd: set[int]) -> Anomaly:
    """A new level, compared by the same weekdays of the week before and the week from then on, odd days left out."""
    pairs = [(day - WINDOW_DAYS, day) for day in range(jump.index, jump.index + WINDOW_DAYS)]
    kept = [pair for pair in pairs if not odd.intersection(pair)] or pairs
    before, after = zip(*kept, strict=True)
    change = jump.after - jump.before
    return Anomaly("jump", jump.index, jump.index, change > 0, abs(change) * WINDOW_DAYS, before, after)


def level_out(series: Sequence[Decimal], spikes: Iterable[Anomaly]) -> list[Decimal]:
    """The series with what is usual in place of the days that stand out."""
    levelled = list(series)
    for spike in spikes:
        for day in spike.after_days:
            levelled[day] = middle(series[place] for place in spike.before_days)
    return levelled


def middle(values: Iterable[Decimal]) -> Decimal:
    """The median; of nothing it is nothing."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if not ordered:
        return NOTHING
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def deviation(values: Sequence[Decimal]) -> Decimal:
    """The median of the absolute deviations from the median."""
    centre = middle(values)
    return middle(abs(value - centre) for value in values)
