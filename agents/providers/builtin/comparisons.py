"""Finds the two periods a question wants to compare, counted from the last day of the data."""

from __future__ import annotations

from datetime import date, timedelta

from agents.providers.builtin.periods import Span, add_months, find_spans, list_relative
from agents.providers.builtin.words import any_of

BEFORE_LAST = any_of("(?:week|month) before last", "previous (?:week|month)", "(?:week|month) before")
LATER = any_of(
    "(?:this|last|past|previous) (?:week|month|day|quarter|year)", r"(?:last|past) \w+ (?:days|weeks|months)"
)
AROUND = any_of("before and after", "after and before")
DAY = timedelta(days=1)
# A change on a day needs a level on both sides of it.
AROUND_A_CHANGE = timedelta(days=14)


def find_comparison(text: str, last_day: date) -> dict[str, date]:
    """The days to compare; what is not said is left open."""
    spans = sorted(find_spans(text, last_day), key=lambda span: span.first_day)
    if len(spans) > 1:
        return name_days("before", spans[0]) | name_days("after", spans[-1])
    if spans and AROUND.search(text):
        return surround(spans[0].first_day, last_day)
    after = spans[0] if spans else find_later(text, last_day)
    if after is None:
        return {}
    earlier = month_before(after)
    return name_days("after", after) | (name_days("before", earlier) if earlier else {})


def find_later(text: str, last_day: date) -> Span | None:
    """`last week`, `last 14 days`; `the week before last` is what it is compared with.

    In `this month against last month` the first is the later one.
    """
    plain = BEFORE_LAST.sub(" ", text)
    named = LATER.findall(plain)
    current = next((words for words in named if words.startswith("this")), None)
    return next(list_relative(current or plain, last_day), None)


def surround(day: date, last_day: date) -> dict[str, date]:
    """The weeks before a day, and the weeks from that day on."""
    last = max(day, min(day + AROUND_A_CHANGE - DAY, last_day))
    return name_days("before", Span(day - AROUND_A_CHANGE, day - DAY)) | name_days("after", Span(day, last))


def month_before(span: Span) -> Span | None:
    """The month before a whole month, which may have another length; None for any other period."""
    if span.first_day.day != 1 or span.last_day + DAY != add_months(span.first_day, 1):
        return None
    return Span(add_months(span.first_day, -1), span.first_day - DAY)


def name_days(side: str, span: Span) -> dict[str, date]:
    """A period as the fields of a verdict."""
    return {f"{side}_first_day": span.first_day, f"{side}_last_day": span.last_day}
