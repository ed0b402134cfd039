"""Points in time as sources write them, as naive UTC; what a file leaves open is decided once for all its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from agents.usage.numbers import shorten
from agents.usage.records import Unusable

EPOCH: Final = datetime(1970, 1, 1)
EPOCH_TEXT: Final = "1970-01-01T00:00:00Z"
# A number of seconds below this (1973) counts from the start of a trace.
RELATIVE_BELOW: Final = 10**8
UNIT_SECONDS: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
LARGEST: Final = 10**20
DAY_FIRST: Final = "day_first"
MONTH_FIRST: Final = "month_first"
ORDERS: Final = (DAY_FIRST, MONTH_FIRST)
Clock = Callable[[Any], datetime]

NUMBER: Final = re.compile(r"[+-]?\d{1,20}(?:\.\d*)?(?:[eE][+]?\d{1,2})?")
WRITTEN: Final = re.compile(
    r"(?P<a>\d{1,2})(?P<by>[/.-])(?P<b>\d{1,2})(?P=by)(?P<year>\d{4})"
    r"(?:,?[ T]+(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d+))?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT)?"
)
YEAR_FIRST: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(.*)", re.DOTALL)
# What follows a time in exports of databases and languages, and datetime does not read.
ZONE_WORDS: Final = re.compile(r"\s*(?P<offset>[+-]\d{2}(?::?\d{2})?)?\s*(?P<word>UTC|GMT|Z|[A-Z]{3,4})?$")
MONTHS: Final = ("%b %d, %Y %H:%M:%S", "%b %d, %Y, %I:%M:%S %p", "%b %d, %Y", "%d %b %Y %H:%M:%S", "%d %b %Y", "%b %Y")


@dataclass(frozen=True, slots=True)
class Assumed:
    """What was decided about the times of a file, and the sentences that say so."""

    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def find_zone(name: str) -> tzinfo:
    """The time zone of that name; LookupError for none."""
    if name.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError) as error:
        raise LookupError(name) from error


def open_clock(options: Mapping[str, Any]) -> Clock:
    """A reader of times under these options; each answers with a naive UTC time or raises Unusable."""
    zone = find_zone(str(options.get("time_zone") or "UTC"))
    start = as_utc(datetime.fromisoformat(str(options.get("time_start") or EPOCH_TEXT)), UTC)
    unit, order = options.get("time_unit"), options.get("time_order")
    if zone is UTC and start == EPOCH and unit is None and order is None:
        return read_time

    def read(value: Any) -> datetime:
        if isinstance(value, str):
            return read_text(value, zone, start, unit, order)
        return read_number(value, start, unit)

    return read


def read_time(value: Any) -> datetime:
    """A time as most sources write it: ISO 8601 or a Unix time in whatever unit."""
    if isinstance(value, str):
        return read_text(value, UTC, EPOCH, None, None)
    return read_number(value, EPOCH, None)


def read_text(text: str, zone: tzinfo, start: datetime, unit: str | None, order: str | None) -> datetime:
    """A time in words or figures."""
    # Other forms that `fromisoformat` takes look like Unix times.
    if text[4:5] == "-":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return read_written(text, zone, order)
        return as_utc(moment, zone) if moment.tzinfo is not UTC else moment.replace(tzinfo=None)
    stripped = text.strip()
    if NUMBER.fullmatch(stripped):
        if unit is None and len(stripped) == 8 and stripped.isdigit() and stripped[:2] in {"19", "20"}:
            return read_written(f"{stripped[:4]}-{stripped[4:6]}-{stripped[6:]}", zone, order)
        return read_number(float(stripped) if not stripped.isdigit() else int(stripped), start, unit)
    return read_written(stripped, zone, order)


def as_utc(moment: datetime, zone: tzinfo) -> datetime:
    """The moment without its zone, in UTC; a naive one is in the zone given."""
    if moment.tzinfo is None:
        if zone is UTC:
            return moment
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except (OverflowError, ValueError) as error:
        raise Unusable(f"The time {shorten(str(moment))} is out of reach.") from error


def read_number(value: Any, start: datetime, unit: str | None) -> datetime:
    """A Unix time in the unit its size tells, or the seconds since the start of a trace."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < LARGEST:
        raise Unusable(f"The time {shorten(value)} is no time.")
    per_second = UNIT_SECONDS[unit] if unit in UNIT_SECONDS else units_a_second(value)
    base = start if value < RELATIVE_BELOW * per_second else EPOCH
    try:
        if isinstance(value, int):
            return base + timedelta(microseconds=value * 10**6 // per_second)
        return base + timedelta(seconds=value / per_second)
    except (OverflowError, ValueError) as error:
        raise Unusable(f"The time {shorten(value)} is out of reach.") from error


def units_a_second(value: float) -> int:
    """Seconds up to the year 5138; a thousand times as much is milliseconds, and so on."""
    if value < 10**11:
        return 1
    if value < 10**14:
        return 10**3
    return 10**6 if value < 10**17 else 10**9


@lru_cache(maxsize=4096)
def read_written(text: str, zone: tzinfo, order: str | None) -> datetime:
    """A time in one of the forms people and programs use besides ISO 8601."""
    stripped = text.strip()
    written = WRITTEN.fullmatch(stripped)
    if written:
        return read_parts(written, zone, order)
    for form in (read_year_first, read_with_zone_words, read_month_names):
        moment = form(stripped)
        if moment is not None:
            return as_utc(moment, zone)
    raise Unusable(f"The time {shorten(text)} is no time.")


def read_parts(written: re.Match[str], zone: tzinfo, order: str | None) -> datetime:
    """A date of two figures and a year, whose order is known or shows."""
    first, second = int(written["a"]), int(written["b"])
    if order is None:
        order = order_of(first, second, written["by"])
    if order is None:
        raise Unusable(f"The date {shorten(written.group())} may begin with the day or the month; choose which.")
    day, month = (first, second) if order == DAY_FIRST else (second, first)
    hour, half = int(written["h"] or 0), (written["half"] or "").lower()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    fraction = int(((written["f"] or "") + "000000")[:6])
    try:
        moment = datetime(
            int(written["year"]), month, day, hour, int(written["m"] or 0), int(written["s"] or 0), fraction
        )
    except ValueError as error:
        raise Unusable(f"The time {shorten(written.group())} is no time.") from error
    return as_utc(moment, UTC if written["zone"] else zone)


def order_of(first: int, second: int, separator: str) -> str | None:
    """Which of two figures is the day, where that shows: none is a thirteenth month, and points are European."""
    if separator == "." or first > 12 or first == second:
        return DAY_FIRST
    return MONTH_FIRST if second > 12 else None


def read_year_first(text: str) -> datetime | None:
    """`2023/11/16 10:00`."""
    found = YEAR_FIRST.fullmatch(text)
    if found is None:
        return None
    year, month, day, rest = found.groups()
    return read_with_zone_words(f"{year}-{int(month):02}-{int(day):02}{rest}")


def read_with_zone_words(text: str) -> datetime | None:
    """ISO 8601 with an offset set apart, or UTC in words; other names of zones mean several places."""
    tail = ZONE_WORDS.search(text)
    if tail is None or tail["word"] not in {None, "UTC", "GMT", "Z"}:
        return None
    offset = tail["offset"] if tail["offset"] and ":" in text[: tail.start()] else None
    body = text[: tail.start("word")] if tail["word"] else text
    if offset:
        body = text[: tail.start()]
    try:
        return datetime.fromisoformat(body.strip() + (offset or ("+00:00" if tail["word"] else "")))
    except ValueError:
        return None


def read_month_names(text: str) -> datetime | None:
    """`Nov 16, 2023`, `16 Nov 2023 18:15:46`, and the form of mails and HTTP."""
    for form in MONTHS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def assume_times(values: Sequence[Any], *, in_milliseconds: bool = False) -> Assumed:
    """Decides over a sample what single times leave open: their order, their zone, what they count from."""
    numbers = [number for number in map(number_of, values) if number is not None]
    texts = [value.strip() for value in values if isinstance(value, str) and number_of(value) is None]
    if numbers and not texts:
        return assume_relative(numbers, in_milliseconds)
    options: dict[str, Any] = {}
    notes: list[str] = []
    ambiguous, order = find_order(texts)
    if order:
        options["time_order"] = order
        notes.append(f"Dates are read with the {'day' if order == DAY_FIRST else 'month'} first, as some of them show.")
    elif ambiguous:
        notes.append("Dates may begin with the day or the month, and none shows which. Choose one.")
    if any(is_naive(text) for text in texts):
        options["time_zone"] = "UTC"
        notes.append("Times without a time zone are taken as UTC.")
    return Assumed(options, tuple(notes))


def number_of(value: Any) -> float | None:
    """A time that is a number."""
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()) and len(value.strip()) != 8:
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def assume_relative(numbers: Sequence[float], in_milliseconds: bool) -> Assumed:
    """Numbers too small for a date count from the start of a trace."""
    if not all(0 <= number < RELATIVE_BELOW for number in numbers):
        return Assumed()
    unit, word = ("ms", "milliseconds") if in_milliseconds else ("s", "seconds")
    note = f"Times are {word} since the start of the trace. The file has no date, so the start is taken as 1970-01-01."
    return Assumed({"time_unit": unit, "time_start": EPOCH_TEXT}, (note,))


