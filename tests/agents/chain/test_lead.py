"""One run of the team: who works when, what happens when somebody cannot, and what the run ends with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import exceptions as library
from pydantic_ai.models.function import FunctionModel

from agents.chain.lead import Assignment, TeamRun
from agents.engine.context import DataHandle, RunLimits
from agents.engine.ports import MemoryLedger
from agents.engine.runs import Cancellation, Candidate
from agents.engine.specs import AgentLimits, AgentSpec, RunStatus
from agents.errors import TeamOrderImpossible
from agents.handover import Findings, Verdict
from agents.usage.questions import Question, Sufficiency
from tests.agents.chain.casting import (
    ANSWER,
    PLAYS,
    QUESTION,
    ROWS,
    TEXTS_ONLY,
    TOOLS,
    VERDICT,
    Players,
    TeamSink,
    Turn,
    built_in_but,
    call,
    desk,
    lead,
    make_team,
    real_team,
)
from tests.agents.conftest import make_context

FULL_COURSE = ["triage", "data", "optimization", "actions", "reporting"]
KEY_REFUSED = library.ModelAuthenticationError("gpt", "secret body")
OPTIONAL = ["data", "optimization", "actions"]


@pytest.fixture(autouse=True)
def empty_desk() -> None:
    """Nobody has asked a tool yet."""
    desk.worked.clear()
    desk.checked.clear()


def plays(**changes: Sequence[Turn]) -> Players:
    """The usual plays, but for these agents."""
    return Players({**PLAYS, **changes})


def fail_always() -> FunctionModel:
    """A model whose provider refuses its key."""
    return plays(failing=((KEY_REFUSED,),)).play("failing")  # type: ignore[return-value]


def names(steps: list[tuple[str, str]], what: str) -> list[str]:
    return [name for name, step in steps if step == what]


async def test_the_agents_begin_and_end_one_after_the_other() -> None:
    outcome, sink = await lead(plays())
    assert sink.steps == [(name, step) for name in FULL_COURSE for step in ("started", "completed")]
    assert (outcome.status, outcome.text) == (RunStatus.COMPLETED, ANSWER)


async def test_every_event_of_a_part_names_who_it_works_for_and_the_beginning_says_title_and_model() -> None:
    _, sink = await lead(plays())
    assert {data["parent"] for _, data in sink.events} == {"netra"}
    titles = {agent.name: agent.title for agent in make_team()}
    for name in FULL_COURSE:
        assert sink.about(name, "agent_started") == [{"parent": "netra", "title": titles[name], "model": "builtin"}]


async def test_the_steps_of_an_agent_lie_between_its_beginning_and_its_end() -> None:
    _, sink = await lead(plays())
    assert [name for index, name in enumerate(sink.agents) if sink.agents[index - 1 : index] != [name]] == FULL_COURSE


async def test_an_end_tells_the_time_the_usage_and_what_was_handed_on() -> None:
    _, sink = await lead(plays())
    (end,) = sink.about("triage", "agent_completed")
    assert end["handed"] == {"question": "cut_cost", "data": "sufficient"}
    assert (end["usage"], end["reused"]) == ({"requests": 1, "tool_calls": 0}, False)
    assert end["seconds"] >= 0
    assert end["summary"]
    (last,) = sink.about("reporting", "agent_completed")
    assert last["handed"] is None


async def test_the_text_of_an_agent_that_hands_something_on_is_a_thought() -> None:
    players = plays(triage=(("I wonder. ", VERDICT),))
    outcome, sink = await lead(players)
    assert [data["delta"] for data in sink.about("triage", "agent_thinking")] == ["I wonder. "]
    assert outcome.text == ANSWER


async def test_each_agent_is_handed_what_it_needs_and_the_results_behind_it() -> None:
    players = plays()
    await lead(players)
    assert set(players.handed_to("triage")) == {"question"}
    assert set(players.handed_to("data")) == {"question", "verdict"}
    assert set(players.handed_to("optimization")) == {"question", "verdict", "findings", "results"}
    told = players.handed_to("reporting")
    assert set(told) == {"question", "verdict", "findings", "strategies", "plan", "results", "lacking"}
    assert (told["question"], told["lacking"]) == (QUESTION, [])
    assert [result["call_id"] for result in told["results"]] == [
        *("data:id-1", "data:id-2", "data:id-3"),
        "optimization:id-1",
    ]


async def test_the_same_call_id_of_two_agents_names_two_calls() -> None:
    both = plays(optimization=((call("look", "first"),), PLAYS["optimization"][1]))
    outcome, sink = await lead(both)
    ids = [data["call_id"] for data in sink.of("tool_completed")]
    assert sorted(ids) == ["data:id-1", "data:id-2", "data:id-3", "optimization:id-1"]
    assert desk.worked.count("first") == 2
    assert outcome.details["charts"] == ["data:id-1", "data:id-2", "data:id-3"]


async def test_the_end_has_the_verdict_the_recommendations_charts_and_questions() -> None:
    outcome, _ = await lead(plays())
    details = outcome.details
    assert details["verdict"] == {"question": "cut_cost", "data": "sufficient"}
    (advice,) = details["recommendations"]
    assert (advice["title"], advice["call_id"]) == ("Move triage to a smaller model", "optimization:id-1")
    assert (advice["saving_low"], advice["saving_high"]) == ("10.00", "20.00")
    assert details["charts"][0] == "data:id-1"
    assert 0 < len(details["questions"]) <= 3


async def test_each_figure_of_the_answer_is_tied_to_the_call_it_comes_from() -> None:
    outcome, _ = await lead(plays(reporting=(("We spent $1,234.50, save $20.00, and lose $777.",),)))
    figures = outcome.details["figures"]
    said = [outcome.text[item["start"] : item["end"]] for item in figures]
    assert said == ["$1,234.50", "$20.00", "$777"]
    assert [item["status"] for item in figures] == ["verified", "verified", "unsourced"]
    sources = [item["source"] and item["source"]["call_id"] for item in figures]
    assert sources == ["data:id-1", "optimization:id-1", None]


async def test_a_figure_is_computed_once_more_before_the_run_ends() -> None:
    await lead(plays())
    assert desk.worked == ["first", "second", "third", "first"]
    assert sorted(desk.checked) == ["first", "first"]


async def test_results_are_handed_on_in_the_order_in_which_they_were_asked_for_whoever_ended_first() -> None:
    players = plays(data=((call("look_slowly", "slow"), call("look", "quick", 2)), PLAYS["data"][-1]))
    outcome, sink = await lead(players)
    assert [data["call_id"] for data in sink.about("data", "tool_completed")] == ["data:id-2", "data:id-1"]
    assert [item["call_id"] for item in players.handed_to("reporting")["results"][:2]] == ["data:id-1", "data:id-2"]
    assert outcome.details["charts"][:2] == ["data:id-1", "data:id-2"]


@pytest.mark.parametrize("name", OPTIONAL)
async def test_an_agent_that_fails_leaves_an_answer_that_says_what_is_missing(
    name: str, small_data: DataHandle
) -> None:
    outcome, sink = await lead(plays(), context=make_context(small_data), models_of=built_in_but(name, fail_always()))
    (failed,) = sink.about(name, "agent_failed")
    assert (failed["parent"], failed["code"]) == ("netra", "model_key_refused")
    assert "refused its API key" in failed["message"]
    assert outcome.status is RunStatus.COMPLETED
    assert f"**{failed['title']} gave no result:** {failed['message']}" in outcome.text
    assert "secret" not in str(sink.events)


@pytest.mark.parametrize("name", OPTIONAL)
async def test_an_agent_that_takes_too_long_leaves_an_answer_that_says_so(name: str, small_data: DataHandle) -> None:
    team = real_team(name, limits=AgentLimits(seconds=0.3), tools=TOOLS)
    slow = plays(slow=((call("hang"),),)).play("slow")
    outcome, sink = await lead(plays(), context=make_context(small_data), team=team, models_of=built_in_but(name, slow))
    (failed,) = sink.about(name, "agent_failed")
    assert failed["code"] == "time_limit"
    assert outcome.status is RunStatus.COMPLETED
    assert f"**{failed['title']} gave no result:** The run took longer" in outcome.text


async def test_whoever_needs_what_is_missing_is_not_asked() -> None:
    players = plays(data=((KEY_REFUSED,),))
    outcome, sink = await lead(players)
    assert names(sink.steps, "started") == ["triage", "data", "reporting"]
    lacking = players.handed_to("reporting")["lacking"]
    assert [item["agent"] for item in lacking] == ["data", "optimization", "actions"]
    assert lacking[1]["sentence"] == "what it builds on is missing"
    assert outcome.details["recommendations"] == []


async def test_results_of_an_agent_that_failed_later_on_still_stand_behind_figures() -> None:
    players = plays(data=((call("look", "first"),), (KEY_REFUSED,)))
    outcome, _ = await lead(players)
    assert [result["call_id"] for result in players.handed_to("reporting")["results"]] == ["data:id-1"]
    assert outcome.details["figures"][0]["source"]["call_id"] == "data:id-1"


@pytest.mark.parametrize("name", ["triage", "reporting"])
async def test_the_run_fails_with_the_sentence_of_who_it_cannot_do_without(name: str) -> None:
    outcome, sink = await lead(plays(**{name: ((KEY_REFUSED,),)}))
    (failed,) = sink.about(name, "agent_failed")
    assert (outcome.status, outcome.code) == (RunStatus.FAILED, "model_key_refused")
    assert outcome.sentence == failed["message"]
    assert sink.steps[-1] == (name, "failed")
    assert outcome.details == {}


@pytest.mark.parametrize("text", [" ", "\n\n"])
async def test_an_answer_without_a_word_fails_the_run(text: str) -> None:
    outcome, sink = await lead(plays(reporting=((text,),)))
    assert (outcome.status, outcome.code) == (RunStatus.FAILED, "empty_answer")
    assert outcome.sentence.endswith("choose another model.")
    assert sink.steps[-1] == ("reporting", "failed")


@pytest.mark.parametrize(
    ("agent", "event", "text"), [("data", "tool_executing", ""), ("reporting", "message_delta", "We spent ")]
)
async def test_a_wish_to_stop_ends_the_run_where_it_is(agent: str, event: str, text: str) -> None:
    stop, sink = Cancellation(), TeamSink()

    def hear(kind: str, data: dict[str, Any], name: str) -> None:
        if (name, kind) == (agent, event):
            stop.cancel()

    sink.heard = hear
    endless = [f"word{number} " for number in range(1000)]
    outcome, _ = await lead(plays(reporting=(("We spent ", *endless),)), sink=sink, cancellation=stop)
    assert (outcome.status, outcome.code) == (RunStatus.CANCELLED, "cancelled")
    assert outcome.text.startswith(text)
    assert len(outcome.text) < 200
    assert names(sink.steps, "started")[-1] == agent
    assert names(sink.steps, "failed") == []
    assert outcome.usage["agents"]["triage"]["requests"] == 1


@pytest.mark.parametrize(
    ("claimed", "data", "judged", "course"),
    [
        (Sufficiency.SUFFICIENT, None, "none", ["triage", "data_helper", "reporting"]),
        (Sufficiency.NONE, ROWS, "sufficient", FULL_COURSE),
        (Sufficiency.SUFFICIENT, TEXTS_ONLY, "partial", ["triage", "data_helper", "data", "reporting"]),
    ],
)
async def test_whether_the_data_suffices_is_judged_by_its_rows_whatever_the_model_says(
    claimed: Sufficiency, data: DataHandle | None, judged: str, course: list[str]
) -> None:
    wrong = Verdict(question=Question.CUT_COST, data=claimed, missing=["made up"])
    outcome, sink = await lead(plays(triage=((wrong,),)), context=make_context(data))
    assert names(sink.steps, "completed") == course
    assert outcome.details["verdict"]["data"] == judged
    assert "made up" not in str(sink.events)


async def test_a_greeting_is_answered_without_looking_at_any_row() -> None:
    hello = Verdict(question=Question.GREETING, data=Sufficiency.SUFFICIENT)
    _, sink = await lead(plays(triage=((hello,),), reporting=(("Hello.",),)))
    assert names(sink.steps, "completed") == ["triage", "reporting"]


async def test_usage_is_told_by_agent_and_in_sum() -> None:
    outcome, _ = await lead(plays())
    agents = outcome.usage["agents"]
    assert {name: (used["requests"], used["tool_calls"]) for name, used in agents.items()} == {
        "triage": (1, 0),
        "data": (3, 3),
        "optimization": (2, 1),
        "actions": (1, 0),
        "reporting": (1, 0),
    }
    assert (outcome.usage["requests"], outcome.usage["tool_calls"]) == (8, 4)


def counting(players: Players) -> Any:
    """Models whose tokens are counted."""
    return lambda spec: [Candidate("compatible:x", lambda: players.play(spec.name))]


async def test_what_a_failed_agent_used_is_counted() -> None:
    players = plays(optimization=((call("save", "first"),), (KEY_REFUSED,)))
    outcome, _ = await lead(players)
    assert outcome.usage["agents"]["optimization"]["tool_calls"] == 1
    assert outcome.usage["requests"] == 1 + 3 + 1 + 1


async def test_the_agents_share_the_tokens_of_the_run() -> None:
    """No agent needs as many as the limit by itself; the one that goes beyond it in sum is stopped."""
    whole, _ = await lead(plays(), models_of=counting(plays()))
    used = {name: tokens(usage) for name, usage in whole.usage["agents"].items()}
    most = sum(used.values()) - 1
    assert max(used.values()) < most
    limited = make_context(ROWS, limits=RunLimits(model_tokens=most))
    outcome, sink = await lead(plays(), context=limited, models_of=counting(plays()))
    assert (outcome.status, outcome.code) == (RunStatus.FAILED, "token_limit")
    assert sink.steps[-1] == ("reporting", "failed")


def tokens(usage: dict[str, Any]) -> int:
    return sum(count for name, count in usage.items() if name.endswith("_tokens"))


async def test_what_a_failed_model_used_counts_towards_the_tokens_of_the_run() -> None:
    """Two tries that fit one by one and not together."""
    words = " ".join(["word"] * 600)
    players = plays(first=((words, library.ModelServerError("gpt", "busy")),), second=((words,),))

    def models_of(spec: AgentSpec) -> Sequence[Candidate]:
        if spec.name != "reporting":
            return [Candidate("builtin", lambda: players.play(spec.name))]
        return [Candidate(f"compatible:{name}", lambda name=name: players.play(name)) for name in ("first", "second")]  # type: ignore[misc]

    free, _ = await lead(players, models_of=models_of)
    assert free.status is RunStatus.COMPLETED
    used = tokens(free.usage["agents"]["reporting"])
    limited = make_context(ROWS, limits=RunLimits(model_tokens=used - 300))
    outcome, _ = await lead(players, context=limited, models_of=models_of)
    assert (outcome.status, outcome.code) == (RunStatus.FAILED, "token_limit")


@pytest.mark.parametrize(("whole", "for_parts"), [(20.0, 16.0), (600.0, 570.0)])
def test_a_fifth_of_the_time_but_never_more_than_half_a_minute_is_kept_for_the_answer(
    whole: float, for_parts: float
) -> None:
    team = {agent.name: agent for agent in make_team()}
    context = make_context(ROWS, limits=RunLimits(time_seconds=whole))
    assignment = Assignment(team["reporting"], (), QUESTION, None, context, MemoryLedger(), lambda _: ())
    run = TeamRun(assignment, TeamSink(), Cancellation())
    assert run.seconds_for(team["data"]) == pytest.approx(for_parts, abs=0.5)
    assert run.seconds_for(team["reporting"]) == pytest.approx(whole, abs=0.5)


async def test_an_agent_that_hangs_does_not_take_the_answer_s_time() -> None:
    context = make_context(ROWS, limits=RunLimits(time_seconds=1.5))
    outcome, sink = await lead(plays(data=((call("hang"),),)), context=context)
    assert sink.about("data", "agent_failed")[0]["code"] == "time_limit"
    assert outcome.text == ANSWER


async def test_an_answer_that_another_model_went_on_with_is_only_the_other_one_s() -> None:
    players = plays(half=(("Half an ", library.ModelServerError("gpt", "busy")),))

    def models_of(spec: AgentSpec) -> Sequence[Candidate]:
        one = Candidate("builtin", lambda: players.play(spec.name))
        return [Candidate("openai:x", lambda: players.play("half")), one] if spec.name == "reporting" else [one]

    outcome, sink = await lead(players, models_of=models_of)
    (switched,) = sink.about("reporting", "model_switched")
    assert (switched["parent"], switched["from"], switched["to"]) == ("netra", "openai:x", "builtin")
    assert outcome.text == ANSWER
    assert names(sink.steps, "started").count("reporting") == 1


async def test_the_conversation_goes_on_with_the_question_and_the_answer_only() -> None:
    first, _ = await lead(plays())
    assert first.messages_json.count(ANSWER) == 1
    assert "HANDOVER" not in first.messages_json
    players = plays()
    second, _ = await lead(players, history=first.messages_json)
    assert second.messages_json.count(ANSWER) == 2
    assert second.text == ANSWER


async def test_only_who_reads_the_conversation_gets_it() -> None:
    first, _ = await lead(plays(reporting=(("An earlier answer.",),)))
    seen: dict[str, str] = {}

    def models_of(spec: AgentSpec) -> Sequence[Candidate]:
        return [Candidate("builtin", lambda: listen(spec.name, seen))]

    await lead(plays(), history=first.messages_json, models_of=models_of)
    assert {name for name, text in seen.items() if "An earlier answer." in text} == {"triage", "reporting"}


def listen(name: str, seen: dict[str, str]) -> FunctionModel:
    """A model that plays its part and keeps what it was told."""
    played: Any = plays().play(name)

    async def stream(messages: list[Any], info: Any) -> Any:
        seen.setdefault(name, str(messages))
        async for piece in played.stream_function(messages, info):
            yield piece

    return FunctionModel(stream_function=stream)


async def test_a_team_in_which_nobody_finds_the_course_cannot_begin() -> None:
    team = tuple(agent for agent in make_team() if agent.name != "triage")
    with pytest.raises(TeamOrderImpossible):
        await lead(plays(), team=team)


class Audit(BaseModel):
    """What one more agent hands on."""

    remark: str


async def test_one_more_agent_works_where_its_needs_put_it_and_its_work_is_handed_on() -> None:
    auditor = AgentSpec(
        "auditor", "Auditor", "Audit.", yields=Audit, needs=(Findings,), joins=frozenset(("sufficient",))
    )
    team = tuple(
        replace(agent, uses=(*agent.uses, Audit)) if agent.name == "reporting" else agent for agent in make_team()
    )
    players = plays(auditor=((Audit(remark="It adds up."),),))
    _, sink = await lead(players, team=(*team, auditor))
    assert names(sink.steps, "completed") == ["triage", "data", "auditor", "optimization", "actions", "reporting"]
    assert sink.about("auditor", "agent_completed")[0]["handed"] == {"remark": "It adds up."}
    assert players.handed_to("reporting")["audit"] == {"remark": "It adds up."}
