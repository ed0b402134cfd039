"""What this process counts of delivery: totals for monitors, and a row a minute for staff."""

from __future__ import annotations

import socket
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import orjson
from django.db import connection

# Upper ends of the stretches of time that are told apart, in seconds; what is longer is counted at the end.
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BUCKET_NAMES: Final = (*(f"{bound:g}" for bound in BUCKETS), "inf")
SUM: Final = "sum"
HOPS: Final = ("stored_pushed", "pushed_acked", "stored_acked")
KEEP_MINUTE: Final = """
INSERT INTO chat_deliveryminute (minute, process, figures) VALUES (%s, %s, %s::jsonb)
ON CONFLICT (minute, process) DO UPDATE SET figures = EXCLUDED.figures
"""


class Measures:
    """Counters with names; a name may have parts, from the general to the special: `lag|stored_acked|notice|0.1`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._at_start_of_minute: Counter[str] = Counter()
        self._minute: datetime | None = None

    def count(self, name: str, number: float = 1) -> None:
        """Adds to a counter."""
        with self._lock:
            self._totals[name] += number  # type: ignore[assignment]  # a sum of seconds is one, too

    def observe(self, hop: str, type: str, seconds: Sequence[float]) -> None:
        """Notes how long events of one type took; clocks that disagree make nothing take less than no time."""
        buckets, name_of_sum = lag_names(hop, type)
        with self._lock:
            for one in seconds:
                self._totals[buckets[bisect_left(BUCKETS, one)]] += 1
            self._totals[name_of_sum] += sum(one for one in seconds if one > 0)  # type: ignore[assignment]

    def totals(self) -> dict[str, float]:
        """Everything counted since the process started."""
        with self._lock:
            return {name: round(value, 3) for name, value in self._totals.items()}

    def take_minutes(self, now: datetime) -> list[tuple[datetime, dict[str, float]]]:
        """What belongs to the present minute so far, and to the former one where it has just ended."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            former, self._minute = self._minute, minute
            counted = self._totals - self._at_start_of_minute
            if former is None or former == minute:
                return [(minute, rounded(counted))]
            self._at_start_of_minute = self._totals.copy()
            return [(former, rounded(counted))]


@cache
def lag_names(hop: str, type: str) -> tuple[tuple[str, ...], str]:
    """The counters of a hop's lags for one type of events, by bucket, and that of their sum."""
    name = f"lag|{hop}|{type}|"
    return tuple(name + bucket for bucket in BUCKET_NAMES), name + SUM


def rounded(counted: Mapping[str, float]) -> dict[str, float]:
    """Sums of seconds to the millisecond."""
    return {name: round(value, 3) for name, value in counted.items()}


measures: Final = Measures()


def keep_minutes(process: str) -> None:
    """Writes what this process counted; the row of a minute is written over until the minute ends."""
    rows: list[Any] = [
        (minute, process[:120], orjson.dumps(figures).decode())
        for minute, figures in measures.take_minutes(datetime.now(UTC))
        if figures
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(KEEP_MINUTE, rows)


def process_name(kind: str, slot: str) -> str:
    """What this process is called in tables."""
    return f"{kind} {socket.gethostname()[:60]} {slot}"
