"""Finds the period a question names, counted from the last day of the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS, start=1)}
MONTH_NUMBERS |= {name[:3]: number for name, number in MONTH_NUMBERS.items()} | {"sept": 9}
MONTH = "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True))
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
}
NUMBER = r"\d{1,3}|" + "|".join(NUMBER_WORDS)
ORDINAL = r"(\d{1,2})(?:st|nd|rd|th)?"

ISO_DAY = re.compile(r"\b((?:19|20)\d{2})-(\d{2})-(\d{2})\b")
DOTTED_DAY = re.compile(r"(?<![\w.-])(\d{1,2})\.(\d{1,2})\.((?:19|20)\d{2})?(?!\d)")
SLASHED_DAY = re.compile(r"(?<![\w/-])(\d{1,2})/(\d{1,2})(?:/((?:19|20)\d{2}))?(?![\d/])")
# What looks like a day, but may be a version or a fraction, is one behind such a word.
BEFORE_DAY = re.compile(r"\b(?:on|since|from|before|after|until|till|around|of|to|by)\s+(?:the\s+)?$")
ISO_MONTH = re.compile(r"\b((?:19|20)\d{2})-(\d{2})\b(?!-\d)")
MONTH_DAYS = re.compile(
    rf"\b({MONTH})\.?\s+{ORDINAL}\s*(?:-|to|until|till|through)\s*{ORDINAL}\b(?:,?\s+((?:19|20)\d{{2}}))?"
)
MONTH_DAY = re.compile(rf"\b({MONTH})\.?\s+{ORDINAL}\b(?!\d)(?:,?\s+((?:19|20)\d{{2}}))?")
DAY_MONTH = re.compile(rf"\b{ORDINAL}\.?\s+(?:of\s+)?({MONTH})\b\.?(?:,?\s+((?:19|20)\d{{2}}))?")
MONTH_YEAR = re.compile(rf"\b({MONTH})\b\.?(?:,?\s+((?:19|20)\d{{2}}))?")
QUARTER = re.compile(r"\bq([1-4])\b(?:[\s/-]*((?:19|20)\d{2}))?")
YEAR = re.compile(r"\b((?:19|20)\d{2})\b(?!-)")
# `may` and `march` are also verbs: alone they count only after one of these.
BEFORE_MONTH = re.compile(r"\b(?:in|since|from|until|till|during|of|for|before|after|and|to|between|through|vs)\s*$")
VERBS = frozenset(("may", "march", "mar"))

AROUND = re.compile(r"\bbefore\s+and\s+after\s+(?:the\s+)?$")
DAYS_AROUND = timedelta(days=21)
SINCE = re.compile(r"\b(?:since|from|starting|as of)\s+(?:the\s+)?(?:on\s+)?$")
AFTER = re.compile(r"\bafter\s+(?:the\s+)?$")
UNTIL = re.compile(r"\b(?:until|till|up to|through|by)\s+(?:the\s+)?(?:end\s+of\s+)?$")
BEFORE = re.compile(r"\bbefore\s+(?:the\s+)?$")

LAST_MANY = re.compile(rf"\b(?:last|past|previous|recent|latest)\s+({NUMBER})\s+(day|week|month)s?\b")
BEFORE_LAST = re.compile(r"\b(?:the\s+)?(week|month)\s+before\s+last\b")
LAST_ONE = re.compile(r"\b(last|past|previous|this|current)\s+(day|week|month|quarter|year)\b(?!\s+over)")
NAMED_DAY = re.compile(r"\b(today|yesterday|last 24 hours|past 24 hours)\b")
AGO = re.compile(rf"\b({NUMBER}|a)\s+(day|week|month)s?\s+ago\b")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY = re.compile(rf"\b(?:on|last|this past|past)\s+({'|'.join(WEEKDAYS)})\b")


@dataclass(frozen=True, slots=True)
class Span:
    """A period from its first to its last day, and where in the text it stands."""

    first_day: date
    last_day: date
    start: int = 0
    end: int = 0
    is_range: bool = False


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """The period meant, and whether it was counted from the last day of the data."""

    first_day: date | None
    last_day: date | None
    counted: bool = False


def find_period(text: str, last_data_day: date) -> NamedPeriod | None:
    """The period a simplified question names, if any."""
    spans = find_spans(text, last_data_day)
    if spans:
        return join_spans(text, spans)
    relative = find_relative(text, last_data_day)
    return NamedPeriod(relative.first_day, relative.last_day, counted=True) if relative else None


def join_spans(text: str, spans: list[Span]) -> NamedPeriod:
    """Two dates are the ends of a period; one stands for itself or for one end."""
    first, last = spans[0], spans[-1]
    if len(spans) > 1:
        days = [first.first_day, first.last_day, last.first_day, last.last_day]
        return NamedPeriod(min(days), max(days))
    if first.is_range:
        return NamedPeriod(first.first_day, first.last_day)
    return apply_preposition(text[: first.start], first)


def apply_preposition(before: str, span: Span) -> NamedPeriod:
    """`since`, `after`, `until` and `before` make the date one end of the period."""
    day = timedelta(days=1)
    readings = (
        (AROUND, (span.first_day - DAYS_AROUND, span.last_day + DAYS_AROUND)),
        (SINCE, (span.first_day, None)),
        (AFTER, (span.last_day + day, None)),
        (UNTIL, (None, span.last_day)),
        (BEFORE, (None, span.first_day - day)),
    )
    ends = (ends for pattern, ends in readings if pattern.search(before))
    return NamedPeriod(*next(ends, (span.first_day, span.last_day)))


def find_spans(text: str, last_day: date) -> list[Span]:
    """All dates, months and quarters in the text, in order; a longer reading hides what it covers."""
    found: list[Span] = []
    for pattern, read in READINGS:
        for match in pattern.finditer(text):
            if any(match.start() < span.end and span.start < match.end() for span in found):
                continue
            if span := read_span(read, match, last_day):
                found.append(span)
    return sorted(found, key=lambda span: span.start)


def read_span(read: Reader, match: re.Match[str], last_day: date) -> Span | None:
    """The span of one match; None for a date that does not exist."""
    try:
        ends = read(match, last_day)
    except ValueError:
        return None
    return Span(*ends, match.start(), match.end(), read is read_month_days) if ends else None


Ends = tuple[date, date]
Reader = Callable[[re.Match[str], date], Ends | None]


def read_iso_day(match: re.Match[str], last_day: date) -> Ends:
    """2026-09-16."""
    day = date(*(int(part) for part in match.groups()))
    return day, day


def read_dotted_day(match: re.Match[str], last_day: date) -> Ends | None:
    """16.9. or 16.09.2026."""
    day, month, year = match.groups()
    return read_figures(match, month, day, year, last_day)


def read_slashed_day(match: re.Match[str], last_day: date) -> Ends | None:
    """09/16/2026, or 16/09/2026 where only that can be a day."""
    first, second, year = match.groups()
    month, day = (second, first) if int(first) > 12 else (first, second)
    return read_figures(match, month, day, year, last_day)


def read_figures(match: re.Match[str], month: str, day: str, year: str | None, last_day: date) -> Ends | None:
    """A day written in figures; without its year only where a day is expected."""
    if not 1 <= int(month) <= 12 or not (year or BEFORE_DAY.search(match.string[: match.start()])):
        return None
    found = pick_day(MONTHS[int(month) - 1], day, year, last_day)
    return found, found


def read_month_days(match: re.Match[str], last_day: date) -> Ends:
    """September 1 to 15."""
    name, first, last, year = match.groups()
    return pick_day(name, first, year, last_day), pick_day(name, last, year, last_day)


def read_month_day(match: re.Match[str], last_day: date) -> Ends:
    """September 16th."""
    name, day, year = match.groups()
    found = pick_day(name, day, year, last_day)
    return found, found


def read_day_month(match: re.Match[str], last_day: date) -> Ends:
    """16 September."""
    day, name, year = match.groups()
    found = pick_day(name, day, year, last_day)
    return found, found


def read_iso_month(match: re.Match[str], last_day: date) -> Ends:
    """2026-09."""
    year, month = (int(part) for part in match.groups())
    return date(year, month, 1), end_of_month(date(year, month, 1))


def read_month(match: re.Match[str], last_day: date) -> Ends | None:
    """September, or September 2026; a verb needs a word or a year that shows it is a month."""
    name, year = match.groups()
    if name in VERBS and not year and not BEFORE_MONTH.search(match.string[: match.start()]):
        return None
    first = pick_day(name, "1", year, last_day)
    return first, end_of_month(first)


def read_year(match: re.Match[str], last_day: date) -> Ends | None:
    """2026, after a word that shows it is a year."""
    if not BEFORE_MONTH.search(match.string[: match.start()]):
        return None
    year = int(match.group(1))
    return date(year, 1, 1), date(year, 12, 31)


def read_quarter(match: re.Match[str], last_day: date) -> Ends:
    """Q3, or Q3 2026."""
    quarter, year = match.groups()
    first = pick_day(MONTHS[int(quarter) * 3 - 3], "1", year, last_day)
    return first, end_of_month(first.replace(month=first.month + 2))


READINGS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (ISO_DAY, read_iso_day),
    (DOTTED_DAY, read_dotted_day),
    (SLASHED_DAY, read_slashed_day),
    (ISO_MONTH, read_iso_month),
    (MONTH_DAYS, read_month_days),
    (MONTH_DAY, read_month_day),
    (DAY_MONTH, read_day_month),
    (MONTH_YEAR, read_month),
    (QUARTER, read_quarter),
    (YEAR, read_year),
)


def pick_day(month: str, day: str, year: str | None, last_day: date) -> date:
    """The day; without a year the newest one that does not lie after the data."""
    number = MONTH_NUMBERS[month]
    chosen = int(year) if year else last_day.year - ((number, int(day)) > (last_day.month, last_day.day))
    return date(chosen, number, int(day))


def find_relative(text: str, last_day: date) -> Span | None:
    """`last week`, `past 30 days`, `this month`: all counted from the last day of the data."""
    return next(list_relative(text, last_day), None)


def list_relative(text: str, last_day: date) -> Iterator[Span]:
    """Every relative reading of the text, the most exact first."""
    if match := LAST_MANY.search(text):
        count = int(NUMBER_WORDS.get(match.group(1), 0) or match.group(1))
        yield Span(step_back(last_day, max(count, 1), match.group(2)), last_day)
    if match := BEFORE_LAST.search(text):
        before = step_back(last_day, 1, match.group(1)) - timedelta(days=1)
        yield Span(step_back(before, 1, match.group(1)), before)
    if match := AGO.search(text):
        count = 1 if match.group(1) == "a" else int(NUMBER_WORDS.get(match.group(1), 0) or match.group(1))
        day = step_back(last_day, count, match.group(2)) - timedelta(days=1)
        yield Span(day, day)
    if match := WEEKDAY.search(text):
        day = last_day - timedelta(days=(last_day.weekday() - WEEKDAYS.index(match.group(1))) % 7)
        yield Span(day, day)
    if match := NAMED_DAY.search(text):
        day = last_day - timedelta(days=1) if match.group(1) == "yesterday" else last_day
        yield Span(day, day)
    if match := LAST_ONE.search(text):
        yield name_last(match.group(1), match.group(2), last_day)


def name_last(which: str, unit: str, last_day: date) -> Span:
    """Days and weeks end on the last day; longer units are calendar ones, `last` a complete one."""
    if unit in ("day", "week"):
        return Span(step_back(last_day, 1, unit), last_day)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = start_of(last_day, months)
    if which in ("this", "current"):
        return Span(first, last_day)
    if last_day < end_of_month(add_months(first, months - 1)):
        first = add_months(first, -months)
    return Span(first, end_of_month(add_months(first, months - 1)))


def step_back(last_day: date, count: int, unit: str) -> date:
    """The first day of so many days, weeks or months that end on the last day."""
    if unit == "month":
        following = last_day + timedelta(days=1)
        first = add_months(following.replace(day=1), -count)
        return first + timedelta(days=min(following.day, end_of_month(first).day) - 1)
    return last_day - timedelta(days=count * (7 if unit == "week" else 1) - 1)


def start_of(day: date, months: int) -> date:
    """The first day of the month, quarter or year this day lies in."""
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def add_months(first: date, count: int) -> date:
    """The first of the month so many months later."""
    number = first.year * 12 + first.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def end_of_month(day: date) -> date:
    """The last day of its month."""
    return add_months(day.replace(day=1), 1) - timedelta(days=1)
