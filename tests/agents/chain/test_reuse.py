"""A run taken over does nothing twice, and ends as an undisturbed one would have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agents.engine.context import DataHandle, RunContext
from agents.engine.ports import MemoryLedger
from agents.engine.runs import Candidate
from agents.engine.specs import AgentSpec, RunStatus
from agents.providers.builtin import build_model
from tests.agents.chain.casting import ANSWER, PLAYS, ROWS, Players, TeamSink, call, desk, lead, real_team
from tests.agents.conftest import make_context

TEAM = ["triage", "data", "optimization", "actions", "reporting"]
# A beginning and an end for each of five agents, two events for each of four calls, three pieces of text.
EVENTS_OF_A_RUN = 5 * 2 + 4 * 2 + 3


@pytest.fixture(autouse=True)
def empty_desk() -> None:
    """Nobody has asked a tool yet."""
    desk.worked.clear()
    desk.checked.clear()


async def die_at(event: int, ledger: MemoryLedger, context: RunContext, **how: Any) -> TeamSink:
    """A run whose worker dies when this event is to be told; what it had told."""
    sink = TeamSink(breaks_at=event)
    with pytest.raises(ConnectionError):
        await lead(Players(PLAYS), sink=sink, ledger=ledger, context=context, **how)
    return sink


def ends_of(sink: TeamSink) -> dict[str, dict[str, Any]]:
    """Every agent's end, in their order."""
    named = zip(sink.agents, sink.events, strict=True)
    return {agent: data for agent, (kind, data) in named if kind == "agent_completed"}


async def test_an_undisturbed_run_has_as_many_events_as_are_counted_here() -> None:
    _, sink = await lead(Players(PLAYS))
    assert len(sink.events) == EVENTS_OF_A_RUN


@pytest.mark.parametrize("event", range(EVENTS_OF_A_RUN))
async def test_a_worker_may_die_at_any_event(event: int) -> None:
    whole, _ = await lead(Players(PLAYS))
    desk.worked.clear()
    context, ledger = make_context(ROWS), MemoryLedger()
    await die_at(event, ledger, context)
    finished = set(ledger.agents)
    outcome, sink = await lead(Players(PLAYS), context=context, ledger=ledger)
    assert (outcome.status, outcome.text, outcome.details) == (RunStatus.COMPLETED, ANSWER, whole.details)
    assert sorted(desk.worked) == ["first", "first", "second", "third"]
    ends = ends_of(sink)
    assert list(ends) == TEAM
    assert {agent for agent, data in ends.items() if data["reused"]} == finished
    assert (outcome.usage["requests"], outcome.usage["tool_calls"]) == (8, 4)


async def test_a_finished_agent_s_model_is_not_asked_again() -> None:
    context, ledger = make_context(ROWS), MemoryLedger()
    await die_at(EVENTS_OF_A_RUN - 2, ledger, context)
    players = Players(PLAYS)
    await lead(players, context=context, ledger=ledger)
    assert list(players.prompts) == ["reporting"]


async def test_a_run_that_died_while_its_figures_were_checked_asks_nobody_again() -> None:
    context, ledger = make_context(ROWS), MemoryLedger()
    first, _ = await lead(Players(PLAYS), context=context, ledger=ledger)
    players, sink = Players(PLAYS), TeamSink()
    second, _ = await lead(players, sink=sink, context=context, ledger=ledger)
    assert players.prompts == {}
    assert (second.text, second.details) == (first.text, first.details)
    assert desk.worked == ["first", "second", "third", "first"]
    assert all(end["reused"] for end in ends_of(sink).values())


async def test_what_was_told_is_told_again() -> None:
    context, ledger = make_context(ROWS), MemoryLedger()
    _, first = await lead(Players(PLAYS), context=context, ledger=ledger)
    _, second = await lead(Players(PLAYS), context=context, ledger=ledger)
    assert by_call(second) == by_call(first)
    assert [data["call_id"] for data in second.of("tool_executing")] == [
        data["call_id"] for data in first.of("tool_executing")
    ]
    assert second.text == first.text
    for agent, end in ends_of(second).items():
        assert end == ends_of(first)[agent] | {"reused": True}
    assert {data["parent"] for _, data in second.events} == {"netra"}


