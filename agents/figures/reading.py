"""Finds the figures of a text: amounts, percentages, durations, counts; not dates, versions, names or list numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

BLANK: Final = "\x00"
NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
FIGURE: Final = re.compile(
    rf"(?P<money>(?:US)?\$\s?|USD\s|€\s?|£\s?)?(?<![\w.,])(?<![A-Za-z]-)(?P<number>{NUMBER})(?![\d])"
    r"(?:\s?(?P<scale>k|K|M|thousand|million|billion|bn)\b)?"
    r"(?P<unit>\s?%|\s?percent\b|\s?(?:ms|milliseconds?|s|sec|seconds?|minutes?|min|hours?|h|days?|weeks?|months?)\b|x\b"
    r"|\s?(?:USD|US dollars?|dollars?|tokens?|requests?|calls?|errors?|failures?|sessions?|rows?|prompts?|users?)\b)?"
)
# What has digits and is no figure. People and models may write anything, so no pattern may look twice at a long run.
NO_FIGURES: Final = (
    re.compile(r"`+[^`]*`+"),
    re.compile(r"\]\([^)\s]{0,300}\)"),
    re.compile(r"https?://\S+"),
    re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?(?:[T ]\d{2}:\d{2}(?::\d{2})?)?\b"),
    re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b"),
    re.compile(r"\b\d{1,6}\.\d{1,6}\.\d{1,6}[\w.+-]*"),
    re.compile(
        r"\b(?:\d{1,2}(?:st|nd|rd|th)?\.? (?:of )?)?"
        r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
        r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?(?: \d{1,2}(?:st|nd|rd|th)?\b)?(?:,? \d{4})?\b"
    ),
    re.compile(r"(?m)^[ \t]{0,12}(?:#{1,6} )?\d{1,3}[.)](?=\s)"),
    re.compile(
        r"\b(?:version|v|step|phase|option|week|day|tier|level|Q|H|no\.|number|section|table|figure) ?\d{1,4}\b", re.I
    ),
)
# Names with digits: gpt-5.4, claude-opus-4-8, user-017, 4o-mini; a number with its unit is none.
TOKEN: Final = re.compile(r"[\w./:+-]+")
MEASURE: Final = re.compile(r"[+-]?[\d.]+(?:-[\d.]+)?(?:k|K|M|bn|ms|s|sec|min|h|x)?[.:/+-]*")
LONGEST_TOKEN: Final = 200
LONGEST_NUMBER: Final = 30
SCALES: Final = {"k": 3, "K": 3, "thousand": 3, "M": 6, "million": 6, "billion": 9, "bn": 9}
MILLISECONDS: Final = {"ms": 1, "m": 1, "s": 1000}
# A bare number as small as this counts steps and choices; it says nothing about the rows.
LARGEST_PLAIN: Final = 12
YEARS: Final = range(1990, 2101)


class Unit(StrEnum):
    """What a figure measures."""

    MONEY = "money"
    PERCENT = "percent"
    MILLISECONDS = "ms"
    SECONDS = "s"
    DAYS = "days"
    TIMES = "times"
    COUNT = "count"
    PLAIN = "plain"


UNITS: Final = (
    (re.compile(r"%|percent"), Unit.PERCENT),
    (re.compile(r"ms|milliseconds?"), Unit.MILLISECONDS),
    (re.compile(r"s|sec|seconds?"), Unit.SECONDS),
    (re.compile(r"USD|US dollars?|dollars?"), Unit.MONEY),
    (re.compile(r"x"), Unit.TIMES),
    (re.compile(r"minutes?|min|hours?|h|days?|weeks?|months?"), Unit.DAYS),
    (re.compile(r"tokens?|requests?|calls?|errors?|failures?|sessions?|rows?|prompts?|users?"), Unit.COUNT),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as written: where it stands, what it says, and how exactly."""

    start: int
    end: int
    text: str
    value: Decimal
    unit: Unit
    # The last digit that is written, as a power of ten: 1.25 -> -2, 3k -> 3.
    exponent: int


def find_figures(text: str, names: Iterable[str] = ()) -> list[Figure]:
    """The figures in their order; names that occur in the data are no figures, whatever digits they have."""
    masked = mask(text, names)
    return [figure for match in FIGURE.finditer(masked) if (figure := read_figure(text, masked, match)) is not None]


def mask(text: str, names: Iterable[str]) -> str:
    """The text with everything blanked that has digits and is no figure; positions stay."""
    for start, end, _ in find_places(text, (name for name in names if any(letter.isdigit() for letter in name))):
        text = text[:start] + BLANK * (end - start) + text[end:]
    for pattern in NO_FIGURES:
        text = pattern.sub(blank, text)
    return TOKEN.sub(blank_name, text)


def blank_name(match: re.Match[str]) -> str:
    """Blanks a word with letters and digits, unless it is a number with its unit."""
    token = match.group()
    if len(token) > LONGEST_TOKEN:
        return BLANK * len(token)
    is_mixed = any(letter.isalpha() for letter in token) and any(letter.isdigit() for letter in token)
    return BLANK * len(token) if is_mixed and not MEASURE.fullmatch(token) else token


def blank(match: re.Match[str]) -> str:
    """As many blanks as the match is long; a table's bars and line ends stay."""
    return BLANK * len(match.group())


def read_figure(text: str, masked: str, match: re.Match[str]) -> Figure | None:
    """The figure of a match; None for a small bare number that counts steps."""
    number, scale = match.group("number"), match.group("scale")
    if len(number) > LONGEST_NUMBER:
        return None
    unit = read_unit(match)
    start, end = match.start(), match.end()
    power = SCALES.get(scale or "", 0)
    value = Decimal(number.replace(",", "")).scaleb(power)
    exponent = power - (len(number.partition(".")[2]))
    if unit is Unit.PLAIN and not scale and exponent == 0 and counts_nothing(number, masked, start):
        return None
    if unit is Unit.DAYS and exponent >= 0:
        return None
    while text[end - 1].isspace():
        end -= 1
    return Figure(start, end, text[start:end], value, unit, exponent)


def counts_nothing(number: str, masked: str, start: int) -> bool:
    """Whether a bare whole number is a year, or counts steps outside of a table."""
    if "," not in number and int(number) in YEARS:
        return True
    return int(number.replace(",", "")) <= LARGEST_PLAIN and not in_table(masked, start)


def read_unit(match: re.Match[str]) -> Unit:
    """What stands beside the number."""
    if match.group("money"):
        return Unit.MONEY
    word = (match.group("unit") or "").strip()
    return next((unit for pattern, unit in UNITS if word and pattern.fullmatch(word)), Unit.PLAIN)


def in_table(text: str, position: int) -> bool:
    """Whether this is in a row of a table."""
    start = text.rfind("\n", 0, position) + 1
    return text[start : start + 1] == "|"


def iterate_line(text: str, position: int) -> tuple[int, int]:
    """Where the line of a position begins and ends."""
    end = text.find("\n", position)
    return text.rfind("\n", 0, position) + 1, len(text) if end < 0 else end


def find_places(text: str, names: Iterable[str]) -> list[tuple[int, int, str]]:
    """Where names stand in a text, in their order; of names that contain each other the longest counts."""
    listed = sorted({name for name in names if name.strip()}, key=lambda name: (-len(name), name))
    if not listed:
        return []
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, listed))})(?!\w)")
    return [(match.start(), match.end(), match.group()) for match in pattern.finditer(text)]
