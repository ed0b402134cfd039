"""How slow answers may be, and how many requests and tokens a minute are allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from agents.providers.builtin.numerals import NUMBER, read_number, scale
from agents.providers.builtin.words import any_of, split_words

TIME: Final = re.compile(rf"(?<![\w.])(?![45]\d\ds\b)({NUMBER})\s?-?(milliseconds?|millis|msec|ms|seconds?|secs?|s)\b")
RATE: Final = re.compile(
    rf"({NUMBER})\s?(k|m|mio|thousand|million)?\s?(rpm|tpm|(?:api\s)?(?:requests?|calls|tokens?"
    rf"|queries)\s?(?:per|a|/|each)\s?(?:minute|min|second|sec)\b)"
    rf"|\b(rpm|tpm)\s?(?:limit\s?)?(?:is|of|=|:|at)?\s?({NUMBER})\s?(k|m|mio|thousand|million)?\b"
)
ALLOWED: Final = any_of(
    *(
        r"tolerat\w+",
        "must",
        "stays?",
        "under",
        "below",
        "within",
        "at most",
        "max",
        "maximum",
        "need",
        "needs",
        "limit",
        "budget",
        "up to",
        "less than",
    ),
    *(
        "no more than",
        "exceed",
        "exceeds",
        "sla",
        "slo",
        "fine",
        "ok",
        "okay",
        "acceptable",
        "can wait",
        "can take",
        "may take",
        "can live",
        "should",
        "target",
        "keep",
        "kept",
    ),
    *(
        "cannot",
        "can't",
        "remain",
        "allowed",
        "good enough",
        "enough",
        "may be",
        "can be",
        "has to",
        "have to",
        "required",
        "requires",
        "accepts?",
        "can handle",
        "not go over",
        "faster than",
    ),
    *(
        "withstand",
        "guarantee",
        "cope with",
        "bear",
        "stand",
        "limits?",
        "hold",
        "ceiling",
        "handles",
        "copes",
        "is happy with",
        "lives with",
        "gets",
        "deadline",
        "wants?",
    ),
)
OBSERVED: Final = any_of(
    "took",
    "takes",
    "currently",
    "right now",
    "went from",
    "rose to",
    "over",
    "more than",
    "slower than",
    "longer than",
    "above",
)
FIRM: Final = re.compile(
    r"\b(?:must|should|tolerat\w+|not go over|stays?|at most|may|budgets?|limits?|slas?|needs? to|has to)\b|n't\b"
)
GOAL: Final = any_of(
    "get",
    "getting",
    "bring",
    "bringing",
    "reduce",
    "cut",
    "lower",
    "push",
    "reach",
    "achieve",
    "improve",
    "drop",
    "come down",
    "speed up",
    "make",
    "shrink",
)
UP_TO: Final = re.compile(r"[<\u2264=]\s*$")
BREAK: Final = re.compile(r"[,;:.?!\n()](?!\d)|\s(?:and|but|while|whereas|yet|though)\s(?!the\s+p\d)|\s-\s")
# What is written where the name of a feature could be, but names none.
NO_NAMES_TEXT: Final = """
    a about all an and answer answers any api at be below but by call calls can cannot chat_ cost costs delay
    everything exceed feature for from has have if in is it its just keep keeping kept latency latencies less limit
    max maximum may median model models more most must need needs no nothing of ok okay on only or other others our
    out over p50 p90 p95 p99 quality reply request requests response responses sla slo should so speed stay stays
    still target than that the them then there these they this those time times to tolerate tolerates under up user
    users we which while with within without endpoint requirement response_time overall cut reduce lower percent
    percentile always go take takes everywhere us each every people customers latency_budget s t get gets bring spend
    spending bill losing make sure bringing save saving savings where fine acceptable long remains remain hold good
    enough first token half one two faster quick fast are was were accept accepts happy"""
NO_NAMES: Final = frozenset(NO_NAMES_TEXT.split())
MOST_LIMITS: Final = 16
LETTERED: Final = re.compile(r"\bfeature\s([\w-]+)")
AFTER_NAMES_TEXT: Final = """
    feature endpoint latency answers requests responses p95 can is are has may must could just only at"""
AFTER_NAMES: Final = frozenset(AFTER_NAMES_TEXT.split())
FOR_NAME: Final = re.compile(
    r"^\s*(?:at\s(?:most\s)?)?(?:p\d\d\s)?(?:latency\s)?(?:(?:is|are)\s(?:fine|ok|okay|enough"
    r"|acceptable|good enough)\s)?(?:for|in|on)\s(?:the\s|our\s)?([\w][\w-]*)"
)


@dataclass(frozen=True, slots=True)
class Budget:
    """A latency in milliseconds that must hold for what is named; an empty name stands for everything."""

    name: str
    p95_ms: int
    start: int
    end: int
    # It is to be reached, not only to be kept.
    is_goal: bool = False


def find_budgets(text: str, features: Sequence[str]) -> list[Budget]:
    """The latencies a simplified text allows, each with the stretch of text that says so."""
    found: list[Budget] = []
    for match in islice(TIME.finditer(text), MOST_LIMITS):
        low, high = cut_clause(text, match)
        name, limit = find_name(text[low : match.start()], text[match.end() : high], features), read_ms(match)
        if limit and is_allowed(text, match, text[low:high], name):
            found.append(Budget(name, limit, low, high, GOAL.search(text[low : match.start()]) is not None))
    return found


def is_allowed(text: str, match: re.Match[str], clause: str, name: str) -> bool:
    """Whether the latency is one that may be, not one that was seen; a list is introduced once for all of it."""
    if text.startswith(" off", match.end()) or (OBSERVED.search(clause) and not FIRM.search(clause)):
        return False
    if ALLOWED.search(clause) or UP_TO.search(text, 0, match.start()):
        return True
    low, high = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    return bool(name) and FIRM.search(text[low : high if high >= 0 else len(text)]) is not None


def cut_clause(text: str, match: re.Match[str]) -> tuple[int, int]:
    """The clause a latency stands in."""
    low = max((found.end() for found in BREAK.finditer(text, 0, match.start())), default=0)
    if text[low : match.start()].strip() == "" and low:
        low = max((found.end() for found in BREAK.finditer(text, 0, low - 1)), default=0)
    behind = BREAK.search(text, match.end())
    return low, behind.start() if behind else len(text)


def read_ms(match: re.Match[str]) -> int:
    """The latency in milliseconds; 0 for one that is none."""
    number = read_number(match[1])
    milliseconds = number if match[2].startswith("m") else number * 1000
    return int(milliseconds) if Decimal(1) <= milliseconds <= Decimal(86_400_000) else 0


def find_name(before: str, behind: str, features: Sequence[str]) -> str:
    """What a latency is for: a feature of the data, else the word that stands in its place."""
    for part in (before, behind):
        if known := find_feature(part, features):
            return known
    match = FOR_NAME.match(behind)
    if match and match[1] not in NO_NAMES:
        return match[1]
    if lettered := LETTERED.search(before):
        return lettered[1]
    marked = ALLOWED.search(before)
    words = re.findall(r"[^\W\d][\w-]*", before[: marked.start()] if marked else before)[-3:]
    while words and words[-1] in AFTER_NAMES:
        words.pop()
    return words[-1] if words and words[-1] not in NO_NAMES else ""


def find_feature(text: str, features: Sequence[str]) -> str:
    """The feature of the data that is written here, in any spelling."""
    plain = squeeze(text)
    named = [name for name in features if squeeze(name).strip() and squeeze(name).rstrip() in plain]
    return max(named, key=len, default="")


def squeeze(text: str) -> str:
    """The words of a text between single spaces."""
    return " " + " ".join(split_words(text.casefold())) + " "


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit a minute, of requests or of tokens."""

    kind: str
    a_minute: int
    start: int
    end: int


def find_rates(text: str) -> Iterator[Rate]:
    """The limits a minute that a simplified text names."""
    for match in islice(RATE.finditer(text), MOST_LIMITS):
        number, suffix, unit = (match[1], match[2], match[3]) if match[1] else (match[5], match[6], match[4])
        amount = scale(read_number(number), suffix)
        if re.search(r"(?:second|sec)\b", unit):
            amount *= 60
        if 0 < amount < 10**12:
            kind = "tokens" if unit.startswith("t") else "requests"
            yield Rate(kind, int(amount), *match.span())
