"""A well-behaved provider: each wire format through its real client, from request to events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from agents.engine.costs import list_requests
from tests.models.conftest import SOURCES, ask
from tests.models.replies import Asked, Call, Reply, Thinking, Tokens, say
from tests.models.server import KEY, Brain, ModelServer, in_turn, writes

Provider = Callable[[Brain], ModelServer]
pytestmark = pytest.mark.parametrize("source", SOURCES)
LONG = "The costs rose by a third — mostly „support“ — and here is why. 🙂"


async def add(first: int, second: int) -> dict[str, int]:
    """Adds two numbers."""
    return {"sum": first + second}


async def test_text_in_small_pieces_arrives_whole(source: str, provider: Provider) -> None:
    server = provider(writes(LONG))
    assert (await ask(source)).text == LONG
    assert len(server.asked) == 1


async def test_thoughts_come_apart_from_the_answer(source: str, provider: Provider) -> None:
    provider(in_turn(say(Thinking("First look at the rows."), "Done.")))
    told = await ask(source)
    assert (told.thinking, told.text) == ("First look at the rows.", "Done.")


async def test_arguments_in_pieces_reach_the_tool_and_its_result_the_model(source: str, provider: Provider) -> None:
    server = provider(in_turn(say(Thinking("Add."), Call("add", {"first": 2, "second": 40})), say("It is 42.")))
    told = await ask(source, add)
    assert told.calls == [("add", {"first": 2, "second": 40})]
    assert told.results == [("add", "success")]
    assert told.text == "It is 42."
    assert [asked.results for asked in server.asked] == [[], ['{"sum":42}']]
    assert server.asked[0].tools == ["add"]


async def test_calls_of_one_answer_run_at_once(source: str, provider: Provider) -> None:
    together = asyncio.Barrier(2)

    async def wait(number: int) -> int:
        """Waits for the other one."""
        async with asyncio.timeout(5):
            await together.wait()
        return number

    server = provider(in_turn(say(Call("wait", {"number": 1}), Call("wait", {"number": 2})), say("both")))
    told = await ask(source, wait)
    assert told.results == [("wait", "success"), ("wait", "success")]
    assert sorted(server.asked[1].results) == ["1", "2"]


async def test_the_brain_sees_the_request_and_decides(source: str, provider: Provider) -> None:
    def brain(asked: Asked) -> Reply:
        return (
            say(f"{asked.model} gave {asked.results[0]}")
            if asked.results
            else say(Call("add", {"first": 1, "second": 1}))
        )

    provider(brain)
    assert (await ask(source, add)).text == 'some-model gave {"sum":2}'


async def test_the_key_travels_in_its_header_only(source: str, provider: Provider) -> None:
    server = provider(writes("ok"))
    await ask(source)
    assert [name for name, value in server.asked[0].headers.items() if KEY in value] == ["authorization"]
    assert KEY not in server.asked[0].text + server.asked[0].path


async def test_tokens_are_counted_by_class(source: str, provider: Provider) -> None:
    provider(in_turn(say("ok", tokens=Tokens(input=100, cached=900, output=20, reasoning=30))))
    usage = (await ask(source)).usage
    assert (usage.input_tokens, usage.cache_read_tokens) == (1000, 900)
    assert (usage.output_tokens, usage.output_reasoning_tokens) == (50, 30)


async def test_each_request_is_counted_by_itself(source: str, provider: Provider) -> None:
    provider(
        in_turn(say(Call("add", {"first": 1, "second": 1}), tokens=Tokens(input=5)), say("2", tokens=Tokens(input=8)))
    )
    told = await ask(source, add)
    assert [usage.input_tokens for usage in list_requests(told.messages)] == [5, 8]
    assert (told.usage.requests, told.usage.input_tokens) == (2, 13)
