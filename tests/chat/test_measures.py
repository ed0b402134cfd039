"""Counting delivery: what waits for its acknowledgement, how long each hop takes, a row a minute."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from chat import measures as counting
from chat.hub import marks as marking
from chat.hub.marks import Marks
from chat.measures import Measures, keep_minutes
from chat.models import DeliveryMinute
from chat.pieces import Entry, Piece, piece_of


@pytest.fixture
def counted(monkeypatch: Any) -> Measures:
    """Counters of the test's own."""
    own = Measures()
    for place in (marking, counting):
        monkeypatch.setattr(place, "measures", own)
    return own


class Clock:
    """The time of day, moved by hand."""

    now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: Any) -> Clock:
    clock = Clock()
    monkeypatch.setattr(marking, "time", clock)
    return clock


def piece(first: int, last: int, stored_at: float, type: str = "message_delta") -> Piece:
    entries = [Entry(seq, "", b"{}", type, stored_at) for seq in range(first, last + 1)]
    return piece_of(first - 1, entries)


def test_each_hop_is_measured_once_whoever_is_first(counted: Measures, clock: Clock) -> None:
    marks = Marks()
    clock.now += 1
    marks.note_push(piece(1, 2, clock.now - 0.3))
    marks.note_push(piece(1, 2, clock.now - 0.3))
    clock.now += 0.6
    marks.note_ack(2)
    marks.note_ack(2)
    assert counted.totals() == {
        "lag|stored_pushed|message_delta|0.5": 2,
        "lag|stored_pushed|message_delta|sum": 0.6,
        "pushed": 2,
        "live|push": 2,
        "lag|stored_acked|message_delta|1": 2,
        "lag|stored_acked|message_delta|sum": 1.8,
        "lag|pushed_acked|message_delta|1": 2,
        "lag|pushed_acked|message_delta|sum": 1.2,
        "acknowledged": 2,
        "judged": 2,
        "in_time": 2,
    }


def test_what_was_stored_before_the_first_socket_says_nothing_of_delivery(counted: Measures, clock: Clock) -> None:
    marks = Marks()
    marks.note_push(piece(1, 400, clock.now - 3_600))
    marks.note_ack(400)
    assert counted.totals() == {"pushed": 400}
    assert marks.oldest_seconds == 0


def test_an_event_without_acknowledgement_is_judged_after_ten_seconds_and_only_once(
    counted: Measures, clock: Clock
) -> None:
    marks = Marks()
    marks.note_push(piece(1, 3, clock.now))
    clock.now += 9.9
    marks.note_time()
    assert "judged" not in counted.totals()
    assert marks.oldest_seconds == pytest.approx(9.9)
    clock.now += 0.2
    marks.note_time()
    marks.note_time()
    marks.note_ack(3)
    assert (counted.totals()["judged"], counted.totals().get("in_time")) == (3, None)
    assert counted.totals()["lag|stored_acked|message_delta|30"] == 3


def test_a_stretch_that_overlaps_counts_only_what_is_new(counted: Measures, clock: Clock) -> None:
    marks = Marks()
    marks.note_push(piece(1, 5, clock.now))
    marks.note_push(piece(4, 8, clock.now))
    assert counted.totals()["pushed"] == 8


@pytest.mark.django_db
def test_a_minute_is_one_row_that_grows_and_the_next_begins_at_nothing(monkeypatch: Any, counted: Measures) -> None:
    moments = iter([datetime(2026, 11, 21, 10, 0, second, tzinfo=UTC) for second in (5, 30)])
    later = iter([datetime(2026, 11, 21, 10, 1, second, tzinfo=UTC) for second in (0, 2)])

    class Times(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return next(moments, None) or next(later)

    monkeypatch.setattr(counting, "datetime", Times)
    for number in (3, 4, 5, 6):
        counted.count("pushed", number)
        keep_minutes("web here 1")
    rows = DeliveryMinute.objects.order_by("minute").values_list("minute__minute", "figures")
    assert list(rows) == [(0, {"pushed": 12}), (1, {"pushed": 6})]


def test_clocks_that_disagree_measure_no_time_below_none(counted: Measures) -> None:
    counted.observe("stored_pushed", "notice", [-3.0])
    assert counted.totals() == {"lag|stored_pushed|notice|0.005": 1, "lag|stored_pushed|notice|sum": 0.0}


def test_counting_is_quick_enough_for_every_event(counted: Measures) -> None:
    started = time.perf_counter()
    for _ in range(20_000):
        counted.observe("stored_pushed", "message_delta", [0.01])
    assert time.perf_counter() - started < 2.0
