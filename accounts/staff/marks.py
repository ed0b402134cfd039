"""Small marks of the staff pages: short ids, badges with text, lengths of time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

MINUTE: Final = 60
HOUR: Final = 3600
SHOWN_OF_AN_ID: Final = 8
NOTHING: Final = "\N{EN DASH}"


def shorten_id(value: object) -> str:
    """The end of an id: ids begin with the time, so only their ends differ at a glance."""
    return f"…{str(value)[-SHOWN_OF_AN_ID:]}"


def link(url: str, text: object) -> SafeString:
    """A link."""
    return format_html('<a href="{}">{}</a>', url, text)


def link_to_id(url_name: str, value: Any) -> SafeString:
    """A link that shows the short id and tells the whole one."""
    url = reverse(url_name, args=[value])
    return format_html('<a class="short-id" href="{}" title="{}">{}</a>', url, value, shorten_id(value))


def badge(tone: str, text: object) -> SafeString:
    """A word on a coloured ground; the colour only repeats what the word says."""
    return format_html('<span class="badge {}">{}</span>', tone, text)


def show_moment(moment: datetime | None) -> str:
    """A moment to the second, the same width in every row."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else NOTHING


def describe_seconds(seconds: float | None) -> str:
    """A length of time as people say it; a dash when there is none."""
    if seconds is None:
        return NOTHING
    if seconds < MINUTE:
        return f"{seconds:.3f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    if seconds < HOUR:
        return f"{minutes} min {rest} s"
    return f"{minutes // MINUTE} h {minutes % MINUTE} min"
