"""Typing errors in deciding words are mended, other words are left alone."""

from __future__ import annotations

import pytest

from agents.providers.builtin.spelling import is_one_edit_away, mend


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("latancy", "latency"),
        ("chaching", "caching"),
        ("invocie", "invoice"),
        ("septmber", "september"),
        ("redcue", "reduce"),
        ("respones", "response"),
        ("trafic", "traffic"),
    ],
)
def test_one_wrong_letter_is_mended(typed: str, meant: str) -> None:
    assert mend(f"our {typed} now") == f"our {meant} now"


@pytest.mark.parametrize("word", ["casting", "posting", "model", "month", "drivers", "movie", "lately", "reporter"])
def test_a_word_of_its_own_stays(word: str) -> None:
    assert mend(word) == word


def test_a_name_in_the_data_stays() -> None:
    assert mend("spend of supprt", frozenset(("supprt",))) == "spend of supprt"


@pytest.mark.parametrize(
    ("first", "second", "is_near"),
    [("abc", "abc", True), ("abc", "acb", True), ("abc", "ab", True), ("abc", "xyc", False), ("abcd", "ab", False)],
)
def test_one_edit_is_one_letter_or_two_swapped(first: str, second: str, is_near: bool) -> None:
    assert is_one_edit_away(first, second) is is_near


@pytest.mark.parametrize("word", ["stares", "trade", "spring"])
def test_a_word_of_its_own_is_not_mended(word: str) -> None:
    assert mend(word) == word


@pytest.mark.parametrize(("word", "meant"), [("raports", "reports"), ("latancy", "latency")])
def test_a_slip_of_the_fingers_is_mended(word: str, meant: str) -> None:
    assert mend(word) == meant