def find_order(texts: Sequence[str]) -> tuple[bool, str | None]:
    """Whether some date can be read in two ways, and the order the others show if they all agree."""
    dates = [found for found in map(WRITTEN.fullmatch, texts) if found]
    orders = {order_of(int(date["a"]), int(date["b"]), date["by"]) for date in dates if date["a"] != date["b"]}
    known = orders - {None}
    return None in orders, known.pop() if len(known) == 1 else None


def is_naive(text: str) -> bool:
    """Whether a time says nothing of its zone."""
    return not re.search(r"(Z|UTC|GMT|:\d{2}[.,]?\d*\s*[+-]\d{2}(:?\d{2})?)\s*$", text, re.IGNORECASE)


def is_time(value: Any) -> bool:
    """Whether a value is a time, if perhaps one that can be read in two ways."""
    try:
        read_time(value)
    except Unusable:
        return isinstance(value, str) and WRITTEN.fullmatch(value.strip()) is not None
    return True


def is_date(value: Any) -> bool:
    """Whether a value is a time with a date, not a number of seconds."""
    number = number_of(value)
    return is_time(value) and (number is None or number >= RELATIVE_BELOW)


def is_day(value: Any) -> bool:
    """Whether a value names a day and no time of it."""
    return isinstance(value, str) and ":" not in value and "T" not in value and number_of(value) is None


def check_time_options(options: Mapping[str, Any]) -> None:
    """ValueError with a sentence for what no clock can be opened with."""
    for name, choices in (("time_unit", tuple(UNIT_SECONDS)), ("time_order", ORDERS)):
        if options.get(name) is not None and options[name] not in choices:
            raise ValueError(f"The option {name} must be one of: {', '.join(choices)}.")
    try:
        find_zone(str(options.get("time_zone") or "UTC"))
    except LookupError as error:
        raise ValueError(f"There is no time zone {shorten(str(options['time_zone']))}.") from error
    try:
        datetime.fromisoformat(str(options.get("time_start") or EPOCH_TEXT))
    except ValueError as error:
        raise ValueError("The option time_start must be a time such as 2026-01-31T08:00:00Z.") from error


def count_elapsed(start: datetime | None, end: datetime | None) -> int | None:
    """Milliseconds between two moments; None where one is missing or the clocks of two machines disagree."""
    if start is None or end is None or end < start:
        return None
    return (end - start) // timedelta(milliseconds=1)
