"""The engine: the library's events become ours, and every end has its outcome."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic_ai import exceptions as library
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, DeltaThinkingPart, DeltaToolCall, FunctionModel
from pydantic_ai.models.test import TestModel

from agents.engine.blocks import Block, Column, Source, ToolResult
from agents.engine.context import DataHandle, RunContext, RunLimits
from agents.engine.failures import FAILURES
from agents.engine.ports import MemoryLedger, make_call_key
from agents.engine.runs import Cancellation, Candidate, Task, execute
from agents.engine.specs import AgentLimits, AgentSpec, AgentTool, Outcome, RunStatus
from agents.engine.text import clean_text, clean_value
from agents.engine.tools import UNEXPECTED, offer_tool
from agents.errors import QueryTimedOut
from agents.tools import tool_names, tools_named
from tests.agents.conftest import ListSink, make_context

Piece = str | dict[int, DeltaToolCall] | dict[int, DeltaThinkingPart]
calls_made: list[str] = []


def make_result(value: str) -> ToolResult:
    source = Source(dataset="Own", demo=False, sql="SELECT 1", rows_scanned=1, price_version="none")
    block = Block("Title", "Summary", (Column("a", "A"),), ((value,),), source)
    return ToolResult(block, {"value": value})


async def echo(context: RunContext, word: str, times: int = 1) -> ToolResult:
    """Repeats a word.

    Args:
        word: The word to repeat.
        times: How often.
    """
    calls_made.append(word)
    return make_result(word * times)


async def wait_for_others(context: RunContext, number: int) -> ToolResult:
    """Ends when two calls run at once."""
    async with asyncio.timeout(5):
        await together.wait()
    return make_result(str(number))


async def explode(context: RunContext) -> ToolResult:
    """Has a fault."""
    raise ZeroDivisionError("secret detail")


async def time_out(context: RunContext) -> ToolResult:
    """Fails with a sentence."""
    raise QueryTimedOut()


async def spoil(context: RunContext) -> ToolResult:
    """Returns what Postgres and JSON refuse."""
    return make_result("a\x00b\ud800")


async def hang(context: RunContext) -> ToolResult:
    """Never ends."""
    hanging.set()
    await asyncio.Event().wait()
    raise AssertionError


together = asyncio.Barrier(2)
hanging = asyncio.Event()
TOOLS = {
    function.__name__: AgentTool(f"Title of {function.__name__}", function)
    for function in (echo, wait_for_others, explode, time_out, spoil, hang)
}


def make_spec(*tools: str, **values: Any) -> AgentSpec:
    named = tuple(TOOLS[name] for name in tools)
    return AgentSpec(name="tester", title="Tester", instructions="Be short.", tools=named, **values)


def make_model(*turns: list[Piece]) -> FunctionModel:
    """A model that streams these pieces, one list a request."""

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Piece]:
        done = sum(message.kind == "response" for message in messages)
        for piece in turns[done]:
            yield piece

    return FunctionModel(stream_function=stream)


def call(tool: str, arguments: str = "{}", index: int = 1, call_id: str = "") -> dict[int, DeltaToolCall]:
    return {index: DeltaToolCall(tool, arguments, tool_call_id=call_id or f"id-{index}")}


async def run(
    spec: AgentSpec,
    model: Any,
    *,
    sink: ListSink | None = None,
    context: RunContext | None = None,
    cancellation: Cancellation | None = None,
    history: str | None = None,
    ledger: MemoryLedger | None = None,
) -> tuple[Outcome, ListSink]:
    kept = sink or ListSink()
    task = Task(spec, "Question", context or make_context(None), history, ledger=ledger or MemoryLedger())
    models = [Candidate("builtin", lambda: model)]
    return await execute(task, kept, cancellation or Cancellation(), models), kept


@pytest.fixture(autouse=True)
def fresh_state() -> None:
    """Primitives of asyncio belong to one loop."""
    global together, hanging
    together, hanging = asyncio.Barrier(2), asyncio.Event()
    calls_made.clear()


async def test_thinking_tool_and_text_come_in_order_with_the_first_delta_of_each() -> None:
    thinking: list[Piece] = [
        {0: DeltaThinkingPart(content="first ")},
        {0: DeltaThinkingPart(content="second")},
    ]
    model = make_model([*thinking, call("echo", '{"word": "hey", "times": 2}')], ["Hel", "lo ", "you"])
    outcome, sink = await run(make_spec("echo"), model)
    seconds = sink.of("tool_completed")[0].pop("seconds")
    assert seconds >= 0
    assert sink.events == [
        ("agent_thinking", {"delta": "first "}),
        ("agent_thinking", {"delta": "second"}),
        (
            "tool_executing",
            {
                "call_id": "tester:id-1",
                "tool": "echo",
                "title": "Title of echo",
                "arguments": {"word": "hey", "times": 2},
            },
        ),
        (
            "tool_completed",
            {
                "call_id": "tester:id-1",
                "tool": "echo",
                "outcome": "success",
                "result": clean_value(make_result("heyhey").block.as_data()),
            },
        ),
        ("message_delta", {"delta": "Hel", "part": 0}),
        ("message_delta", {"delta": "lo ", "part": 0}),
        ("message_delta", {"delta": "you", "part": 0}),
    ]
    assert (outcome.status, outcome.text, outcome.code) == (RunStatus.COMPLETED, "Hello you", "")
    assert outcome.usage == {"requests": 2, "tool_calls": 1}


async def test_text_before_a_tool_call_is_a_part_of_its_own() -> None:
    model = make_model(["Let me look.", call("echo", '{"word": "x"}')], ["Here it is."])
    outcome, sink = await run(make_spec("echo"), model)
    assert [data["part"] for data in sink.of("message_delta")] == [0, 1]
    assert outcome.text == "Let me look.\n\nHere it is." == sink.text


async def test_two_calls_of_one_turn_run_at_once() -> None:
    first, second = call("wait_for_others", '{"number": 1}', 1), call("wait_for_others", '{"number": 2}', 2)
    outcome, sink = await run(make_spec("wait_for_others"), make_model([first, second], ["done"]))
    assert outcome.status is RunStatus.COMPLETED
    assert {data["call_id"]: data["outcome"] for data in sink.of("tool_completed")} == {
        "tester:id-1": "success",
        "tester:id-2": "success",
    }


@pytest.mark.parametrize(("tool", "sentence"), [("explode", UNEXPECTED), ("time_out", QueryTimedOut.message)])
async def test_a_tool_that_breaks_is_a_failed_result_and_the_run_goes_on(tool: str, sentence: str) -> None:
    outcome, sink = await run(make_spec(tool), make_model([call(tool)], ["Without it."]))
    assert (outcome.status, outcome.text) == (RunStatus.COMPLETED, "Without it.")
    completed = sink.of("tool_completed")[0]
    assert (completed["outcome"], completed["error"]) == ("failed", sentence)
    assert "result" not in completed
    assert "secret detail" not in outcome.messages_json


async def test_wrong_arguments_are_given_back_to_the_model() -> None:
    model = make_model(
        [call("echo", '{"times": "many"}')], [call("echo", '{"word": "ok"}', call_id="second")], ["fine"]
    )
    outcome, sink = await run(make_spec("echo"), model)
    assert outcome.status is RunStatus.COMPLETED
    assert [data["outcome"] for data in sink.of("tool_completed")] == ["retried", "success"]
    assert calls_made == ["ok"]


async def test_arguments_that_are_no_json_do_not_end_the_run() -> None:
    model = make_model([call("echo", '{"word": ')], ["sorry"])
    outcome, sink = await run(make_spec("echo"), model)
    assert outcome.status is RunStatus.COMPLETED
    assert sink.of("tool_completed")[0]["outcome"] == "retried"


async def test_nothing_that_postgres_refuses_leaves_the_engine() -> None:
    pieces: list[Piece] = [{0: DeltaThinkingPart(content="th\x00ink\udc00")}, call("spoil")]
    outcome, sink = await run(make_spec("spoil"), make_model(pieces, ["te\x00xt \ud800", "\x00", "end"]))
    told = json.dumps(sink.events, ensure_ascii=False)
    for text in (told, outcome.text, outcome.messages_json):
        text.encode()
        assert "\x00" not in text
    assert outcome.text == "text \ufffdend" == sink.text
    assert sink.of("tool_completed")[0]["result"]["rows"] == [["ab\ufffd"]]


async def test_a_cancelled_run_keeps_what_was_written() -> None:
    stop = Cancellation()

    class StoppingSink(ListSink):
        async def emit(self, type: str, data: dict[str, object], agent_name: str) -> None:
            await super().emit(type, data, agent_name)
            if len(self.of("message_delta")) == 2:
                stop.cancel()

    model = make_model([f"word{number} " for number in range(1000)])
    outcome, sink = await run(make_spec(), model, sink=StoppingSink(), cancellation=stop)
    assert (outcome.status, outcome.code) == (RunStatus.CANCELLED, "cancelled")
    assert outcome.text.startswith("word0 word1 ")
    assert len(sink.of("message_delta")) < 10
    assert json.loads(outcome.messages_json)


async def test_another_thread_can_cancel_a_run_inside_a_tool() -> None:
    stop = Cancellation()
    running = asyncio.create_task(run(make_spec("hang"), make_model([call("hang")], ["never"]), cancellation=stop))
    async with asyncio.timeout(5):
        await hanging.wait()
        threading.Thread(target=stop.cancel).start()
        outcome, _ = await running
    assert outcome.status is RunStatus.CANCELLED


async def test_a_token_fired_before_the_run_begins_cancels_it() -> None:
    stop = Cancellation()
    stop.cancel()
    outcome, sink = await run(make_spec(), make_model(["never"]), cancellation=stop)
    assert outcome.status is RunStatus.CANCELLED
    assert sink.events == []


async def test_a_run_ends_at_its_time_limit() -> None:
    context = make_context(None, limits=RunLimits(time_seconds=0.2))
    async with asyncio.timeout(5):
        outcome, _ = await run(make_spec("hang"), make_model([call("hang")], ["never"]), context=context)
    assert (outcome.status, outcome.code) == (RunStatus.FAILED, "time_limit")
    assert "shorter period" in outcome.sentence


async def test_a_run_ends_at_its_request_limit() -> None:
    turns: list[list[Piece]] = [[call("echo", '{"word": "again"}', call_id=f"id-{turn}")] for turn in range(9)]
    model = make_model(*turns)
    outcome, _ = await run(make_spec("echo", limits=AgentLimits(requests=3)), model)
    assert (outcome.status, outcome.code) == (RunStatus.FAILED, "run_limit")
    assert outcome.usage["requests"] == 3
    assert len(calls_made) == 3


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (library.ModelAuthenticationError, "model_key_refused"),
        (library.ModelNotFoundError, "model_not_found"),
        (library.ModelRateLimitError, "model_rate_limited"),
        (library.ModelQuotaExceededError, "model_quota"),
        (library.ModelContextWindowExceededError, "conversation_too_long"),
        (library.ModelRequestRejectedError, "model_request_rejected"),
        (library.ModelServerError, "model_unavailable"),
        (library.ModelTimeoutError, "model_timed_out"),
    ],
)
async def test_a_provider_error_has_a_code_and_a_sentence(kind: type[library.ModelAPIError], code: str) -> None:
    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        yield "Half an "
        raise kind("gpt", "secret body")

    outcome, _ = await run(make_spec(), FunctionModel(stream_function=stream))
    assert (outcome.status, outcome.code, outcome.text) == (RunStatus.FAILED, code, "Half an ")
    assert outcome.sentence.endswith(".")
    assert "secret" not in outcome.sentence
    assert json.loads(outcome.messages_json)


def test_every_failure_has_its_own_code() -> None:
    codes = [code for _, code, _ in FAILURES]
    assert len(set(codes)) == len(codes)


async def test_a_broken_sink_is_raised_and_not_told_as_an_outcome() -> None:
    class BrokenSink(ListSink):
        async def emit(self, type: str, data: dict[str, object], agent_name: str) -> None:
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await run(make_spec(), make_model(["Hello"]), sink=BrokenSink())


async def test_the_task_of_a_run_can_be_cancelled_from_outside() -> None:
    running = asyncio.create_task(run(make_spec("hang"), make_model([call("hang")], ["never"])))
    async with asyncio.timeout(5):
        await hanging.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_a_slow_sink_holds_the_run_back() -> None:
    """The model is never further ahead than the sink has accepted, but for the library's own small buffer."""
    produced: list[int] = []
    gate = asyncio.Event()

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        for number in range(1000):
            produced.append(number)
            yield f"{number} "

    class GatedSink(ListSink):
        async def emit(self, type: str, data: dict[str, object], agent_name: str) -> None:
            await super().emit(type, data, agent_name)
            if len(self.events) == 3:
                reached.set()
                await gate.wait()

    reached = asyncio.Event()
    running = asyncio.create_task(run(make_spec(), FunctionModel(stream_function=stream), sink=GatedSink()))
    async with asyncio.timeout(5):
        await reached.wait()
        for _ in range(200):
            await asyncio.sleep(0)
        assert len(produced) < 20
        gate.set()
        outcome, _ = await running
    assert outcome.text.endswith("999 ")


