"""Evidence is weighed; what must only stay as it is does not count as a goal."""

from __future__ import annotations

from agents.providers.builtin.evidence import EVIDENCE, ORDER
from agents.providers.builtin.scoring import find_meaning, mark_constraints, read_term
from agents.providers.builtin.spotting import read_sentence
from agents.usage.questions import TALK, Question


def test_every_question_but_talk_has_evidence() -> None:
    assert set(EVIDENCE) == set(ORDER) == set(Question) - TALK


def test_a_term_is_one_of_several_a_pair_or_an_absence() -> None:
    reading = read_sentence("cut the cost")
    holding = [term for term in ("cut", "latency|cost", "cut~cost", "!latency") if read_term(term).holds(reading)]
    assert holding == ["cut", "latency|cost", "cut~cost", "!latency"]
    failing = [term for term in ("latency", "cut~latency", "!cut") if not read_term(term).holds(reading)]
    assert failing == ["latency", "cut~latency", "!cut"]


def test_what_must_stay_as_it_is_does_not_count() -> None:
    assert mark_constraints("reduce latency without hurting quality, now").split() == ["reduce", "latency", ",", "now"]
    assert "xHold" in mark_constraints("faster without raising the bill")


def test_no_code_is_a_wish_not_a_constraint() -> None:
    assert mark_constraints("save without touching code") == "save without touching code"


def test_two_goals_are_a_trade_off_and_a_constraint_is_none() -> None:
    assert find_meaning("cut cost and latency").question is Question.TRADEOFF
    assert find_meaning("cut latency without raising cost").question is Question.SPEED_UP


def test_the_sentence_that_asks_weighs_more_than_the_story() -> None:
    story = "our invoice went up and the board is unhappy. how can we cut cost?"
    assert find_meaning(story).question is Question.CUT_COST


def test_a_title_orders_a_report() -> None:
    assert find_meaning("report: spend, savings, risks, rollback").question is Question.REPORT
    assert find_meaning("roll back the model upgrade").question is Question.MODEL_CHANGE


def test_a_kind_of_thing_is_no_figure_of_ones_own() -> None:
    assert find_meaning("how fast is a cheetah?").question is Question.OTHER
    assert find_meaning("how fast is a request?").question is Question.LATENCY
