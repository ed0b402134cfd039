"""Percentages and factors of a question, and what each of them is to be: a cut, growth or speed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from agents.providers.builtin.numerals import FRACTIONS, NUMBER, RANGE, TENS, UNITS, read_number
from agents.providers.builtin.words import any_of

UNIT: Final = r"\s?(?:%|percent\b|per cent\b|pct\b|percentage points?\b)"
PERCENT: Final = re.compile(rf"([-+]\s?|\bminus\s)?(?:{RANGE}|({NUMBER})){UNIT}")
FACTOR: Final = re.compile(
    rf"(?<![\w.-])(?:{RANGE}|({NUMBER}))(?:\s?x\b(?!\d)|[\s-]?times\b|[\s-]?fold\b)"
    r"|(?:(?<![\w.])x\s?|(?<=speed )times\s|(?<=usage )times\s|(?<=traffic )times\s|(?<=users )times\s)"
    r"(\d{1,3})\b(?!\.?\d|\s?(?:%|ms|k\b|s\b))"
)
# `Cost minus 20, usage +30` leaves the unit out.
SIGNED: Final = re.compile(
    r"\b(?:cost|costs|spend|spending|bill|budget|price|latency|speed|usage|users|traffic|volume|requests|load|p95)\s?[:=]?\s?"
    r"([-+]|minus|plus)\s?(\d{1,3})(?![\d.,]*\d|\s?(?:%|ms\b|s\b|k\b|m\b|\$|usd|percent|per\b|pct|x\b|times|seconds?|dollars?))"
)
FRACTION_WORDS: Final = "|".join(sorted((word.replace(" ", r"[\s-]") for word in FRACTIONS), key=len, reverse=True))
# A bare `quarter` is a part of a year, and `the first half` one of a month.
FRACTION: Final = re.compile(
    rf"\b(?:(?:by|a|an|one|in|about|roughly|around)[\s-]){{1,3}}({FRACTION_WORDS})\b"
    r"(?!\s*(?:of\s)?(?:the\s|a\s)?(?:month|year|day|quarter|second|hour|minute)\b)"
    rf"|\b(half|two[\s-]thirds|three[\s-]quarters|two[\s-]fifths)(?=\s(?:of|the|our|as|off|price)\b)(?!\sof\s(?:the\s|a\s)?(?:month|year|day|quarter)\b)|(?<![\d/])([123])/([2345])(?![\d/])"
)
# Of two amounts that `and` joins, only `between` makes a range; the text keeps its length.
BETWEEN: Final = re.compile(rf"(\bbetween\s(?:{NUMBER})(?:{UNIT})?\s)and(\s)")
MULTIPLES: Final = {
    **dict.fromkeys(("double", "doubles", "doubling", "twice"), Decimal(2)),
    **dict.fromkeys(("triple", "triples", "tripling", "thrice", "treble"), Decimal(3)),
    **dict.fromkeys(("quadruple", "quadruples", "quadrupling"), Decimal(4)),
    **dict.fromkeys(("quintuple", "quintuples", "quintupling"), Decimal(5)),
    "order of magnitude": Decimal(10),
    **{f"{word}fold": Decimal(number) for word, number in (UNITS | TENS).items() if number > 1},
    "hundredfold": Decimal(100),
}
MULTIPLE: Final = re.compile(rf"\b({'|'.join(MULTIPLES)})\b")
HALVING: Final = re.compile(r"\b(?:halve|halves|halving)\b")
# What is done tells of the past (`the bill doubled`), unless it is imagined or wanted (`if the users doubled`).
DONE_MULTIPLES: Final = {
    **{"doubled": Decimal(2), "tripled": Decimal(3), "trebled": Decimal(3)},
    **{"quadrupled": Decimal(4), "quintupled": Decimal(5)},
}
DONE: Final = re.compile(rf"\b({'|'.join(DONE_MULTIPLES)}|halved)\b")
AHEAD: Final = any_of(
    *("if", "when", "once", "as soon as", "in case", "should", "would", r"assum\w+", r"suppos\w+", r"expect\w*"),
    *("imagine", "say", r"wants?", r"needs?", "like", "get", "see", "be", "gets", "were", "with", r"scenarios?"),
)
TOLD: Final = any_of(
    "why", "how come", "did", r"ha(?:s|ve)(?! to| the| our)", "had", "who", "was", r"explain\w*", "since", "reason"
)
CLAUSE_END: Final = re.compile(r"[,;:.?!\n](?!\d)")
MOST_AMOUNTS: Final = 24
MOST_PERCENT: Final = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class Amount:
    """A percentage or a factor, from low to high, and where it stands."""

    kind: str
    low: Decimal
    high: Decimal
    start: int
    end: int
    sign: str = ""

    def overlaps(self, others: Sequence[Amount]) -> bool:
        """Whether one of the others is written in the same place."""
        return any(self.start < other.end and other.start < self.end for other in others)


def find_amounts(text: str) -> list[Amount]:
    """Every percentage, factor and fraction of a simplified text, in order."""
    found: list[Amount] = []
    text = BETWEEN.sub(r"\1to \2", text)
    for amount in islice(list_amounts(text), MOST_AMOUNTS):
        if not amount.overlaps(found) and amount.high <= MOST_PERCENT:
            found.append(amount)
    return sorted(found, key=lambda amount: amount.start)


def list_amounts(text: str) -> Iterator[Amount]:
    """The readings of each pattern, the most exact first."""
    for match in PERCENT.finditer(text):
        sign, low, high, single = match.groups()
        # `20-30%` has no sign, `-20%` has; a hyphen after a word or a figure joins.
        start = match.start()
        joined = start > 0 and not text[start - 1].isspace() and text[start - 1] not in "(:,;/"
        yield order(
            "percent",
            low or single,
            high or single,
            match,
            "" if joined or not sign else sign.strip().replace("minus", "-"),
        )
    for match in FACTOR.finditer(text):
        low, high, single, prefixed = match.groups()
        yield order("factor", low or single or prefixed, high or single or prefixed, match)
    for match in SIGNED.finditer(text):
        sign = match[1].replace("minus", "-").replace("plus", "+")
        yield Amount("percent", Decimal(match[2]), Decimal(match[2]), match.start(1), match.end(), sign)
    for match in MULTIPLE.finditer(text):
        yield Amount("factor", MULTIPLES[match[1]], MULTIPLES[match[1]], *match.span())
    for match in HALVING.finditer(text):
        yield Amount("fraction", Decimal(50), Decimal(50), *match.span())
    yield from list_done(text)
    for match in FRACTION.finditer(text):
        share = read_share(match)
        yield Amount("fraction", share, share, *match.span())


def list_done(text: str) -> Iterator[Amount]:
    """What is imagined or wanted as done: `if the users doubled`, `we need the costs halved`."""
    for match in DONE.finditer(text):
        if is_ahead(text, match.start()):
            factor = DONE_MULTIPLES.get(match[1])
            size = factor or Decimal(50)
            yield Amount("factor" if factor else "fraction", size, size, *match.span())


def is_ahead(text: str, end: int) -> bool:
    """Whether the clause before this place imagines or wants what follows, and tells of nothing that happened."""
    near = max(end - 120, 0)
    low = max((match.end() for match in CLAUSE_END.finditer(text, near, end)), default=near)
    return AHEAD.search(text, low, end) is not None and TOLD.search(text, low, end) is None


def read_share(match: re.Match[str]) -> Decimal:
    """A fraction in percent."""
    if match[3]:
        return (
            min(Decimal(100), (100 * Decimal(match[3]) / Decimal(match[4])).quantize(Decimal("0.01"))).normalize() + 0
        )
    return FRACTIONS[re.sub(r"[\s-]", " ", match[1] or match[2])]


def order(kind: str, first: str, second: str, match: re.Match[str], sign: str = "") -> Amount:
    """An amount whose ends are in order."""
    low, high = sorted((read_number(first), read_number(second)))
    return Amount(kind, low, high, *match.span(), sign)
