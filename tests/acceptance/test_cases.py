"""The twelve questions, each with enough data, with some and with none: who works, what is asked for, what is said."""

from __future__ import annotations

import pytest

from agents.engine.context import DataHandle
from agents.usage.questions import TWELVE, Question, Sufficiency
from tests.acceptance.asking import Asked
from tests.acceptance.cases import BY_QUESTION, CASES, Case
from tests.acceptance.checking import (
    NONE,
    PARTIAL,
    SUFFICIENT,
    check_recommendations,
    check_request,
    check_sections,
    find_faults,
)
from tests.acceptance.conftest import Lacking, Once
from tests.acceptance.figures import KEY_FIGURES
from tests.acceptance.oracle import Truth
from tests.acceptance.reading import find_section

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.question.value)


def test_the_cases_are_the_twelve_questions() -> None:
    assert [case.question for case in CASES] == list(TWELVE)
    assert len(BY_QUESTION) == 12


def check_verdict(asked: Asked, case: Case, data: Sufficiency) -> None:
    """Triage read the question as what it is, and judged the data rightly."""
    assert (asked.verdict.question, asked.verdict.data) == (case.question, data)


@each_case
async def test_enough_data_gives_a_whole_answer(case: Case, small_data: DataHandle, ask_once: Once) -> None:
    asked = await ask_once(case.wording, small_data)
    check_verdict(asked, case, Sufficiency.SUFFICIENT)
    assert find_faults(asked, SUFFICIENT) == []
    assert asked.failed_tools == []
    assert asked.tools & case.tools


@each_case
async def test_a_whole_answer_has_all_its_sections(case: Case, small_data: DataHandle, ask_once: Once) -> None:
    asked = await ask_once(case.wording, small_data)
    assert [*check_sections(asked), *check_recommendations(asked)] == []
    assert asked.details["questions"]


@each_case
async def test_the_key_figures_are_those_of_the_rows(
    case: Case, small_data: DataHandle, small_truth: Truth, ask_once: Once
) -> None:
    asked = await ask_once(case.wording, small_data)
    assert asked.tools & case.tools
    assert [fault for check in KEY_FIGURES[case.question] for fault in check(asked, small_truth)] == []


@each_case
async def test_some_data_gives_figures_and_asks_for_the_rest(case: Case, lacking: Lacking, ask_once: Once) -> None:
    asked = await ask_once(case.wording, lacking(*case.useful))
    check_verdict(asked, case, Sufficiency.PARTIAL)
    assert find_faults(asked, PARTIAL) == []
    assert asked.tools & case.fewer
    assert [*check_sections(asked), *check_request(asked, case.lacking(*case.useful))] == []
    assert find_section(asked.text, "better")


@each_case
async def test_one_missing_field_is_the_only_one_asked_for(case: Case, lacking: Lacking, ask_once: Once) -> None:
    field = case.useful[-1]
    asked = await ask_once(case.wording, lacking(field))
    check_verdict(asked, case, Sufficiency.PARTIAL)
    assert find_faults(asked, PARTIAL) == []
    assert list(check_request(asked, case.lacking(field))) == []


@each_case
async def test_no_data_gives_a_precise_request(case: Case, ask_once: Once) -> None:
    asked = await ask_once(case.wording, None)
    check_verdict(asked, case, Sufficiency.NONE)
    assert find_faults(asked, NONE) == []
    everything = (*case.useful, "call", "tokens", "model", "latency_ms", "session", "status|error")
    assert list(check_request(asked, case.lacking(*everything))) == []
    assert "demo data" in asked.text.casefold()
    assert "$" not in asked.text


@each_case
async def test_data_without_an_essential_field_gives_a_precise_request(
    case: Case, lacking: Lacking, ask_once: Once
) -> None:
    asked = await ask_once(case.wording, lacking(case.essential))
    check_verdict(asked, case, Sufficiency.NONE)
    assert find_faults(asked, NONE) == []
    assert list(check_request(asked, case.lacking(case.essential))) == []
    assert "$" not in asked.text


async def test_a_jump_of_errors_needs_what_errors_need(lacking: Lacking, ask_once: Once) -> None:
    asked = await ask_once("Why were there so many errors on 8 October 2026?", lacking("status|error"))
    assert (asked.verdict.question, asked.verdict.data) == (Question.JUMP, Sufficiency.NONE)
    assert find_faults(asked, NONE) == []
    assert list(check_request(asked, ["status|error"])) == []
