"""A conversation goes on: a further question keeps what it does not change."""

from __future__ import annotations

import pytest

from agents.engine.context import DataHandle
from agents.usage.questions import Question
from tests.acceptance.asking import ask_in_turn
from tests.acceptance.checking import CHAINS, NONE, find_faults
from tests.acceptance.followups import CONVERSATIONS
from tests.acceptance.test_wordings import check_names


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_each_turn_is_understood_in_its_place(name: str, small_data: DataHandle) -> None:
    turns = CONVERSATIONS[name]
    for turn, asked in zip(turns, await ask_in_turn([turn.text for turn in turns], small_data), strict=True):
        assert asked.verdict.question in turn.readings, turn.text
        assert check_names(asked.entities, turn.names) == [], turn.text
        assert find_faults(asked, CHAINS[asked.verdict.course]) == [], turn.text


async def test_a_follow_up_says_that_it_is_one(small_data: DataHandle) -> None:
    asked = await ask_in_turn(["What do we spend?", "and for the support team only?"], small_data)
    assert [turn.entities.follows_up for turn in asked] == [False, True]


async def test_a_narrower_question_computes_from_fewer_rows(small_data: DataHandle) -> None:
    first, second = await ask_in_turn(["What do we spend?", "and for the support team only?"], small_data)
    whole, part = (asked.facts_of("spend_breakdown")["requests"] for asked in (first, second))
    assert 0 < part < whole
    assert second.facts_of("spend_breakdown")["filters"] == {"team": ["support"]}


async def test_a_report_has_the_sections_of_one(small_data: DataHandle) -> None:
    *_, report = await ask_in_turn(["Cut cost by 20 %", "make it a report"], small_data)
    wanted = ("summary", "findings", "recommendations", "plan", "risks", "roll-back", "rests on")
    assert [word for word in wanted if word not in report.text.casefold()] == []


async def test_without_data_a_follow_up_asks_for_its_own_fields() -> None:
    first, second = await ask_in_turn(["How do answers get faster?", "and what do we spend?"], None)
    assert [asked.verdict.question for asked in (first, second)] == [Question.SPEED_UP, Question.SPEND]
    assert find_faults(second, NONE) == []
    assert {field["name"] for field in second.requested} == {"tokens", "model", "team", "feature"}
