"""Which model is left for which one."""

from __future__ import annotations

import pytest

from agents.providers.builtin.names import find_mentions
from agents.providers.builtin.swaps import find_swap
from tests.agents.builtin.known import KNOWN

OPUS, SONNET, HAIKU = "claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5"
SWAPS: list[tuple[str, str | None, str | None]] = [
    ("move ticket-triage from gpt-5.4 to mini", "gpt-5.4", "gpt-5.4-mini"),
    ("gpt-5.4 to mini for ticket-triage", "gpt-5.4", "gpt-5.4-mini"),
    ("switch to gpt-6", None, "gpt-6"),
    ("replace gpt 4o with claude sonnet 5", "gpt-4o", "claude-sonnet-5"),
    ("use gpt-4o-mini instead of gpt-4o", "gpt-4o", "gpt-4o-mini"),
    ("swap gpt-4o for gemini flash", "gpt-4o", "gemini-3.5-flash"),
    ("upgrade gpt-4o to gpt-5.4", "gpt-4o", "gpt-5.4"),
    ("gpt-5.4 to gpt-5.4-mini", "gpt-5.4", "gpt-5.4-mini"),
    ("could ticket triage run on haiku", None, HAIKU),
    ("is gpt-5.4-mini good enough for ticket triage", None, "gpt-5.4-mini"),
    ("which calls on gpt-4o could move to a smaller model", "gpt-4o", None),
    ("do we really need opus for reply drafts", OPUS, None),
    ("we moved from haiku to opus last week", HAIKU, OPUS),
    ("what if we replaced opus by sonnet", OPUS, SONNET),
    ("we run everything on gpt-4o. could we use something smaller", "gpt-4o", None),
    ("is the new one worth it", None, None),
]


@pytest.mark.parametrize(("text", "left", "taken"), SWAPS)
def test_the_sides_of_a_swap_are_found(text: str, left: str | None, taken: str | None) -> None:
    swap = find_swap(text, find_mentions(text, KNOWN), KNOWN)
    assert (swap.from_model, swap.to_model) == (left, taken)


def test_a_size_alone_means_a_model_only_where_one_has_it() -> None:
    text = "move to mini"
    assert find_swap(text, [], KNOWN).to_model is None
    assert find_swap(text, [], {"models": ["gpt-4o", "gpt-4o-mini"]}).to_model == "gpt-4o-mini"