async def test_the_history_of_one_run_is_where_the_next_begins() -> None:
    first, _ = await run(make_spec(), make_model(["first answer"]))
    model = make_model(["unused"], ["second answer"])
    second, sink = await run(make_spec(), model, history=first.messages_json)
    assert sink.text == second.text == "second answer"
    assert second.messages_json.count("first answer") == 1


async def test_a_run_taken_over_does_not_call_its_finished_tools_again() -> None:
    ledger, context = MemoryLedger(), make_context(None)
    turns: list[list[Piece]] = [
        [call("echo", '{"word": "once"}', 1), call("echo", '{"word": "once"}', 2)],
        ["done"],
    ]
    for _ in range(2):
        _, sink = await run(make_spec("echo"), make_model(*turns), ledger=ledger, context=context)
        blocks = [data["result"]["rows"] for data in sink.of("tool_completed")]
        assert blocks == [[["once"]], [["once"]]]
    assert calls_made == ["once", "once"]
    assert len(ledger.results) == 2


async def test_another_run_does_not_get_the_results() -> None:
    ledger = MemoryLedger()
    for _ in range(2):
        await run(make_spec("echo"), make_model([call("echo", '{"word": "own"}')], ["done"]), ledger=ledger)
    assert calls_made == ["own", "own"]


