"""Finds the two periods a question wants to compare, counted from the last day of the data."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from agents.providers.builtin.periods import Span, add_months, find_spans, list_relative
from agents.providers.builtin.signs import any_of

BEFORE_LAST = any_of("(?:week|month) before last")


def find_comparison(text: str, last_day: date) -> dict[str, Any]:
    """The days to compare as the tool's arguments; what is not said is left to the tool."""
    spans = sorted(find_spans(text, last_day), key=lambda span: span.first_day)
    if len(spans) > 1:
        return name_days("before", spans[0]) | name_days("after", spans[-1])
    after = spans[0] if spans else find_later(text, last_day)
    if after is None:
        return {}
    earlier = month_before(after)
    return name_days("after", after) | (name_days("before", earlier) if earlier else {})


def find_later(text: str, last_day: date) -> Span | None:
    """`last week`, `last 14 days`; `the week before last` is what it is compared with."""
    return next(list_relative(BEFORE_LAST.sub(" ", text), last_day), None)


def month_before(span: Span) -> Span | None:
    """The month before a whole month, which may have another length; None for any other period."""
    day = timedelta(days=1)
    if span.first_day.day != 1 or span.last_day + day != add_months(span.first_day, 1):
        return None
    return Span(add_months(span.first_day, -1), span.first_day - day)


def name_days(side: str, span: Span) -> dict[str, str]:
    """A period as arguments."""
    return {f"{side}_first_day": span.first_day.isoformat(), f"{side}_last_day": span.last_day.isoformat()}
