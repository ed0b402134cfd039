"""A question with everything that was read in it taken out: amounts, limits, days and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from agents.providers.builtin.aims import Goal, find_goals
from agents.providers.builtin.languages import read_as_english
from agents.providers.builtin.latencies import TIME, Budget, Rate, find_budgets, find_rates
from agents.providers.builtin.money import Money, find_money
from agents.providers.builtin.names import Mention, find_mentions
from agents.providers.builtin.periods import Span, find_spans
from agents.providers.builtin.relevance import drop_intrusions
from agents.providers.builtin.spelling import mend
from agents.providers.builtin.words import clip, simplify, split_words

# Stands for the last day where there is no data: what is counted from it is then no day.
NO_DATA_DAY: Final = date(9998, 12, 31)
GOAL_WORDS: Final = {"cut": "xCut", "cheaper": "xCut", "growth": "xGrowth", "speed": "xSpeed", "": "xPercent"}
MONEY_WORDS: Final = {"saving": "xCut", "budget": "xCap", "": "xMoney"}
KIND_WORDS: Final = {"models": "xModel", "features": "xFeature", "teams": "xTeam", "providers": "xProvider"}
SPELLED: Final = re.compile(r"[a-z]{4}")


@dataclass(frozen=True, slots=True)
class Sketch:
    """What was read in a question, and the text with a word for each thing in its place."""

    text: str
    outline: str
    goals: tuple[Goal, ...]
    money: tuple[Money, ...]
    budgets: tuple[Budget, ...]
    frames: tuple[Budget, ...]
    rates: tuple[Rate, ...]
    mentions: tuple[Mention, ...]
    spans: tuple[Span, ...]


def draw_sketch(question: str, known: dict[str, Any] | None) -> Sketch:
    """Reads a question: its language, its typing errors, then everything that can be named or counted."""
    facts = known or {}
    text = mend(read_as_english(simplify(clip(question))), list_name_words(facts))
    text, _ = drop_intrusions(text)
    budgets = find_budgets(text, facts.get("features", ()))
    rates = tuple(find_rates(text))
    # A latency that is to be reached is what the question asks for; one that must hold is only its frame.
    frames = [item for item in budgets if item.name and not item.is_goal]
    without_limits = blank(text, [*frames, *rates])
    money = find_money(without_limits)
    spans = list_spans(without_limits, facts)
    mentions = find_mentions(without_limits, facts)
    goals = find_goals(blank(without_limits, [*money, *spans, *mentions]))
    marks = [
        *((goal.amount.start, goal.amount.end, GOAL_WORDS[goal.kind]) for goal in goals),
        *((item.start, item.end, MONEY_WORDS[item.kind]) for item in money),
        *((item.start, item.end, "xBudget") for item in frames),
        *((item.start, item.end, "xRate") for item in rates),
        *((item.start, item.end, KIND_WORDS[item.kind]) for item in mentions),
        *((item.start, item.end, "xDay" if item.first_day == item.last_day else "xSpan") for item in spans),
        *((match.start(), match.end(), "xMs") for match in TIME.finditer(without_limits)),
    ]
    outline = mark(text, marks)
    return Sketch(
        text, outline, tuple(goals), tuple(money), tuple(budgets), tuple(frames), rates, tuple(mentions), tuple(spans)
    )


def list_name_words(known: dict[str, Any]) -> frozenset[str]:
    """The words of all names in the data, which are no typing errors."""
    names = (name for kind in KIND_WORDS for name in known.get(kind, ()))
    return frozenset(word for name in names for word in split_words(simplify(str(name))))


def list_spans(text: str, known: dict[str, Any]) -> list[Span]:
    """The dates, months and quarters of the text."""
    return find_spans(text, date.fromisoformat(known["last_day"]) if known else NO_DATA_DAY)


def blank(text: str, places: Iterable[Any]) -> str:
    """The text with these places empty, so that everything else stays where it is."""
    letters = list(text)
    for place in places:
        letters[place.start : place.end] = " " * (place.end - place.start)
    return "".join(letters)


def mark(text: str, marks: Iterable[tuple[int, int, str]]) -> str:
    """The text with a word in place of each thing that was read; what a word itself says stays beside it."""
    return "".join(list_pieces(text, sorted(marks)))


def list_pieces(text: str, marks: list[tuple[int, int, str]]) -> Iterator[str]:
    """The pieces of the marked text."""
    done = 0
    for start, end, word in marks:
        if start < done:
            continue
        said = text[start:end]
        keeps = word in ("xGrowth", "xSpeed", "xCut", "xPercent") and SPELLED.search(said) and "percent" not in said
        yield f"{text[done:start]} {word} {said + ' ' if keeps else ''}"
        done = end
    yield text[done:]
