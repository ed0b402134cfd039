"""Money a question names, and whether it is to be saved or may be spent; always a month."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice, pairwise
from typing import Final

from agents.providers.builtin.numerals import FIGURE, NUMBER, read_number, scale
from agents.providers.builtin.words import any_of

SUFFIX: Final = r"\s?(k|m|mio|thousand|million)?\b"
MONEY: Final = re.compile(
    rf"(?:us)?\$\s?({NUMBER}){SUFFIX}|\busd\s?({NUMBER}){SUFFIX}|({NUMBER}){SUFFIX}\s?(?:\$|usd\b"
    rf"|us dollars?\b|dollars?\b|bucks\b|dollar\b)"
    rf"|\b({NUMBER})\s?(k)\b(?=\s*(?:a|per|each|every|/)\s*(?:month|mo|year|week|day|quarter)\b)"
)
# `12k -> 9k` is money where the text is about money, and nothing else is counted.
BARE: Final = re.compile(
    rf"(?<![\w.,$-])({FIGURE})\s?(k)\b(?=\s*(?:$|[-=\u2192,.;?!)]|(?:to|down|now|by|in|and|instead|a|per|max|at|or|today|for|this"
    r"|budget|monthly|currently|tops)\b))"
)
ABOUT_MONEY: Final = any_of(
    *(
        r"cost\w*",
        r"spen[dt]\w*",
        r"bills?",
        r"pay\w*",
        "budget",
        "money",
        r"invoices?",
        r"sav\w+",
        "usd",
        "dollars?",
        "month",
    ),
    *("burn", "monthly", r"expen\w+", "fees?", "cheaper"),
)
# Between two amounts: the second is what the first is to become.
BECOMES: Final = re.compile(
    r"\s*(?:(?:now|today|currently|monthly|at the moment)\s*)?,?\s*(?:->|=>|\u2192|(?:down )?to|towards?|becomes?)"
    r"\s*(?:about |around |only )?$"
)
BRING_TO: Final = re.compile(
    r"\b(?:bring|get|take|push|pull|drop|drive|haul|squeeze)\s(?:\w+\s){1,3}?(?:down\s)?(?:to|under|below)\s"
    r"(?:about\s|around\s)?$"
)
EVERY: Final = re.compile(
    r"\s*(?:usd|dollars|bucks)?\s*(?:a|per|each|every|/)\s*(month|mo|year|week|day|quarter|annum)\b"
    r"|\s*(monthly|yearly|annually|weekly|daily)\b"
)
MONTHS_IN: Final = {
    **dict.fromkeys(("year", "annum", "yearly", "annually"), Decimal(12)), "quarter": Decimal(3),
    **dict.fromkeys(("week", "weekly"), Decimal(12) / Decimal(52)),
    **dict.fromkeys(("day", "daily"), Decimal(12) / Decimal(365)),
}  # fmt: skip
BUDGET_BEFORE: Final = re.compile(
    r"(?:\b(?:under|below|within|to|at|most|than|of|is|max|maximum|cap|exceed|exceeding|over"
    r"|limit|only|have|budget|beneath|around)\s(?:a\s|our\s|the\s)?(?:budget\s)?(?:of\s|at\s"
    r"|to\s|is\s)?|[<:]\s?)$"
)
BUDGET: Final = any_of(
    "budget",
    "cap",
    "capped",
    "at most",
    "limit",
    "ceiling",
    "allowance",
    "afford",
    "under",
    "below",
    "within",
    "stay",
    "not exceed",
    "max",
    "maximum",
)
SAVING: Final = any_of(
    "sav(?:e|es|ing|ings)",
    r"cut\w*",
    r"reduc\w+",
    r"trim\w*",
    r"shav\w+",
    "off",
    "less",
    r"lower\w*",
    "down",
    "fewer",
    "find",
    "free up",
    "knock",
    "out of",
    "slash",
    "squeeze",
    "drop",
)
BREAK: Final = re.compile(r"[;.?!\n](?!\d)")
MOST_AMOUNTS: Final = 12
CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount a month, what it is for, and where it stands."""

    kind: str
    amount: Decimal
    start: int
    end: int


def find_money(text: str) -> list[Money]:
    """The amounts of US dollars in a simplified text; other currencies are not turned into them."""
    patterns = (MONEY, BARE) if ABOUT_MONEY.search(text) else (MONEY,)
    matches = (match for pattern in patterns for match in islice(pattern.finditer(text), MOST_AMOUNTS))
    found: list[Money] = []
    for item in (read_money(text, match) for match in matches):
        if not any(item.start < other.end and other.start < item.end for other in found):
            found.append(item)
    return list(name_falls(text, sorted(found, key=lambda item: item.start)[:MOST_AMOUNTS]))


def name_falls(text: str, found: Sequence[Money]) -> Iterator[Money]:
    """The amounts; of two that stand for `from here to there`, a lower second one is what may be spent."""
    kinds = [item.kind for item in found]
    for index, (first, second) in enumerate(pairwise(found)):
        if BECOMES.match(text[first.end : second.start]):
            kinds[index], kinds[index + 1] = "", "budget" if second.amount < first.amount else ""
    return (replace(item, kind=kind) for item, kind in zip(found, kinds, strict=True))


def read_money(text: str, match: re.Match[str]) -> Money:
    """One amount, by the words of its sentence."""
    number, suffix = next(pair for pair in zip(match.groups()[::2], match.groups()[1::2], strict=True) if pair[0])
    every = EVERY.match(text, match.end())
    unit = (every[1] or every[2]) if every else "month"
    amount = scale(read_number(number), suffix) / MONTHS_IN.get(unit, Decimal(1))
    low = max((found.end() for found in BREAK.finditer(text, 0, match.start())), default=0)
    found = BREAK.search(text, match.end())
    before, behind = text[low : match.start()], text[match.end() : found.start() if found else len(text)]
    end = every.end() if every else match.end()
    return Money(choose_kind(before, behind), amount.quantize(CENT).normalize() + 0, match.start(), end)


def choose_kind(before: str, behind: str) -> str:
    """`budget` where it may be spent, `saving` where it is to be saved, else empty."""
    if re.search(r"\b(?:from|is|was|of currently|currently|now)\s(?:about\s)?$", before) and not re.search(
        r"budget|limit|cap|max", before
    ):
        return ""
    if re.match(r"\s*(?:\w+\s){0,3}(?:off|less|savings?|out of)\b", behind) or re.search(
        r"\b(?:sav\w+|by)\s(?:\w+\s){0,2}$", before
    ):
        return "saving"
    if BRING_TO.search(before):
        return "budget"
    if BUDGET_BEFORE.search(before) and (BUDGET.search(before) or SAVING.search(before)):
        return "budget"
    if re.match(r"\s*(?:a month\s|per month\s|monthly\s)?(?:budget|cap|limit)\b", behind) or BUDGET.search(before):
        return "budget"
    return "saving" if SAVING.search(before) else ""
