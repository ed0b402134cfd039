"""Asks the built-in triage, and tells only what it has understood."""

from __future__ import annotations

from typing import Any

from agents.handover import Verdict
from agents.providers.builtin.triage import judge_question
from tests.agents.builtin.known import KNOWN


def ask(*questions: str, known: dict[str, Any] | None = KNOWN) -> Verdict:
    """The verdict on the last question, asked after the others."""
    *earlier, question = questions
    return judge_question(question, earlier, known)


def named(*questions: str, known: dict[str, Any] | None = KNOWN) -> dict[str, Any]:
    """What the last question names, without the fields that are empty."""
    return ask(*questions, known=known).entities.model_dump(mode="json", exclude_defaults=True)


def picked(*questions: str, fields: str) -> list[Any]:
    """Some fields of what the last question names."""
    entities = ask(*questions).entities.model_dump(mode="json")
    return [entities[field] for field in fields.split()]
