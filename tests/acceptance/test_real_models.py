"""The team on models behind the wire formats of real providers: the same promises, and lies are marked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from agents.engine.clients import close_shared_client
from agents.engine.context import DataHandle
from agents.usage.questions import Question
from tests.acceptance.asking import Asked, Models, ask_team, models_named
from tests.acceptance.checking import (
    NONE,
    PARTIAL,
    SUFFICIENT,
    check_end,
    check_recommendations,
    check_request,
    check_sections,
    find_faults,
)
from tests.acceptance.conftest import Lacking
from tests.acceptance.oracle import MODEL, Truth
from tests.acceptance.playing import Script, play, show, write_answer
from tests.models.replies import Call, Text, say
from tests.models.server import KEY, Brain, ModelServer, serve_models

SOURCES = ("openai", "compatible", "anthropic")
Provider = Callable[[Brain], ModelServer]
BREAKDOWN = (Call("spend_breakdown", {"by": ["model"]}), Call("spend_breakdown", {"by": ["feature"]}))
SCRIPTS = (
    Script(Question.CUT_COST, BREAKDOWN, (Call("savings_plan", {"target_percent": "20"}),), {"cost_cut_percent": "20"}),
    Script(Question.CACHING, BREAKDOWN, (Call("cache_opportunity"),)),
    Script(Question.JUMP, (*BREAKDOWN, Call("anomaly_scan", {"metric": "cost"})), entities={"around": "2026-09-16"}),
)
PLAIN = SCRIPTS[0]
INVENTED = "$98,765.43"
pytestmark = pytest.mark.parametrize("source", SOURCES)


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """Starts a provider, and lets every source of models be that one."""
    with ExitStack() as stack:

        def start(brain: Brain) -> ModelServer:
            server = stack.enter_context(serve_models(brain))
            keyed = {"key": SecretStr(KEY), "missing": ""}
            urls = {"openai": server.openai_url, "compatible": server.openai_url, "anthropic": server.anthropic_url}
            own = {name: keyed | {"url": url} for name, url in urls.items()}
            settings.MODEL_SOURCES = {"builtin": {"key": SecretStr(""), "url": "", "missing": ""}} | own
            return server

        yield start


@pytest.fixture(autouse=True)
async def fresh_client() -> AsyncIterator[None]:
    """A client belongs to one event loop, and each test has its own."""
    yield
    await close_shared_client()


def models_of(source: str) -> Models:
    """Everybody runs on this source."""
    return lambda _: models_named(f"{source}:some-model")


async def ask_by(source: str, data: DataHandle | None) -> Asked:
    """One question to the team on this source; how it is put is the script's matter."""
    return await ask_team("How do we spend less?", data, models=models_of(source))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.question.value)
async def test_a_good_model_keeps_every_promise(
    source: str, script: Script, provider: Provider, small_data: DataHandle
) -> None:
    provider(play(script, write_answer))
    asked = await ask_by(source, small_data)
    assert asked.verdict.question is script.question
    assert find_faults(asked, SUFFICIENT) == []
    assert [*check_sections(asked), *check_recommendations(asked)] == []
    assert asked.failed_tools == []


async def test_missing_fields_are_asked_for_whatever_the_model_says_of_the_data(
    source: str, provider: Provider, lacking: Lacking
) -> None:
    provider(play(PLAIN, write_answer))
    asked = await ask_by(source, lacking("prompt_hash", "feature"))
    assert find_faults(asked, PARTIAL) == []
    assert list(check_request(asked, ["feature", "prompt_hash"])) == []


async def test_without_data_there_is_a_request_and_no_figure(source: str, provider: Provider) -> None:
    provider(play(PLAIN, write_answer))
    asked = await ask_by(source, None)
    assert find_faults(asked, NONE) == []
    assert {"tokens", "model"} <= {field["name"] for field in asked.requested}
    assert asked.details["figures"] == []


async def test_a_wrong_figure_and_an_invented_one_are_marked_and_no_other(
    source: str, provider: Provider, small_data: DataHandle, small_truth: Truth
) -> None:
    true = small_truth.cost_by(MODEL)["gpt-4o"]
    wrong = show(str(true + 1))
    lies = f"Of all models, gpt-4o cost {wrong}.\n\nElsewhere you lose another {INVENTED} a year."
    provider(play(PLAIN, lambda handed: f"{write_answer(handed)}\n{lies}\n"))
    asked = await ask_by(source, small_data)
    figures = {asked.text[item["start"] : item["end"]]: item for item in asked.details["figures"]}
    marked = {text: item["status"] for text, item in figures.items() if item["status"] != "verified"}
    assert marked == {wrong: "mismatch", INVENTED: "unsourced"}
    assert f"{true:.6f}" in figures[wrong]["note"]
    assert len(figures) > 10


async def test_a_model_that_calls_tools_of_others_gets_no_result_of_them(
    source: str, provider: Provider, small_data: DataHandle
) -> None:
    greedy = play(PLAIN, write_answer)

    def grab(request: Any) -> Any:
        own = greedy(request)
        if "You are the writer of Netra" in request.text and not request.results:
            return say(Call("run_sql", {"sql": "SELECT 1"}))
        return own

    provider(grab)
    asked = await ask_by(source, small_data)
    assert "run_sql" not in asked.tools
    assert list(check_end(asked)) == []
    assert "run_sql" in [tool for agent, tool, _ in asked.tried if agent == "reporting"]


async def test_an_agent_that_fails_on_the_way_is_missed_in_the_answer_and_ends_nothing(
    source: str, provider: Provider, small_data: DataHandle
) -> None:
    good = play(
        PLAIN, lambda handed: f"{write_answer(handed)}\nMissing: {[item['agent'] for item in handed['lacking']]}\n"
    )

    def stumble(request: Any) -> Any:
        if "You are the optimizer of Netra" in request.text:
            return say(Text("I would rather talk about the weather."))
        return good(request)

    provider(stumble)
    asked = await ask_by(source, small_data)
    assert [agent for agent, _ in asked.sink.of_agents("agent_failed")] == ["optimization"]
    assert asked.chain == ["triage", "data", "optimization", "reporting"]
    assert "Missing: ['optimization', 'actions']" in asked.text
    assert all(item["status"] == "verified" for item in asked.details["figures"])