def by_call(sink: TeamSink) -> dict[str, tuple[Any, ...]]:
    """What was told of each tool's call."""
    asked = {data["call_id"]: (data["tool"], data["title"], data["arguments"]) for data in sink.of("tool_executing")}
    given = {data["call_id"]: (data["outcome"], data["result"]) for data in sink.of("tool_completed")}
    return {call_id: (*asked[call_id], *given[call_id]) for call_id in asked}


async def test_calls_of_two_agents_with_the_same_id_and_arguments_are_recorded_apart() -> None:
    alike = {**PLAYS, "optimization": ((call("look", "first"),), PLAYS["optimization"][1])}
    context, ledger = make_context(ROWS), MemoryLedger()
    for _ in range(2):
        outcome, _ = await lead(Players(alike), context=context, ledger=ledger)
        assert outcome.status is RunStatus.COMPLETED
    assert desk.worked == ["first", "second", "third", "first"]
    assert len(ledger.results) == 4


async def test_an_agent_that_had_failed_gets_a_new_try() -> None:
    context, ledger = make_context(ROWS), MemoryLedger()
    broken = {**PLAYS, "optimization": ((ValueError("a fault"),),)}
    with pytest.raises(ValueError, match="a fault"):
        await lead(Players(broken), context=context, ledger=ledger)
    outcome, sink = await lead(Players(PLAYS), context=context, ledger=ledger)
    assert outcome.text == ANSWER
    assert {agent: data["reused"] for agent, data in ends_of(sink).items()} == {
        "triage": True,
        "data": True,
        "optimization": False,
        "actions": False,
        "reporting": False,
    }


def built_in(spec: AgentSpec) -> Sequence[Candidate]:
    return [Candidate("builtin", build_model)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.99])
async def test_the_built_in_team_s_answer_is_the_same_wherever_a_worker_died(
    share: float, small_data: DataHandle
) -> None:
    whole, told = await lead(Players({}), context=make_context(small_data), team=real_team(), models_of=built_in)
    context, ledger = make_context(small_data), MemoryLedger()
    event = int(share * len(told.events))
    await die_at(event, ledger, context, team=real_team(), models_of=built_in)
    recorded = dict(ledger.results)
    outcome, _ = await lead(Players({}), context=context, team=real_team(), ledger=ledger, models_of=built_in)
    assert outcome.text == whole.text
    assert outcome.details == whole.details
    assert whole.details["figures"]
    assert recorded.items() <= ledger.results.items()
    assert len(ledger.results) == len(told.of("tool_completed"))


class Forgetful(MemoryLedger):
    """A ledger that does not keep the order of keys, as a `jsonb` column does not."""

    async def find(self, call_key: str) -> Any:
        return turn_round(await super().find(call_key))

    async def find_agent(self, name: str) -> Any:
        return turn_round(await super().find_agent(name))


def turn_round(value: Any) -> Any:
    """The same value with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {key: turn_round(item) for key, item in reversed(value.items())}
    return [turn_round(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("share", [0.5, 0.8])
@pytest.mark.parametrize("has_data", [True, False])
async def test_an_answer_does_not_depend_on_the_order_of_keys_in_the_ledger(
    share: float, has_data: bool, small_data: DataHandle
) -> None:
    data = small_data if has_data else None
    whole, told = await lead(Players({}), context=make_context(data), team=real_team(), models_of=built_in)
    context, ledger = make_context(data), Forgetful()
    await die_at(int(share * len(told.events)), ledger, context, team=real_team(), models_of=built_in)
    outcome, _ = await lead(Players({}), context=context, team=real_team(), ledger=ledger, models_of=built_in)
    assert (outcome.text, outcome.details) == (whole.text, whole.details)
