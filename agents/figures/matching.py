"""Ties a figure to the fact it repeats, by value and unit, and by the name that stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from agents.figures.facts import Fact
from agents.figures.reading import Figure, Unit, find_places, iterate_line

ROUNDINGS: Final = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN)
# A figure's unit fits facts of these units; a fact of unknown unit fits any.
FITTING: Final[dict[Unit, frozenset[Unit]]] = {
    Unit.MONEY: frozenset((Unit.MONEY,)),
    Unit.PERCENT: frozenset((Unit.PERCENT,)),
    Unit.MILLISECONDS: frozenset((Unit.MILLISECONDS,)),
    Unit.SECONDS: frozenset((Unit.MILLISECONDS, Unit.SECONDS)),
    Unit.DAYS: frozenset((Unit.COUNT,)),
    Unit.TIMES: frozenset((Unit.TIMES, Unit.PERCENT)),
    Unit.COUNT: frozenset((Unit.COUNT,)),
    Unit.PLAIN: frozenset(Unit),
}
THOUSAND: Final = Decimal(1000)
# Written in another measure than the facts are: seconds of milliseconds, 3x of 200 %.
LOOSE: Final = frozenset((Unit.SECONDS, Unit.TIMES))


class Status(StrEnum):
    """How a figure stands to the rows."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    UNSOURCED = "unsourced"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Match:
    """Which fact a figure repeats, or what is wrong with it."""

    status: Status
    fact: Fact | None = None
    note: str = ""


class Sources:
    """All facts an answer may rest on, arranged so that a figure's own are found quickly."""

    def __init__(self, text: str, facts: Sequence[Fact], names: Iterable[str]) -> None:
        self.text = text
        self.facts = facts
        # A day is no name: what stands behind it is said of something else that day.
        self.places = find_places(text, (name for name in names if any(letter.isalpha() for letter in name)))
        self.of_unit = {unit: [fact for fact in facts if fits(fact, unit)] for unit in Unit}
        self.sizes = {unit: [abs(float(fact.value)) for fact in found] for unit, found in self.of_unit.items()}

    def match(self, figure: Figure) -> Match:
        """The fact behind a figure; a value that belongs to another name than the one beside it is a mismatch."""
        equal = self.find_equal(figure)
        beside = self.name_beside(figure)
        if not equal:
            known = [fact for fact in self.about(figure.unit, beside) if fact.unit is not None]
            return Match(Status.MISMATCH, known[0], tell_value(known[0])) if known else Match(Status.UNSOURCED)
        fitting = next((fact for fact in equal if not beside or not fact.names or is_about(fact, beside)), None)
        if fitting:
            return Match(Status.VERIFIED, fitting)
        # Every row that has this value is about something else; the rows about this name have another one.
        alike = (fact for fact in self.about(figure.unit, beside) if fact.path[-1] == equal[0].path[-1])
        right = next(alike, None)
        return Match(Status.MISMATCH, right, tell_value(right)) if right else Match(Status.VERIFIED, equal[0])

    def about(self, unit: Unit, name: str) -> list[Fact]:
        """The facts of a name that a figure of this unit could be; a bare number could be anything."""
        if not name or unit is Unit.PLAIN:
            return []
        return [fact for fact in self.of_unit[unit] if is_about(fact, name)]

    def find_equal(self, figure: Figure) -> list[Fact]:
        """The facts that are this figure; nearly all are ruled out by their size alone."""
        step, wanted = 10.0**figure.exponent, float(figure.value)
        loose = figure.unit in LOOSE
        return [
            fact
            for fact, size in zip(self.of_unit[figure.unit], self.sizes[figure.unit], strict=True)
            if (loose or abs(size - wanted) <= step) and says(figure, fact.value)
        ]

    def name_beside(self, figure: Figure) -> str:
        """The name that stands last before the figure in its line; empty if none does."""
        start, _ = iterate_line(self.text, figure.start)
        found = ""
        for begin, end, name in self.places:
            if begin >= figure.start:
                break
            if begin >= start and end <= figure.start:
                found = name
        return found


def fits(fact: Fact, unit: Unit) -> bool:
    """Whether a figure of this unit may be this fact."""
    return fact.unit is None or fact.unit in FITTING[unit]


def says(figure: Figure, value: Decimal) -> bool:
    """Whether the figure is this value, rounded to the digits that are written; a sign may be in the words."""
    size = abs(value)
    candidates = [size]
    if figure.unit is Unit.SECONDS:
        candidates.append(size / THOUSAND)
    if figure.unit is Unit.TIMES:
        candidates.append(1 + value / 100)
    step = Decimal(1).scaleb(figure.exponent)
    return any((one / step).quantize(Decimal(1), way) * step == figure.value for one in candidates for way in ROUNDINGS)


def is_about(fact: Fact, name: str) -> bool:
    """Whether the fact lies in a row of this name."""
    return bool(name) and any(own == name for _, own in fact.names)


def tell_value(fact: Fact) -> str:
    """What the rows say instead."""
    return f"The result says {fact.value.normalize():f}."
