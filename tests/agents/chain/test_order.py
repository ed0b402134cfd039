"""The order of the team follows from what agents need and yield."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import BaseModel

from agents.chain.order import find_yielding, order_team
from agents.engine.specs import AgentSpec
from agents.errors import TeamOrderImpossible
from agents.handover import Verdict
from agents.team import agent_names, find_agent


class First(BaseModel):
    """Made by the first."""


class Second(BaseModel):
    """Made from the first."""


def make_agent(name: str, **values: object) -> AgentSpec:
    return replace(AgentSpec(name, name, "Work.", joins=frozenset(("full",))), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("course", "names"),
    [
        ("sufficient", ["data", "optimization", "actions", "reporting"]),
        ("partial", ["data_helper", "data", "reporting"]),
        ("none", ["data_helper", "reporting"]),
        ("look_up", ["data", "reporting"]),
        ("talk", ["reporting"]),
    ],
)
def test_the_team_works_in_the_order_of_its_course(course: str, names: list[str]) -> None:
    team = [find_agent(name) for name in reversed(agent_names())]
    assert [agent.name for agent in order_team(team, course)] == names


def test_whoever_needs_something_comes_behind_whoever_makes_it() -> None:
    last = make_agent("a-last", needs=(Second,), uses=(First,))
    middle = make_agent("b-middle", needs=(First,), yields=Second)
    first = make_agent("c-first", yields=First)
    assert order_team((last, middle, first), "full") == (first, middle, last)
    assert order_team((first, last), "full") == (first, last)


def test_the_one_who_speaks_comes_last_even_if_it_needs_nobody() -> None:
    speaker, maker = make_agent("a-speaker"), make_agent("b-maker", yields=First)
    assert order_team((speaker, maker), "full") == (maker, speaker)


def test_agents_that_wait_for_each_other_are_an_error() -> None:
    one = make_agent("one", needs=(Second,), yields=First)
    other = make_agent("other", needs=(First,), yields=Second)
    with pytest.raises(TeamOrderImpossible, match="one, other"):
        order_team((one, other), "full")


def test_exactly_one_agent_is_triage() -> None:
    team = [find_agent(name) for name in agent_names()]
    assert find_yielding(team, Verdict).name == "triage"
    with pytest.raises(TeamOrderImpossible):
        find_yielding([agent for agent in team if agent.name != "triage"], Verdict)
