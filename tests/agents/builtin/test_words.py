"""Words are made comparable, and only so much of a text is read."""

from __future__ import annotations

import pytest

from agents.providers.builtin.words import clip, fold, make_key, simplify, split_words, stem


def test_a_long_text_is_read_from_both_ends() -> None:
    text = clip("a" * 10_000 + "b" * 10_000)
    assert (len(text), text[0], text[-1]) == (5_001, "a", "b")


def test_what_no_text_can_hold_is_replaced() -> None:
    assert clip("a\0b\ud800") == "a b?"


def test_spellings_become_one() -> None:
    assert simplify("GPT\u20114o \u2019") == "gpt-4o '"
    assert make_key(split_words("ticket-triage")) == make_key(split_words("ticket triages"))
    assert fold("coût") == "cout"


@pytest.mark.parametrize(
    ("word", "plain"), [("queries", "query"), ("batches", "batch"), ("teams", "team"), ("status", "status")]
)
def test_plurals_lose_their_ending(word: str, plain: str) -> None:
    assert stem(word) == plain
