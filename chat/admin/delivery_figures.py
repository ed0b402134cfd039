"""What was counted of delivery over a span: sums in SQL by stretches of time, those that are over kept at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.core.cache import cache
from django.db import connection

from chat.measures import BUCKET_NAMES, BUCKETS

MINUTE_SECONDS: Final = 60
QUARTER_SECONDS: Final = 900
# A process may write its last minute a moment after the minute's end.
SETTLED_AFTER_SECONDS: Final = 120
KEPT_SECONDS: Final = 8 * 86_400
Sums = Mapping[str, float]
STRETCH: Final = "date_bin(make_interval(secs => %(unit)s), minute, timestamptz 'epoch')"
# Counted from the index alone, this tells whether the sums at hand are of the same rows.
COUNT_ROWS: Final = f"""
SELECT extract(epoch FROM counted.stretch)::bigint, counted.number FROM (
    SELECT {STRETCH} AS stretch, count(*) AS number FROM chat_deliveryminute
     WHERE minute >= %(begin)s AND minute < %(end)s GROUP BY stretch
) AS counted
"""  # noqa: S608  (only our own words are pasted)
# By name first, so that what several names are put together as is worked out once a stretch.
READ_SUMS: Final = f"""
WITH named AS (
    SELECT {STRETCH} AS stretch, counted.key AS name, sum(counted.value::float8) AS number
      FROM chat_deliveryminute, jsonb_each(figures) AS counted
     WHERE minute >= %(begin)s AND minute < %(end)s AND {STRETCH} = ANY(%(stretches)s::timestamptz[])
       AND (counted.key IN ('judged', 'in_time', 'pushed') OR starts_with(counted.key, 'channel|')
            OR starts_with(counted.key, 'appended|') OR starts_with(counted.key, 'lag|stored_acked|'))
     GROUP BY stretch, name
)
SELECT extract(epoch FROM stretch)::bigint,
       CASE WHEN starts_with(name, 'lag|') THEN 'lag|' || split_part(name, '|', 4)
            WHEN starts_with(name, 'appended|') THEN 'appended' ELSE name END AS known_as, sum(number)
  FROM named GROUP BY stretch, known_as
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time to look back on, and the step it is shown in."""

    name: str
    title: str
    step_title: str
    step_seconds: int
    points: int


@dataclass(frozen=True, slots=True)
class Point:
    """What was counted from a moment on; None where nobody counted anything."""

    begin: datetime
    seconds: int
    sums: Sums | None


SPANS: Final = {
    "1h": Span("1h", "1 hour", "minute", MINUTE_SECONDS, 60),
    "24h": Span("24h", "24 hours", "15 minutes", QUARTER_SECONDS, 96),
    "7d": Span("7d", "7 days", "hour", 3_600, 168),
}


def read_points(span: Span, now: datetime) -> list[Point]:
    """The span up to the last minute that is over; the last step may have begun only."""
    end = int(now.timestamp()) // MINUTE_SECONDS * MINUTE_SECONDS
    step = span.step_seconds
    begin = (end - 1) // step * step - (span.points - 1) * step
    running = end // step * step
    # Of a step that goes on, the parts that are over need not be read again either.
    parts = read_stretches(min(step, QUARTER_SECONDS), running, end, now)
    steps: dict[int, Sums] = {**read_stretches(step, begin, running, now)}
    if parts:
        steps[running] = sum((Counter(sums) for sums in parts.values()), Counter())
    return [
        Point(datetime.fromtimestamp(start, UTC), min(step, end - start), steps.get(start))
        for start in range(begin, end, step)
    ]


def read_stretches(unit: int, begin: int, end: int, now: datetime) -> dict[int, Sums]:
    """The sums of every stretch in which something was counted; read again only where rows have come since."""
    counts = count_rows(unit, begin, end)
    keys = {stretch: f"delivery-{unit}-{stretch}" for stretch in counts}
    kept = cache.get_many(keys.values())
    found: dict[int, Sums] = {
        stretch: kept[key][1]
        for stretch, key in keys.items()
        if kept.get(key, (None,))[0] == counts[stretch] and stretch + unit <= end
    }
    missing = sorted(counts.keys() - found.keys())
    if missing:
        found |= (fresh := sum_up(unit, missing, end))
        settled = now.timestamp() - SETTLED_AFTER_SECONDS
        over = {stretch: sums for stretch, sums in fresh.items() if stretch + unit <= settled}
        cache.set_many({keys[stretch]: (counts[stretch], sums) for stretch, sums in over.items()}, KEPT_SECONDS)
    return found


def count_rows(unit: int, begin: int, end: int) -> dict[int, int]:
    """How many rows each stretch has."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ROWS, {"unit": unit, "begin": moment(begin), "end": moment(end)})
        return dict(cursor.fetchall())


def sum_up(unit: int, stretches: Sequence[int], end: int) -> dict[int, Sums]:
    """The sums of these stretches over all processes."""
    found: dict[int, dict[str, float]] = {stretch: {} for stretch in stretches}
    until = min(end, stretches[-1] + unit)
    values: dict[str, Any] = {
        "unit": unit,
        "begin": moment(stretches[0]),
        "end": moment(until),
        "stretches": [moment(stretch) for stretch in stretches],
    }
    with connection.cursor() as cursor:
        cursor.execute(READ_SUMS, values)
        for stretch, name, number in cursor.fetchall():
            found[stretch][name] = number
    return dict(found)


def moment(seconds: int) -> datetime:
    """The moment so many seconds into the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def share_of(part: float, whole: float) -> float | None:
    """Percent of a whole; None of nothing."""
    return 100 * part / whole if whole else None


def estimate_lag(sums: Sums, share: float) -> float | None:
    """Seconds within which this share was acknowledged, as if each stretch of time were evenly filled."""
    counted = [sums.get(f"lag|{name}", 0.0) for name in BUCKET_NAMES]
    wanted = share * sum(counted)
    if not wanted:
        return None
    below, lower = 0.0, 0.0
    for upper, number in zip(BUCKETS, counted, strict=False):
        if number and below + number >= wanted:
            return lower + (upper - lower) * (wanted - below) / number
        below, lower = below + number, upper
    return BUCKETS[-1]


def names_of_ways(points: Iterable[Point]) -> list[str]:
    """The channels that carried events in this span."""
    found = {name.partition("|")[2] for point in points for name in point.sums or () if name.startswith("channel|")}
    return sorted(found)


def day_before(now: datetime) -> datetime:
    """The beginning of the last 24 hours."""
    return now - timedelta(hours=24)
