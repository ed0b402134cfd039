"""A run's steps as lines of a table, each attempt for itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import orjson

from accounts.staff import describe_seconds
from chat.admin.words import WORDS, is_part, outcome_of
from chat.events import EventType
from chat.log import Step

STEPS_A_PAGE: Final = 200
MOST_CHARACTERS_QUOTED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One step as staff read it; `quotes` is filled only for those who may read content."""

    attempt: int
    after: str
    agent: str
    is_part: bool
    what: str
    tone: str
    outcome: str
    took: str
    quotes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """The lines of one attempt."""

    title: str
    lines: list[Line] = field(default_factory=list)


def title_of_attempt(number: int) -> str:
    """What the lines of an attempt stand under."""
    return f"Attempt {number}" if number else "Before the first attempt"


def with_attempts(steps: Sequence[Step]) -> Iterator[tuple[int, Step]]:
    """Each step with the attempt it happened in: what others append meanwhile carries none of its own."""
    current = 0
    for step in steps:
        current = max(current, step.attempt)
        yield current, step


def names_of_parts(steps: Iterable[Step]) -> frozenset[str]:
    """The agents that worked for another one; what they stream does not say so itself."""
    return frozenset(step.agent_name for step in steps if step.agent_name and is_part(step))


def build_timeline(queued_at: datetime, steps: Sequence[Step], *, quoted: bool) -> list[Attempt]:
    """The steps as lines, grouped by attempt."""
    parts = names_of_parts(steps)
    lines = [build_line(queued_at, attempt, step, parts, quoted=quoted) for attempt, step in with_attempts(steps)]
    return [
        Attempt(title_of_attempt(number), list(of_attempt))
        for number, of_attempt in groupby(lines, lambda line: line.attempt)
    ]


def build_line(queued_at: datetime, attempt: int, step: Step, parts: frozenset[str], *, quoted: bool) -> Line:
    """One step as a line."""
    tone, outcome = outcome_of(step)
    return Line(
        attempt=attempt,
        after=describe_seconds(max(0.0, (step.began_at - queued_at).total_seconds())),
        agent=step.agent_name or "",
        is_part=step.agent_name in parts,
        what=WORDS[step.type](step),
        tone=tone,
        outcome=outcome,
        took=describe_length(step),
        quotes=tuple(quotes_of(step)) if quoted else (),
    )


def describe_length(step: Step) -> str:
    """How long the step took, where that can be known from it."""
    seconds = step.data.get("seconds")
    if isinstance(seconds, int | float):
        return describe_seconds(float(seconds))
    return describe_seconds((step.ended_at - step.began_at).total_seconds()) if step.pieces > 1 else ""


QUOTED: Final[Mapping[EventType, Mapping[str, str]]] = {
    EventType.TOOL_EXECUTING: {"arguments": "Arguments"},
    EventType.APPROVAL_REQUESTED: {"arguments": "Arguments"},
    EventType.TOOL_PROGRESS: {"note": "Note"},
    EventType.TOOL_COMPLETED: {"result": "Result", "error": "Error"},
    EventType.AGENT_COMPLETED: {"summary": "Summary"},
    EventType.MODEL_SWITCHED: {"reason": "Reason"},
    EventType.NOTICE: {"text": "Text"},
}


def quotes_of(step: Step) -> Iterator[tuple[str, str]]:
    """What the step says in people's or the model's own words: its label, and the text."""
    for key, label in QUOTED.get(step.type, {}).items():
        if key in step.data:
            yield label, quote(step.data[key])
    if step.type == EventType.AGENT_FAILED and is_part(step):
        yield "What was said of it", quote(step.data.get("message", ""))


def quote(value: Any) -> str:
    """The value as readable text, cut where nobody reads on."""
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
    if len(text) <= MOST_CHARACTERS_QUOTED:
        return text
    return f"{text[:MOST_CHARACTERS_QUOTED]}\n… {len(text) - MOST_CHARACTERS_QUOTED:,} more characters"
