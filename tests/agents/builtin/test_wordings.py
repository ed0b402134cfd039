"""Questions are understood by what they mean, in whatever words."""

from __future__ import annotations

import pytest

from agents.usage.questions import Question
from tests.agents.builtin.asking import ask
from tests.agents.builtin.further_wordings import FURTHER
from tests.agents.builtin.paraphrases import PARAPHRASES
from tests.agents.builtin.retold import RETOLD
from tests.agents.builtin.terse_wordings import TERSE
from tests.agents.builtin.unlearnt import UNLEARNT
from tests.agents.builtin.wordings import LAST, TUNED

FITTED = [(question, wording) for half in (TUNED, FURTHER) for question, words in half.items() for wording in words]
LEAST_SHARE = 0.95


@pytest.mark.parametrize(("question", "wording"), FITTED, ids=[wording[:80] for _, wording in FITTED])
def test_a_wording_asks_what_it_means(question: Question, wording: str) -> None:
    assert ask(wording).question is question


def test_the_wordings_that_were_looked_at_last_are_understood_too() -> None:
    last = [(question, wording) for question, words in LAST.items() for wording in words]
    missed = [wording for question, wording in last if ask(wording).question is not question]
    assert 1 - len(missed) / len(last) >= LEAST_SHARE, missed


@pytest.mark.parametrize(
    "wordings", [TERSE, PARAPHRASES, RETOLD, UNLEARNT], ids=["terse", "paraphrases", "retold", "unlearnt"]
)
def test_wordings_of_other_styles_are_understood_too(wordings: dict[Question, tuple[str, ...]]) -> None:
    asked = [(question, wording) for question, words in wordings.items() for wording in words]
    missed = [wording for question, wording in asked if ask(wording).question is not question]
    assert 1 - len(missed) / len(asked) >= LEAST_SHARE, missed


def test_every_question_has_wordings_in_both_halves() -> None:
    assert set(TUNED) == set(Question) == set(LAST)


def test_what_a_question_asks_does_not_depend_on_the_data() -> None:
    asked = [(question, wording) for question, words in TUNED.items() for wording in words]
    assert [wording for question, wording in asked if ask(wording, known=None).question is not question] == []
