"""A run of the engine on models that fail: what is told, which model answers, what was used."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from agents.engine.blocks import Block, Column, Source, ToolResult
from agents.engine.context import RunContext, RunLimits
from agents.engine.runs import Cancellation, Candidate, Task, execute
from agents.engine.specs import AgentSpec, AgentTool, Outcome, RunStatus
from agents.providers import model_for
from tests.agents.conftest import ListSink, make_context
from tests.models.conftest import SOURCES
from tests.models.replies import Asked, BreakOff, Call, Hang, Refuse, Reply, Thinking, Tokens, say
from tests.models.server import KEY, Brain, ModelServer, always, in_turn, writes

Provider = Callable[[Brain], ModelServer]


async def look(context: RunContext, word: str) -> ToolResult:
    """Looks at a word.

    Args:
        word: The word.
    """
    looked.append(word)
    source = Source(dataset="Own", demo=False, sql="SELECT 1", rows_scanned=1, price_version="none")
    return ToolResult(Block("Title", "Summary", (Column("a", "A"),), ((word,),), source), {"word": word})


looked: list[str] = []
SPEC = AgentSpec(name="tester", title="Tester", instructions="Be short.", tools=(AgentTool("Looks", look),))


@pytest.fixture(autouse=True)
def nothing_looked_at() -> None:
    looked.clear()


async def run(*names: str, **limits: Any) -> tuple[Outcome, ListSink]:
    """One run on these models, in this order."""
    sink = ListSink()
    candidates = [Candidate(name, partial(model_for, name)) for name in names]
    context = make_context(None, limits=RunLimits(**limits))
    outcome = await execute(Task(SPEC, "What is it?", context), sink, Cancellation(), candidates)
    return outcome, sink


def by_model(**replies: Brain) -> Brain:
    """Each model answers in its own way."""

    def brain(asked: Asked) -> Reply:
        return replies[asked.model](asked)

    return brain


@pytest.mark.parametrize("second", SOURCES)
@pytest.mark.parametrize("first", SOURCES)
async def test_a_model_that_breaks_off_is_followed_by_the_next_which_answers_whole(
    first: str, second: str, provider: Provider
) -> None:
    broken = always(say(Thinking("Well. "), "This was meant to be", fault=BreakOff(after=6)))
    provider(by_model(one=broken, two=writes("The whole answer.")))
    outcome, sink = await run(f"{first}:one", f"{second}:two")
    assert (outcome.status, outcome.text) == (RunStatus.COMPLETED, "The whole answer.")
    kinds = [kind for kind, _ in sink.events]
    switched = sink.of("model_switched")
    assert [(item["from"], item["to"], item["code"]) for item in switched] == [
        (f"{first}:one", f"{second}:two", "model_cut_off")
    ]
    after = sink.events[kinds.index("model_switched") + 1 :]
    assert "".join(data["delta"] for kind, data in after if kind == "message_delta") == outcome.text


@pytest.mark.parametrize("source", SOURCES)
async def test_a_tool_that_was_called_before_the_switch_is_not_called_again(source: str, provider: Provider) -> None:
    call = Call("look", {"word": "costs"})
    first = in_turn(say(call), say("Half an", fault=BreakOff(after=3)))
    second = in_turn(say(call), say("Seen."))
    provider(by_model(one=first, two=second))
    outcome, _ = await run(f"{source}:one", f"{source}:two")
    assert (outcome.status, outcome.text) == (RunStatus.COMPLETED, "Seen.")
    assert looked == ["costs"]


@pytest.mark.parametrize("source", SOURCES)
async def test_the_only_model_has_a_new_try_after_an_overload(source: str, provider: Provider) -> None:
    busy = say(fault=Refuse(529, "overloaded_error", headers={"Retry-After": "0"}))
    server = provider(in_turn(busy, say("Now.")))
    outcome, sink = await run(f"{source}:one")
    assert (outcome.status, outcome.text) == (RunStatus.COMPLETED, "Now.")
    assert [(item["from"], item["to"]) for item in sink.of("model_switched")] == [(f"{source}:one", f"{source}:one")]
    assert len(server.asked) == 2


async def test_the_built_in_model_answers_when_no_provider_does(provider: Provider) -> None:
    provider(always(say(fault=Refuse(500))))
    outcome, sink = await run("openai:one", "anthropic:one", "builtin")
    assert outcome.status is RunStatus.COMPLETED
    assert outcome.text
    assert [item["to"] for item in sink.of("model_switched")] == ["anthropic:one", "builtin"]


async def test_a_model_that_is_not_set_up_is_followed_by_the_next(provider: Provider, settings: Any) -> None:
    provider(writes("Mine."))
    settings.MODEL_SOURCES["openai"]["missing"] = "NETRA_OPENAI_API_KEY"
    outcome, sink = await run("openai:one", "compatible:two")
    assert outcome.text == "Mine."
    assert sink.of("model_switched")[0]["code"] == "model_not_configured"
    alone, _ = await run("openai:one")
    assert (alone.status, alone.code) == (RunStatus.FAILED, "model_not_configured")
    assert "NETRA_OPENAI_API_KEY" in alone.sentence


@pytest.mark.parametrize("source", SOURCES)
async def test_our_own_time_limit_ends_the_run_and_asks_nobody_else(source: str, provider: Provider) -> None:
    server = provider(always(say("Never", fault=Hang(after=2))))
    outcome, sink = await run(f"{source}:one", "builtin", time_seconds=0.5)
    assert (outcome.status, outcome.code) == (RunStatus.FAILED, "time_limit")
    assert sink.of("model_switched") == []
    assert len(server.asked) == 1


@pytest.mark.parametrize("source", SOURCES)
async def test_what_every_try_used_is_counted(source: str, provider: Provider) -> None:
    first = in_turn(say(Call("look", {"word": "x"}), tokens=Tokens(10, output=1)), say(fault=Refuse(500)))
    provider(by_model(one=first, two=always(say("Done.", tokens=Tokens(input=5, cached=20, output=2, reasoning=3)))))
    outcome, _ = await run(f"{source}:one", f"{source}:two")
    used = outcome.usage
    assert (used["requests"], used["tool_calls"]) == (2, 1)
    assert (used["input_tokens"], used["cached_read_tokens"]) == (15, 20)
    assert (used["output_tokens"], used["reasoning_tokens"]) == (3, 3)


async def test_the_cost_of_a_run_is_unknown_once_an_answer_nobody_counted_broke_off(provider: Provider) -> None:
    whole = always(say("Done.", tokens=Tokens(input=1_000_000)))
    provider(by_model(**{"gpt-4o": whole, "one": always(say("Half an answer", fault=BreakOff(4)))}))
    # gpt-4o: 2.50 dollars for a million input tokens, 10 dollars for a million output tokens, of which 7 are used.
    counted, _ = await run("openai:gpt-4o")
    assert counted.usage["cost"] == "2.50007"
    broken, _ = await run("openai:one", "openai:gpt-4o")
    assert (broken.usage["cost"], broken.usage["unmeasured_requests"]) == (None, 1)


async def test_an_error_before_any_answer_costs_nothing(provider: Provider) -> None:
    whole = always(say("Done.", tokens=Tokens(input=1_000_000)))
    provider(by_model(**{"gpt-4o": whole, "one": always(say(fault=Refuse(401)))}))
    outcome, _ = await run("openai:one", "openai:gpt-4o")
    assert outcome.usage["cost"] == "2.50007"


@pytest.mark.parametrize("source", SOURCES)
async def test_no_event_and_no_outcome_holds_the_key(source: str, provider: Provider) -> None:
    echo = Refuse(401, "authentication_error", message=f"{KEY} is wrong", headers={"X-Key": KEY})
    provider(always(say(fault=echo)))
    outcome, sink = await run(f"{source}:one", f"{source}:two")
    assert outcome.code == "model_key_refused"
    assert KEY not in json.dumps(sink.events) + repr(outcome)
