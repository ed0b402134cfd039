"""Finds the dimensions a question wants to see, and how many groups of them."""

from __future__ import annotations

import re

from agents.providers.builtin.periods import NUMBER_WORDS
from agents.providers.builtin.signs import WHO

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
MOST_DIMENSIONS = 3
MOST_GROUPS = 50


def find_dimensions(text: str, names: dict[str, list[str]]) -> list[str]:
    """The dimensions the question wants to see, in its order; not those it only filters by."""
    found = [next(filter(None, match.groups())) for match in ASKED.finditer(text)]
    if WHO.search(text):
        found.append("user")
    single = {kind.removesuffix("s") for kind, values in names.items() if len(values) == 1}
    wanted = dict.fromkeys(DIMENSIONS[word] for word in found)
    return [dimension for dimension in wanted if dimension not in single][:MOST_DIMENSIONS]


def find_top(text: str) -> dict[str, int]:
    """How many groups were asked for."""
    match = TOP.search(text)
    if match is None:
        return {}
    count = NUMBER_WORDS.get(match.group(1)) or int(match.group(1))
    return {"top": min(max(count, 1), MOST_GROUPS)}


def choose_groups(dimensions: list[str], names: dict[str, list[str]]) -> list[list[str]]:
    """What to group spend by; when nothing is asked, by model and by feature."""
    if dimensions:
        return [dimensions]
    if len(names.get("models", ())) == 1:
        return [["feature"]]
    return [["model"]] if len(names.get("features", ())) == 1 else [["model"], ["feature"]]
