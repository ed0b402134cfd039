"""What the percentages and factors of a question are wanted for: lower cost, growth, speed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agents.providers.builtin.amounts import Amount, find_amounts, is_ahead
from agents.providers.builtin.repetitions import is_repetition
from agents.providers.builtin.words import any_of

COST: Final = any_of(
    *(
        r"costs?",
        r"spend\w*",
        "bills?",
        r"invoices?",
        r"expens\w+",
        "budget",
        "money",
        r"prices?",
        "pay",
        r"savings?",
        "dollars?",
    ),
    *("burn", "opex", "charges?", "cheap", "cogs", "fees?", "expenditure"),
)
LATENCY: Final = any_of(
    *(
        r"latenc\w+",
        r"response times?",
        r"p9[059]",
        "p50",
        "ttft",
        "speed",
        r"wait\w*",
        "delays?",
        "lag",
        r"respons(?:e|es|ive)",
    ),
    *("answers?", "replies", "reply times?", "turnaround", "time to first token"),
)
VOLUME: Final = any_of(
    *(
        "usage",
        "traffic",
        r"requests?",
        "calls",
        r"volumes?",
        "load",
        "users?",
        "customers?",
        "demand",
        "queries",
        "workloads?",
    ),
    *(
        "throughput",
        "clients?",
        "seats",
        "growth",
        "tickets",
        "conversations",
        "messages",
        "consumption",
        "adoption",
        "headcount",
    ),
    *("people", "employees", "sign-?ups?", "tokens?", "documents?", "business"),
)
CUT: Final = any_of(
    *(
        "cut",
        "cuts",
        "cutting",
        r"reduc\w+",
        "trim",
        r"lower\w*",
        "down",
        r"decreas\w+",
        r"slash\w*",
        r"shrink\w*",
        r"shav\w+",
        "less",
    ),
    *(
        "fewer",
        "off",
        "cheaper",
        "save",
        "saves",
        "saving",
        "savings",
        "bring",
        "drop",
        r"optimi\w+",
        r"halv\w+",
        "knock",
        "smaller",
        "out of",
        "squeeze",
    ),
    *("take", "trimming", "cost-cutting", r"shed\w*", "curb", "below", "decline"),
)
FASTER: Final = any_of(
    "faster",
    "quicker",
    r"speed\w*",
    r"accelerat\w+",
    "snappier",
    "as fast",
    "as quick",
    "fast",
    "quick",
    "sped",
    "half the time",
    "less time",
)
GROW: Final = any_of(
    *(
        "grow",
        "grows",
        "growing",
        "growth",
        "more",
        r"scal(?:e|es|ing)",
        r"expand\w*",
        r"increas(?:e|es|ing)",
        "rise",
        "rises",
        "onboard",
        "higher",
    ),
    *(
        "ramp",
        "climb",
        "climbs",
        "extra",
        "additional",
        "add",
        "up",
        "go up",
        "goes up",
        "bigger",
        "as many",
        "multiply",
    ),
)
HAPPENED: Final = any_of(
    *(
        "jumped",
        "rose",
        "went up",
        "increased",
        "spiked",
        "surged",
        "has risen",
        "grew",
        "soared",
        "climbed",
        "shot up",
        "went down",
    ),
    *(
        "dropped",
        "fell",
        "has grown",
        "have grown",
        "was up",
        "already",
        "higher than",
        "since",
        "did",
        "why",
    ),
)
# Such words tell of the past only where nothing is imagined: `if requests go up by 20 %`.
MAY_HAVE_HAPPENED: Final = any_of("doubled", "tripled", "quadrupled", "halved", "is up", "are up", "up by")
BREAK: Final = re.compile(r"[,;:.?!\n()](?!\d)|\s(?:and|plus|while|but|with|if|when|at)\s|\s[&+/]\s")
OF: Final = re.compile(r"\s+of\s")
BIG: Final = 99


@dataclass(frozen=True, slots=True)
class Goal:
    """An amount with what it is for; `kind` is cut, growth, speed, or empty where it is not a goal."""

    kind: str
    amount: Amount


def find_goals(text: str) -> list[Goal]:
    """The goals a simplified text sets in percent or as factors."""
    amounts = find_amounts(text)
    return [Goal(choose_kind(text, amount, amounts), amount) for amount in amounts]


def choose_kind(text: str, amount: Amount, amounts: Sequence[Amount]) -> str:
    """What one amount is for, by the words of its clause; a list of goals is introduced before it."""
    clause, start, end = cut_clause(text, amount, amounts)
    ahead = is_ahead(text, amount.start)
    kind = "" if tells_of_past(clause, ahead) else judge_clause(clause, start, end, amount)
    if kind or tells_of_past(clause, ahead):
        return kind
    wider, start, end = cut_sentence(text, amount)
    return "" if tells_of_past(wider, ahead) else judge_clause(wider, start, end, amount)


def tells_of_past(words: str, ahead: bool) -> bool:
    """Whether the words say that something went up or down already."""
    return HAPPENED.search(words) is not None or (not ahead and MAY_HAVE_HAPPENED.search(words) is not None)


def cut_clause(text: str, amount: Amount, amounts: Sequence[Amount]) -> tuple[str, int, int]:
    """The clause around an amount, and where the amount stands in it."""
    low = max((match.end() for match in BREAK.finditer(text, 0, amount.start)), default=0)
    match = BREAK.search(text, amount.end)
    high = match.start() if match else len(text)
    high = min([high, *(other.start for other in amounts if other.start >= amount.end)])
    low = max([low, *(other.end for other in amounts if other.end <= amount.start)])
    return text[low:high], amount.start - low, amount.end - low


def cut_sentence(text: str, amount: Amount) -> tuple[str, int, int]:
    """The sentence around an amount, and where the amount stands in it."""
    low = max(text.rfind(mark, 0, amount.start) for mark in ("\n", "? ", "! ", ". ", "; ")) + 1
    ends = [found for mark in ("\n", "?", "!", ". ", ";") if (found := text.find(mark, amount.end)) >= 0]
    return text[low : min(ends, default=len(text))], amount.start - low, amount.end - low


def judge_clause(clause: str, start: int, end: int, amount: Amount) -> str:
    """What an amount is for by the nearest words: what is meant, and what is to happen with it."""
    noun = nearest(clause, start, end, {"cost": COST, "latency": LATENCY, "volume": VOLUME})
    verb = nearest(clause, start, end, {"cut": CUT, "faster": FASTER, "grow": GROW})
    if amount.kind == "factor":
        return "" if is_repetition(clause, start, end) else judge_factor(noun, verb, clause)
    if verb == "cut" and noun == "volume" and LATENCY.search(clause) and not COST.search(clause):
        noun = "latency"
    if (verb == "" and OF.match(clause, end)) or (noun == "latency" and amount.sign == "+"):
        return ""
    return KINDS.get((noun, verb), "") or judge_sign(noun, amount)


def judge_factor(noun: str, verb: str, clause: str) -> str:
    """What a factor is for: `2x faster`, `3x the users`, `2x cheaper`."""
    if verb == "faster" or noun == "latency":
        return "speed"
    if re.search(r"\b(?:as much|as expensive|as high|as slow|more expensive)\b", clause):
        return ""
    if verb == "cut" and noun in ("cost", ""):
        return "cheaper"
    return "growth" if noun == "volume" or verb == "grow" or noun == "" else ""


KINDS: Final = {
    ("cost", "cut"): "cut", ("", "cut"): "cut", ("volume", "cut"): "cut", ("latency", "cut"): "speed",
    ("latency", "faster"): "speed", ("", "faster"): "speed", ("cost", "faster"): "speed", ("volume", "faster"): "speed",
    ("volume", "grow"): "growth", ("", "grow"): "growth", ("cost", "grow"): "growth",
    ("latency", ""): "speed",
}  # fmt: skip


def judge_sign(noun: str, amount: Amount) -> str:
    """What an amount without a verb is for: `-20 % cost`, `+30 % usage`."""
    if (noun == "volume" and amount.sign != "-") or (noun == "" and amount.sign == "+"):
        return "growth"
    if noun == "cost" and amount.sign != "+":
        return "cut"
    return ""


def nearest(clause: str, start: int, end: int, patterns: dict[str, re.Pattern[str]]) -> str:
    """The name of the pattern that matches closest to the amount; on a tie what stands behind it."""
    best, name = BIG, ""
    for candidate, pattern in patterns.items():
        for match in pattern.finditer(clause):
            behind = match.start() >= end
            gap = clause[end : match.start()] if behind else clause[match.end() : start]
            distance = 2 * len(gap.split()) + (0 if behind else 1)
            if distance < best:
                best, name = distance, candidate
    return name


def speed_of(goal: Goal) -> Decimal | None:
    """How many times faster, for a goal of speed; the lower end of a range."""
    amount = goal.amount
    if amount.kind == "factor":
        return amount.low if amount.low > 0 else None
    if amount.low >= 100 or amount.low <= 0:
        return None
    return (100 / (100 - amount.low)).quantize(Decimal("0.01")).normalize() + 0


def percent_of_factor(factor: Decimal) -> Decimal:
    """Growth in percent: tripling is 200."""
    return (factor - 1) * 100
