"""A question that goes on from the one before keeps what it does not change."""

from __future__ import annotations

from typing import Any

import pytest

from agents.usage.questions import Question
from tests.agents.builtin.asking import ask, named


def seen(*questions: str) -> tuple[Question, dict[str, Any]]:
    """What the last question asks and names, without the marks every follow-up has."""
    verdict = ask(*questions)
    assert verdict.entities.follows_up, "it was not taken for a follow-up"
    found = verdict.entities.model_dump(mode="json", exclude_defaults=True)
    return verdict.question, {key: value for key, value in found.items() if key not in ("follows_up", "metric")}


def test_another_name_keeps_question_and_view() -> None:
    assert seen("What do we spend by model?", "and for the support feature only?") == (
        Question.SPEND,
        {"by": ["model"], "teams": ["support"]},
    )


def test_another_team_replaces_the_first() -> None:
    _, found = seen("What did support spend in September?", "and the search team?")
    assert found == {"teams": ["search"], "first_day": "2026-09-01", "last_day": "2026-09-30"}


def test_another_period_replaces_the_first() -> None:
    _, found = seen("What did support spend in September?", "what about last month?")
    assert (found["teams"], found["first_day"], found["last_day"]) == (["support"], "2026-10-01", "2026-10-31")


def test_the_same_for_a_model_keeps_the_feature() -> None:
    question, found = seen("how fast is code-review?", "same for gpt-4o")
    assert question is Question.LATENCY
    assert found == {"features": ["code-review"], "models": ["gpt-4o"]}


@pytest.mark.parametrize("words", ["why?", "Why is that?", "how come?", "but why", "warum?"])
@pytest.mark.parametrize(
    ("before", "metric"),
    [("What do we spend?", "cost"), ("latency by model", "latency"), ("error rate by model", "errors")],
)
def test_why_after_figures_asks_what_moved_them(before: str, metric: str, words: str) -> None:
    verdict = ask(before, words)
    assert (verdict.question, verdict.entities.metric) == (Question.JUMP, metric)


def test_why_after_advice_asks_for_the_same_again() -> None:
    assert seen("Cut cost by 20 %", "why?") == (Question.CUT_COST, {"cost_cut_percent": "20"})


def test_why_after_a_comparison_is_about_both_periods() -> None:
    question, found = seen("Compare September with October", "why?")
    assert question is Question.JUMP
    assert found == {"first_day": "2026-09-01", "last_day": "2026-10-31"}


@pytest.mark.parametrize(
    "words", ["make it a report", "as a report please", "can I have that as a report for my boss?"]
)
def test_a_report_of_it_keeps_the_question(words: str) -> None:
    question, found = seen("Cut cost by 20 %", words)
    assert (question, found) == (Question.CUT_COST, {"cost_cut_percent": "20", "as_report": True})


def test_growth_on_top_of_a_cut_is_a_trade_off() -> None:
    question, found = seen("Cut cost by 20 %", "and with 30 % growth?")
    assert (question, found) == (Question.TRADEOFF, {"cost_cut_percent": "20", "growth_percent_low": "30"})


def test_a_bare_percentage_is_what_was_asked_before() -> None:
    assert seen("Usage will grow 30 %", "and with 50 %?") == (Question.GROWTH, {"growth_percent_low": "50"})
    assert seen("Cut cost by 20 %", "make it 40 %") == (Question.CUT_COST, {"cost_cut_percent": "40"})


def test_growth_after_figures_is_a_question_of_growth() -> None:
    question, found = seen("What does support cost us?", "and with 30 % growth?")
    assert (question, found) == (Question.GROWTH, {"teams": ["support"], "growth_percent_low": "30"})


def test_another_view_replaces_the_first() -> None:
    assert seen("spend by model", "by team instead") == (Question.SPEND, {"by": ["team"]})


def test_a_view_may_be_added() -> None:
    assert seen("spend by model", "also by team") == (Question.SPEND, {"by": ["model", "team"]})


def test_a_correction_changes_the_question_and_keeps_the_rows() -> None:
    question, found = seen("what does code-review cost us", "no, I meant latency")
    assert (question, found) == (Question.LATENCY, {"features": ["code-review"]})


def test_another_metric_of_a_jump_keeps_its_day() -> None:
    verdict = ask("Why did costs jump on 2026-09-16?", "and latency?")
    assert (verdict.question, verdict.entities.metric) == (Question.JUMP, "latency")
    assert str(verdict.entities.around) == "2026-09-16"


def test_a_swap_goes_on_with_another_model() -> None:
    question, found = seen("Which calls of ticket-triage could move to a smaller model?", "what about gemini flash?")
    assert question is Question.MODEL_CHOICE
    assert found == {"features": ["ticket-triage"], "to_model": "gemini-3.5-flash"}


def test_thanks_is_no_follow_up_and_does_not_end_the_conversation() -> None:
    first = "What did support spend?"
    assert named(first, "thanks!") == {}
    assert ask(first, "thanks!").question is Question.GREETING
    assert seen(first, "thanks!", "and marketing?")[1] == {"teams": ["marketing"]}


def test_something_else_in_between_is_passed_over() -> None:
    assert ask("Usage will grow 30 %", "tell me a joke").question is Question.OTHER
    question, found = seen("Usage will grow 30 %", "tell me a joke", "and for finance?")
    assert (question, found) == (Question.GROWTH, {"growth_percent_low": "30", "teams": ["finance"]})


@pytest.mark.parametrize(
    "fresh",
    [
        "What do we spend by team?",
        "Why did our costs jump on 2026-09-16?",
        "Which models are there?",
        "Any quick wins?",
    ],
)
def test_a_full_question_starts_afresh(fresh: str) -> None:
    assert ask("Cut cost of ticket-triage by 20 %", fresh) == ask(fresh)


@pytest.mark.parametrize("fresh", ["and for support?", "why?", "make it a report", "by team instead"])
def test_a_follow_up_without_a_question_before_does_not_fail(fresh: str) -> None:
    assert not ask(fresh).entities.follows_up


def test_a_chain_of_follow_ups_adds_up() -> None:
    question, found = seen("What do we spend?", "by model", "only support", "in September", "per week")
    assert question is Question.SPEND
    assert found == {
        **{"by": ["model"], "teams": ["support"], "step": "week"},
        **{"first_day": "2026-09-01", "last_day": "2026-09-30"},
    }
