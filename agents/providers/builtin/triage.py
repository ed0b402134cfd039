"""Understands a question: what is asked, what it names, and whether the data suffices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agents.engine.context import DataProfile
from agents.handover import Verdict
from agents.providers.builtin.followups import Understanding, follow, understand
from agents.usage.questions import DEMANDS, TALK, judge_data

# A conversation is read from here on; what lies further back no longer decides what a follow-up means.
MOST_EARLIER: Final = 12


def judge_question(question: str, earlier: Sequence[str], known: dict[str, Any] | None) -> Verdict:
    """What is asked; the earlier questions say what a follow-up goes on from."""
    understood = fold_conversation([*earlier[-MOST_EARLIER:], question], known)
    entities = understood.entities
    judged = judge_data(understood.question, entities.metric, read_profile(known))
    return Verdict(
        question=understood.question,
        entities=entities,
        data=judged.data,
        missing=list(judged.missing),
        reason=say_reason(understood),
    )


def fold_conversation(questions: Sequence[str], known: dict[str, Any] | None) -> Understanding:
    """The last question as the conversation before it makes it understood."""
    before: Understanding | None = None
    *earlier, question = questions
    for passed in earlier:
        then = follow(before, understand(passed, known), known)
        before = before if then.question in TALK else then
    return follow(before, understand(question, known), known)


def read_profile(known: dict[str, Any] | None) -> DataProfile | None:
    """What the note about the data says of its rows; None without data."""
    return None if known is None else DataProfile(grains=known.get("grains", {}), filled=known.get("filled", {}))


def say_reason(understood: Understanding) -> str:
    """Why it is understood so, in one sentence."""
    if understood.question in TALK:
        return "It asks nothing about usage data."
    if understood.entities.follows_up:
        return f"It goes on from the question before: {DEMANDS[understood.question].title}"
    return f"It is read as: {DEMANDS[understood.question].title}"
