"""Points in time, however they are written, as naive UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.usage.records import Unusable
from agents.usage.times import assume_times, check_time_options, count_elapsed, is_date, is_day, is_time, open_clock
from tests.agents.formats.reading import numbered

MOMENT = datetime(2023, 11, 16, 18, 15, 46)
SECONDS = 1_700_158_546


@pytest.mark.parametrize(
    ("value", "moment"),
    numbered(
        ("2023-11-16 18:15:46.6805900", MOMENT.replace(microsecond=680590)),
        ("2023-11-16T18:15:46Z", MOMENT),
        ("2023-11-16T18:15:46.5Z", MOMENT.replace(microsecond=500000)),
        ("2023-11-16T18:15:46.123456789Z", MOMENT.replace(microsecond=123456)),
        ("2023-11-16T20:15:46+02:00", MOMENT),
        ("2023-11-16T20:15:46+0200", MOMENT),
        ("2023-11-16 18:15:46 UTC", MOMENT),
        ("2023-11-16 18:15:46.000 +0000 UTC", MOMENT),
        ("2023-11-16 20:15:46 +02:00", MOMENT),
        ("2023/11/16 18:15:46", MOMENT),
        ("16.11.2023 18:15:46", MOMENT),
        ("16/11/2023 18:15:46", MOMENT),
        ("11/16/2023, 6:15:46 PM", MOMENT),
        ("11/16/2023 18:15", MOMENT.replace(second=0)),
        ("Nov 16, 2023 18:15:46", MOMENT),
        ("16 Nov 2023 18:15:46", MOMENT),
        ("Thu, 16 Nov 2023 18:15:46 GMT", MOMENT),
        ("2023-11-16", datetime(2023, 11, 16)),
        ("20231116", datetime(2023, 11, 16)),
        (SECONDS, MOMENT),
        (str(SECONDS), MOMENT),
        (SECONDS * 10**3, MOMENT),
        (SECONDS * 10**6, MOMENT),
        (SECONDS * 10**9, MOMENT),
        (str(SECONDS * 10**9), MOMENT),
        (SECONDS + 0.5, MOMENT.replace(microsecond=500000)),
        (f"{SECONDS}.25", MOMENT.replace(microsecond=250000)),
        (5, datetime(1970, 1, 1, 0, 0, 5)),
        ("45.3", datetime(1970, 1, 1, 0, 0, 45, 300000)),
    ),
)
def test_times_are_read(value: Any, moment: datetime) -> None:
    assert open_clock({})(value) == moment


@pytest.mark.parametrize(
    "value",
    numbered(
        *("", "yesterday", "2023-13-01", "2023-11-16T25:00:00Z", "32/13/2023", True, None, [], {}, -5, float("nan")),
        *(float("inf"), 10**30, 10**5000, "9" * 40, "16/11/2023 25:00", "0001-01-01T00:00:00+10:00", "2023-11-16 PST"),
    ),
)
def test_other_times_are_refused(value: Any) -> None:
    with pytest.raises(Unusable, match=r"^The time “"):
        open_clock({})(value)


def test_a_date_that_may_be_two_days_is_refused_until_somebody_says_which() -> None:
    with pytest.raises(Unusable, match="may begin with the day or the month"):
        open_clock({})("05/06/2026")
    assert open_clock({"time_order": "day_first"})("05/06/2026") == datetime(2026, 6, 5)
    assert open_clock({"time_order": "month_first"})("05/06/2026") == datetime(2026, 5, 6)


def test_naive_times_are_in_the_zone_given() -> None:
    berlin = open_clock({"time_zone": "Europe/Berlin"})
    assert berlin("2026-07-01 12:00:00") == datetime(2026, 7, 1, 10)
    assert berlin("2026-01-01 12:00:00") == datetime(2026, 1, 1, 11)
    assert berlin("01.07.2026 12:00") == datetime(2026, 7, 1, 10)
    assert berlin("2026-07-01T12:00:00Z") == datetime(2026, 7, 1, 12)
    assert berlin(SECONDS) == MOMENT


def test_relative_times_count_from_the_start_given() -> None:
    clock = open_clock({"time_start": "2026-01-01T00:00:00Z", "time_unit": "ms"})
    assert clock(27_482) == datetime(2026, 1, 1, 0, 0, 27, 482000)
    assert clock("27482") == clock(27_482)
    assert clock(SECONDS * 1000) == MOMENT


@given(st.datetimes(datetime(1975, 1, 1), datetime(2099, 1, 1)), st.sampled_from(["s", "ms", "us", "ns"]))
def test_a_unix_time_is_read_in_the_unit_its_size_tells(moment: datetime, unit: str) -> None:
    micros = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    scaled = {"s": micros // 10**6, "ms": micros // 10**3, "us": micros, "ns": micros * 1000}[unit]
    exact = {"s": 10**6, "ms": 10**3, "us": 1, "ns": 1}[unit]
    assert open_clock({})(scaled) == datetime(1970, 1, 1) + timedelta(microseconds=micros // exact * exact)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))
def test_iso_times_come_back_as_they_were(moment: datetime) -> None:
    assert open_clock({})(moment.isoformat()) == moment.replace(tzinfo=None)


def test_a_file_decides_what_a_single_date_leaves_open() -> None:
    assumed = assume_times(["05/06/2026", "13/06/2026"])
    assert assumed.options["time_order"] == "day_first"
    assumed = assume_times(["05/06/2026", "06/13/2026"])
    assert assumed.options["time_order"] == "month_first"
    assumed = assume_times(["05/06/2026", "06/07/2026"])
    assert "time_order" not in assumed.options
    assert "none shows which" in assumed.notes[0]


def test_what_was_assumed_is_said() -> None:
    assert assume_times(["2026-01-01 10:00"]).notes == ("Times without a time zone are taken as UTC.",)
    assert assume_times(["2026-01-01T10:00:00Z"]).notes == ()
    assert assume_times([SECONDS]).notes == ()
    assert assume_times(["5", "45.3"]).options == {"time_unit": "s", "time_start": "1970-01-01T00:00:00Z"}
    assert "milliseconds since the start" in assume_times([5, 27_482], in_milliseconds=True).notes[0]


@pytest.mark.parametrize(
    ("value", "time", "date", "day"),
    numbered(
        ("2026-01-01T10:00:00Z", True, True, False),
        ("2026-01-01", True, True, True),
        ("05/06/2026", True, True, True),
        (5, True, False, False),
        (SECONDS, True, True, False),
        ("x", False, False, True),
    ),
)
def test_kinds_of_times_are_told_apart(value: Any, time: bool, date: bool, day: bool) -> None:
    assert (is_time(value), is_date(value), is_day(value)) == (time, date, day)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"time_zone": "../etc"}, "time zone"),
        ({"time_unit": "days"}, "time_unit"),
        ({"time_order": "year_first"}, "time_order"),
        ({"time_start": "soon"}, "time_start"),
    ],
)
def test_options_no_clock_can_use_are_refused(options: dict[str, str], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        check_time_options(options)


def test_clocks_of_two_machines_may_disagree() -> None:
    assert count_elapsed(MOMENT, MOMENT + timedelta(seconds=2)) == 2000
    assert count_elapsed(MOMENT, MOMENT - timedelta(seconds=2)) is None
    assert count_elapsed(None, MOMENT) is None
