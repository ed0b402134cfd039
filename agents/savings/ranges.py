"""A what-if is a range: its two ends, in money or in shares of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from agents.usage.results import money, percent

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Range:
    """The careful end and the hopeful end."""

    low: Decimal = NOTHING
    high: Decimal = NOTHING

    @property
    def middle(self) -> Decimal:
        """Half way between the ends."""
        return (self.low + self.high) / 2

    def times(self, factor: Decimal) -> Range:
        """Both ends multiplied."""
        return Range(self.low * factor, self.high * factor)

    def plus(self, other: Range) -> Range:
        """End by end added."""
        return Range(self.low + other.low, self.high + other.high)

    def as_money(self) -> dict[str, str | None]:
        """Both ends as facts."""
        return {"low": money(self.low), "high": money(self.high)}

    def as_percent(self, whole: Decimal) -> dict[str, str | None]:
        """Both ends as a percentage of the whole."""
        return {"low_percent": percent(self.low, whole), "high_percent": percent(self.high, whole)}


def add_up(ranges: Iterable[Range]) -> Range:
    """All of them together."""
    total = Range()
    for item in ranges:
        total = total.plus(item)
    return total
