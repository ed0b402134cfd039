"""However a question is put: it is understood, the right agents work, and the tool that answers it is asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.handover import Entities
from agents.usage.questions import TWELVE
from tests.acceptance.asking import ask_team
from tests.acceptance.cases import BY_QUESTION, IN_PARTICULAR
from tests.acceptance.checking import CHAINS, LOOK_UP, NONE, TALK, check_sections, find_faults
from tests.acceptance.reading import find_section
from tests.acceptance.wordings import BEFORE_DATA, LOOK_UPS, OF_THE_TWELVE, Wording
from tests.acceptance.wordings import TALK as TALKING
from tests.slices import one_in


def each(wordings: list[Wording], step: int = 1) -> pytest.MarkDecorator:
    """A test for each wording, one in so many of them quick."""
    names = [f"{wording.question.value}: {wording.text[:50]}" for wording in wordings]
    return pytest.mark.parametrize("wording", one_in(step, wordings), ids=names)


def check_names(entities: Entities, names: dict[str, Any]) -> list[str]:
    """Which entities are not what the words say."""
    found = entities.model_dump(mode="json")
    return [
        f"{name} is {found[name]}, the words say {expected}"
        for name, expected in names.items()
        if plain(found[name]) != plain(expected)
    ]


def plain(value: Any) -> Any:
    """A value that compares by what it means: numbers by size, names in any order."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal) or (isinstance(value, str) and value.replace(".", "", 1).isdigit()):
        return Decimal(str(value))
    if isinstance(value, list):
        return sorted((plain(item) for item in value), key=repr)
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def test_each_of_the_twelve_has_at_least_twelve_wordings() -> None:
    assert min(sum(wording.question is question for wording in OF_THE_TWELVE) for question in TWELVE) >= 12
    assert len({wording.text for wording in OF_THE_TWELVE}) >= 150


@each(OF_THE_TWELVE, 5)
async def test_a_wording_is_understood_and_answered(wording: Wording, small_data: DataHandle) -> None:
    asked = await ask_team(wording.text, small_data)
    assert asked.verdict.question in wording.readings
    assert check_names(asked.entities, wording.names) == []
    assert find_faults(asked, CHAINS[asked.verdict.course]) == []
    assert asked.failed_tools == []
    if asked.verdict.course == "look_up":
        return
    wanted = (
        {IN_PARTICULAR[wording.text]} if wording.text in IN_PARTICULAR else BY_QUESTION[asked.verdict.question].tools
    )
    assert asked.tools & wanted
    assert list(check_sections(asked)) == []
    assert find_section(asked.text, "recommendation")


@each(BEFORE_DATA)
async def test_a_wording_is_understood_before_there_is_data(wording: Wording) -> None:
    asked = await ask_team(wording.text, None)
    assert asked.verdict.question in wording.readings
    assert find_faults(asked, NONE) == []


@each(LOOK_UPS)
async def test_a_look_up_is_answered_without_advice(wording: Wording, small_data: DataHandle) -> None:
    asked = await ask_team(wording.text, small_data)
    assert asked.verdict.question is wording.question
    assert check_names(asked.entities, wording.names) == []
    assert find_faults(asked, LOOK_UP) == []
    assert asked.failed_tools == []
    assert asked.tools
    assert asked.details["recommendations"] == []


@each(TALKING)
async def test_talk_is_answered_without_a_tool(wording: Wording, small_data: DataHandle) -> None:
    asked = await ask_team(wording.text, small_data)
    assert asked.verdict.question is wording.question
    assert find_faults(asked, TALK) == []
    assert asked.tried == []
