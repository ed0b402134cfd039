"""A version the data lacks is no other version of the same family."""

from __future__ import annotations

import pytest

from agents.providers.builtin.names import find_mentions
from agents.providers.builtin.versions import name_versions
from tests.agents.builtin.asking import picked
from tests.agents.builtin.known import KNOWN

NAMES: list[tuple[str, str]] = [
    ("is gpt-5.5 any good", "gpt-5.5"),
    ("use gpt-5.4-nano", "gpt-5.4-nano"),
    ("use gpt 5.4 nano", "gpt-5.4-nano"),
    ("use claude-opus-4-4", "claude-opus-4-4"),
    ("use gpt-5.4", "gpt-5.4"),
    ("use claude haiku 4.5", "claude-haiku-4-5"),
    ("use gpt-5.4 large prompts", "gpt-5.4"),
    ("use haiku", "claude-haiku-4-5"),
]


@pytest.mark.parametrize(("text", "model"), NAMES)
def test_a_model_is_the_one_that_is_written(text: str, model: str) -> None:
    named = [mention.values for mention in name_versions(text, find_mentions(text, KNOWN))]
    assert named == [(model,)]


def test_a_question_moves_to_the_version_it_names() -> None:
    assert picked("Is the new gpt-5.5 worth it for us?", fields="to_model from_model") == ["gpt-5.5", None]
    follow_up = ("Is gpt-5.4-mini good enough for ticket-triage?", "what about gpt-5.4-nano?")
    assert picked(*follow_up, fields="to_model features") == ["gpt-5.4-nano", ["ticket-triage"]]