def test_the_key_of_a_call_does_not_depend_on_the_order_of_its_arguments() -> None:
    run_id = make_context(None).run_id
    one = make_call_key(run_id, "tester", 1, "echo", {"a": 1, "b": [1, 2]})
    assert one == make_call_key(run_id, "tester", 1, "echo", {"b": [1, 2], "a": 1})
    assert one != make_call_key(run_id, "tester", 2, "echo", {"a": 1, "b": [1, 2]})
    assert one != make_call_key(run_id, "tester", 1, "echo", {"a": 1, "b": [2, 1]})


async def test_the_library_calls_every_tool_with_arguments_of_its_schema(small_data: DataHandle) -> None:
    """TestModel makes up arguments from the schema the model sees: tools accept them, or say in words what is wrong."""
    spec = replace(make_spec(), tools=tools_named(*tool_names()), limits=AgentLimits(requests=5))
    outcome, sink = await run(spec, TestModel(), context=make_context(small_data))
    assert outcome.status is RunStatus.COMPLETED
    completed = {data["tool"]: data for data in sink.of("tool_completed")}
    assert sorted(completed) == tool_names() == sorted(tool.name for tool in spec.tools)
    failed = {name: data["error"] for name, data in completed.items() if data["outcome"] != "success"}
    # A made-up word is no statement.
    assert set(failed) <= {"run_sql"}
    assert all("unexpectedly" not in sentence for sentence in failed.values())


