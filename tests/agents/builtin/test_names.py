"""Names in the data are found in any spelling, and only where they are meant."""

from __future__ import annotations

import pytest

from agents.providers.builtin.names import find_mentions, find_names
from agents.providers.builtin.words import simplify
from tests.agents.builtin.known import KNOWN

FOUND: list[tuple[str, dict[str, list[str]]]] = [
    ("What does gpt-4o mini cost us?", {"models": ["gpt-4o-mini"]}),
    ("what does GPT 4o cost", {"models": ["gpt-4o"]}),
    ("how much is haiku", {"models": ["claude-haiku-4-5"]}),
    ("price of gemini flash", {"models": ["gemini-3.5-flash", "gemini-3.5-flash-lite"]}),
    ("latency of sonnet and opus", {"models": ["claude-opus-4-8", "claude-sonnet-4-6"]}),
    ("What do we pay Open AI", {"providers": ["openai"]}),
    ("the ticket triage feature", {"features": ["ticket-triage"]}),
    ("what do ticket-triages cost", {"features": ["ticket-triage"]}),
    ("spend of MARKETING", {"teams": ["marketing"]}),
    ("spend of user 42", {"users": ["user-042"]}),
    ("spend of ann@example.com", {"users": ["ann@example.com"]}),
    ("cost of successful calls", {"statuses": ["ok"]}),
    ("only failures", {"statuses": ["error"]}),
    ("What did the legal team spend", {"teams": ["legal"]}),
    ("What does gpt-6 cost?", {"models": ["gpt-6"]}),
    ("replace gpt-4o with claude sonnet 5", {"models": ["claude-sonnet-5", "gpt-4o"]}),
    ("llama-4-scout for reply drafts", {"models": ["llama-4-scout"], "features": ["reply-drafts"]}),
    ("is claude 3 dearer", {"models": ["claude-3"]}),
    ("the support feature", {"teams": ["support"]}),
    ("Claude Code burns tokens", {}),
    ("gemini cli sessions", {}),
    ("can our limits support 3x the traffic", {}),
    ("how to search the logs", {}),
    ("give me the command line", {}),
]


@pytest.mark.parametrize(("question", "names"), FOUND)
def test_names_are_found(question: str, names: dict[str, list[str]]) -> None:
    assert find_names(simplify(question), KNOWN) == names


def test_a_name_that_is_also_a_plain_word_needs_its_kind_beside_it() -> None:
    known = {"teams": ["Cost", "data"], "features": ["cost"]}
    assert find_names("what did we cost", known) == {}
    assert find_names("spend of the cost team", known) == {"teams": ["Cost"]}
    assert find_names("spend of the cost feature", known) == {"features": ["cost"]}


def test_names_in_any_script_are_found() -> None:
    known = {"teams": ["Füße", "поддержка"]}
    assert find_names(simplify("spend of FÜSSE and Поддержка"), known) == {"teams": ["Füße", "поддержка"]}


def test_a_mention_says_where_it_stands() -> None:
    text = "move ticket-triage to gpt-6"
    places = [
        (mention.kind, text[mention.start : mention.end], mention.is_known) for mention in find_mentions(text, KNOWN)
    ]
    assert places == [("features", "ticket-triage", True), ("models", "gpt-6", False)]
