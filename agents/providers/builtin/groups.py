"""Finds the dimensions a question wants to see, and how many groups of them."""

from __future__ import annotations

import re
from typing import Literal

from agents.providers.builtin.periods import NUMBER_WORDS
from agents.providers.builtin.words import any_of

Step = Literal["day", "week", "month"]

DIMENSIONS = {
    "model": "model",
    "provider": "provider",
    "vendor": "provider",
    "team": "team",
    "department": "team",
    "feature": "feature",
    "use case": "feature",
    "application": "feature",
    "app": "feature",
    "product": "feature",
    "user": "user",
    "person": "user",
    "people": "user",
    "status": "status",
}
NAME = "|".join(DIMENSIONS)
ASKED = re.compile(
    rf"\b(?:by|per|each|every|across|which|what|between|among|over)\s+(?:the\s+|our\s+|all\s+)?({NAME})(?:e?s)?\b"
    rf"|\b(?:top|first)\s+(?:\w+\s+)?(?:most\s+\w+\s+)?({NAME})(?:e?s)?\b"
    rf"|(?:,|\band|/|\bx)\s*(?:by\s+|per\s+)?({NAME})(?:e?s)?\b(?!\s+\w*-)"
    rf"|\b({NAME})e?s\b|\b({NAME})\s+breakdown\b"
    rf"|\b(?:expensive|costliest|cheapest|slowest|fastest|biggest|largest)\s+({NAME})\b"
)
COUNT = r"\d{1,2}|" + "|".join(NUMBER_WORDS)
TOP = re.compile(rf"\b(?:top|first|biggest|largest|most expensive|slowest)\s+({COUNT})\b")
# Where nothing is to be looked up, a plural is what the sentence is about, not how to split it.
SPLIT = re.compile(
    rf"\b(?:by|per|for each|for every)\s+(?:the\s+|our\s+)?({NAME})(?:e?s)?\b|\b({NAME})\s+breakdown\b"
    rf"|\b(?:which|what)\s+({NAME})e?s?\b"
)
WHO = any_of("who")
EVERY: dict[Step, re.Pattern[str]] = {
    "day": any_of("daily", "day[- ]by[- ]day", "day[- ]over[- ]day", "(?:per|each|every|by) day"),
    "week": any_of("weekly", "week[- ](?:over|on|by)[- ]week", "wow", "(?:per|each|every|by) week"),
    "month": any_of("monthly", "month[- ](?:over|on|by)[- ]month", "mom", "(?:per|each|every|by) month"),
}
MOST_DIMENSIONS = 3
MOST_GROUPS = 50


def find_dimensions(text: str, names: dict[str, list[str]], *, is_look_up: bool = True) -> list[str]:
    """The dimensions the question wants to see, in its order; not those it only filters by."""
    pattern = ASKED if is_look_up else SPLIT
    found = [next(filter(None, match.groups())) for match in pattern.finditer(text)]
    if is_look_up and WHO.search(text):
        found.append("user")
    single = {kind.removesuffix("s") for kind, values in names.items() if len(values) == 1}
    wanted = dict.fromkeys(DIMENSIONS[word] for word in found)
    return [dimension for dimension in wanted if dimension not in single][:MOST_DIMENSIONS]


def find_top(text: str) -> int | None:
    """How many groups were asked for."""
    match = TOP.search(text)
    if match is None:
        return None
    count = NUMBER_WORDS.get(match.group(1)) or int(match.group(1))
    return min(max(count, 1), MOST_GROUPS)


def find_step(text: str) -> Step | None:
    """The length of a trend's steps, where it is asked for."""
    return next((step for step, sign in EVERY.items() if sign.search(text)), None)