def test_docstring_and_types_are_the_schema() -> None:
    schemas = {tool.name: offer_tool(tool).tool_def for tool in tools_named(*tool_names())}
    for definition in schemas.values():
        assert definition.description
        for name, field in definition.parameters_json_schema["properties"].items():
            assert field.get("description"), (definition.name, name)
    filters = schemas["spend_breakdown"].parameters_json_schema["$defs"]["Filters"]
    assert set(filters["properties"]) == {
        *("first_day", "last_day", "models", "providers", "teams", "features", "users", "statuses")
    }
    assert all(field["description"] for field in filters["properties"].values())
    assert "context" not in schemas["spend_breakdown"].parameters_json_schema["properties"]


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("plain", "plain"),
        ("nul\x00", "nul"),
        ("lone \ud83d", "lone \ufffd"),
        ("pair \ud83d\ude00", "pair \U0001f600"),
        ("\U0001f600 whole", "\U0001f600 whole"),
        ("Grüße", "Grüße"),
    ],
)
def test_text_is_cleaned(given: str, cleaned: str) -> None:
    assert clean_text(given) == cleaned
    assert clean_value({given: [given, (given,), 1, None]}) == {cleaned: [cleaned, [cleaned], 1, None]}


def test_make_result_is_what_the_protocol_calls_a_block() -> None:
    data = make_result("x").block.as_data()
    assert set(data) == {"kind", "title", "summary", "columns", "rows", "chart", "source"}
    assert set(data["source"]) == {"dataset", "demo", "sql", "rows_scanned", "price_version"}
