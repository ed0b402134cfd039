"""The charts of the delivery page: which lines they have, in which units, and the same figures as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.staff import NOTHING, describe_seconds
from chat.admin.delivery_figures import Point, Span, Sums, estimate_lag, names_of_ways, share_of
from chat.admin.lines import HEIGHT, WIDTH, Drawn, Line, Scale, draw, marks_of, scale_from_zero
from chat.measures import BUCKETS

SHARES: Final = {"half of all (p50)": 0.5, "99 of 100 (p99)": 0.99}
# Those that take over from the live push; one that carried nothing is a line at zero.
WAYS: Final = ("replay", "redelivery", "direct")
LAG_SCALE: Final = Scale(0.001, 100.0, (0.001, 0.01, 0.1, 1.0, 10.0, 100.0), is_logarithmic=True)
LOWEST_PERCENT: Final = (90.0, 50.0, 0.0)
MARKS_OF_TIME: Final = 4
Write = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart is called, what it measures, and how its values are written."""

    id: str
    title: str
    unit: str
    note: str
    write: Write


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as the page shows it; places are pixels from the top, or percent of the width."""

    words: Words
    lines: list[Drawn]
    marks: list[tuple[float, str]]
    times: list[tuple[str, str]]
    description: str
    head: list[str]
    table: SafeString
    is_empty: bool
    width: float = WIDTH
    height: float = HEIGHT


def draw_charts(span: Span, points: Sequence[Point]) -> list[Chart]:
    """All charts of a span."""
    return [draw_rate(span, points), draw_lag(span, points), draw_events(span, points), draw_ways(span, points)]


def draw_rate(span: Span, points: Sequence[Point]) -> Chart:
    """The share that was acknowledged in time."""
    line = Line("delivery rate", [of_sums(point, rate_of) for point in points])
    lowest = min((value for value in line.values if value is not None), default=100.0)
    low = next(bound for bound in LOWEST_PERCENT if lowest >= bound)
    scale = Scale(low, 100.0, tuple(low + (100.0 - low) * number / 4 for number in range(5)))
    note = "Acknowledged within 10 s, of what was stored while its person had a socket open and whose fate is known."
    note += f" The axis begins at {low:g} %." if low else ""
    return chart_of(Words("rate", "Delivery rate", "%", note, show_percent), span, points, [line], scale)


def draw_lag(span: Span, points: Sequence[Point]) -> Chart:
    """How long it took from the log to the acknowledgement."""
    lines = [Line(name, [lag_of(point, share) for point in points]) for name, share in SHARES.items()]
    note = (
        "An estimate: times are counted in stretches, and each stretch is taken as evenly filled (linear inside it)."
        f" What took longer than {BUCKETS[-1]:g} s is drawn as {BUCKETS[-1]:g} s. The axis is logarithmic."
    )
    words = Words("lag", "From stored to acknowledged", "time", note, show_lag)
    return chart_of(words, span, points, lines, LAG_SCALE)


def draw_events(span: Span, points: Sequence[Point]) -> Chart:
    """How much went into the log, and how much out of it."""
    lines = [Line(name, [per_second(point, name) for point in points]) for name in ("appended", "pushed")]
    note = "Appended to the logs, and handed to the first socket of their person."
    words = Words("events", "Events a second", "events/s", note, show_number)
    return chart_of(words, span, points, lines, scale_from_zero(lines))


def draw_ways(span: Span, points: Sequence[Point]) -> Chart:
    """What came otherwise than by the live push."""
    names = [*WAYS, *(name for name in names_of_ways(points) if name not in WAYS)]
    lines = [Line(name, [count_of(point, f"channel|{name}") for point in points]) for name in names]
    note = f"Events that took another way than the live push, for each {span.step_title}."
    words = Words("ways", "Events by other ways", "events", note, show_number)
    return chart_of(words, span, points, lines, scale_from_zero(lines))


def chart_of(words: Words, span: Span, points: Sequence[Point], lines: list[Line], scale: Scale) -> Chart:
    """The chart with its axes, its words and its table."""
    return Chart(
        words=words,
        lines=draw(lines, scale),
        marks=marks_of(scale, words.write),
        times=list(times_of(span, points)),
        description=" ".join(describe_line(line, words.write) for line in lines),
        head=[line.name for line in lines],
        table=write_rows(points, lines, words.write),
        is_empty=all(value is None for line in lines for value in line.values),
    )


def rate_of(sums: Sums) -> float | None:
    """Percent in time."""
    return share_of(sums.get("in_time", 0.0), sums.get("judged", 0.0))


def of_sums(point: Point, read: Callable[[Sums], float | None]) -> float | None:
    """A figure of the point; none where nobody counted."""
    return None if point.sums is None else read(point.sums)


def lag_of(point: Point, share: float) -> float | None:
    """Seconds within which this share was acknowledged."""
    return of_sums(point, lambda sums: estimate_lag(sums, share))


def count_of(point: Point, name: str) -> float | None:
    """How many."""
    return of_sums(point, lambda sums: sums.get(name, 0.0))


def per_second(point: Point, name: str) -> float | None:
    """How many a second."""
    counted = count_of(point, name)
    return None if counted is None else counted / point.seconds


def write_rows(points: Sequence[Point], lines: Sequence[Line], write: Write) -> SafeString:
    """The table's rows, the newest first; a template's loops would take longer than all the rest of the page."""
    row = '<tr><th scope="row">{}</th>' + '<td class="number">{}</td>' * len(lines) + "</tr>"
    columns = [[NOTHING if value is None else write(value) for value in line.values] for line in lines]
    begins = [f"{point.begin:%Y-%m-%d %H:%M}" for point in points]
    return format_html_join("", row, reversed(list(zip(begins, *columns, strict=True))))


def describe_line(line: Line, write: Write) -> str:
    """What somebody who does not see the line should know of it."""
    there = [value for value in line.values if value is not None]
    if not there:
        return f"{line.name}: nothing was counted."
    return f"{line.name}: from {write(min(there))} to {write(max(there))}, {write(there[-1])} at the end."


def times_of(span: Span, points: Sequence[Point]) -> Iterator[tuple[str, str]]:
    """Where the axis of time is marked, and with what."""
    for number in range(MARKS_OF_TIME + 1):
        place = number * span.points // MARKS_OF_TIME
        at = points[place].begin if place < span.points else None
        yield f"{100 * number / MARKS_OF_TIME:g}%", write_time(span, at) if at else "now"


def write_time(span: Span, at: datetime) -> str:
    """The moment as short as the span allows."""
    return f"{at:%m-%d %H:%M}" if span.name == "7d" else f"{at:%H:%M}"


def show_percent(value: float) -> str:
    """Percent, never rounded up to all."""
    return f"{int(value * 10 + 1e-6) / 10:.1f} %"


def show_lag(value: float) -> str:
    """A length of time; the longest that is counted may be longer."""
    if value >= LAG_SCALE.high:
        return f"{value:g} s"
    return f"{BUCKETS[-1]:g} s or more" if value == BUCKETS[-1] else describe_seconds(value)


def show_number(value: float) -> str:
    """A count or a rate, as exact as its size makes sense."""
    if value == int(value) or value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 10 else f"{value:.2f}"
