"""Draws lines over time as paths, on a scale with round marks; knows nothing of what they stand for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

# The page stretches the width to what it has; the height is in pixels.
WIDTH: Final = 1000.0
HEIGHT: Final = 140.0
STEPS_OF_A_SCALE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, and a value for each step, None where there is none."""

    name: str
    values: Values


@dataclass(frozen=True, slots=True)
class Scale:
    """What the vertical axis goes from and to, and where it is marked."""

    low: float
    high: float
    marks: tuple[float, ...]
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        """Pixels from the top; what lies beyond an end is drawn at it."""
        share = (self._bend(value) - self._bend(self.low)) / (self._bend(self.high) - self._bend(self.low))
        return round(HEIGHT * (1 - min(1.0, max(0.0, share))), 1)

    def _bend(self, value: float) -> float:
        return math.log10(max(value, self.low)) if self.is_logarithmic else value


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line as the page draws it."""

    name: str
    path: str


def draw(lines: Iterable[Line], scale: Scale) -> list[Drawn]:
    """Each line's path."""
    return [Drawn(line.name, draw_path(line.values, scale)) for line in lines]


def draw_path(values: Values, scale: Scale) -> str:
    """A path through the values, in the middle of their steps; it stops where there is none and begins anew."""
    step = WIDTH / max(1, len(values))
    parts: list[str] = []
    for number, value in enumerate(values):
        if value is None:
            continue
        place = f"{(number + 0.5) * step:.1f} {scale.place(value):g}"
        begins = number == 0 or values[number - 1] is None
        ends = number + 1 == len(values) or values[number + 1] is None
        # A value on its own is a point: a line of no length with round ends.
        parts.append(f"{'M' if begins else 'L'}{place}{'h0' if begins and ends else ''}")
    return "".join(parts)


def scale_from_zero(lines: Iterable[Line]) -> Scale:
    """From nothing to a round number at or above the largest value, marked at quarters or so."""
    largest = max((value for line in lines for value in line.values if value is not None), default=0.0)
    if largest <= 0:
        return Scale(0.0, 1.0, (0.0, 1.0))
    raw = largest / 4
    size = 10.0 ** math.floor(math.log10(raw))
    mark = next(size * step for step in STEPS_OF_A_SCALE if size * step >= raw * (1 - 1e-9))
    count = math.ceil(largest / mark - 1e-9)
    return Scale(0.0, mark * count, tuple(mark * number for number in range(count + 1)))


def marks_of(scale: Scale, write: Callable[[float], str]) -> list[tuple[float, str]]:
    """Where the axis is marked, and with what."""
    return [(scale.place(mark), write(mark)) for mark in scale.marks]
