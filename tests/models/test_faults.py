"""A provider that misbehaves: each wire format, each fault, through the real clients to a code and the next move."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from pydantic_ai import UsageLimits
from pydantic_ai import exceptions as library

from agents.engine.attempts import GiveUp, Retry, Switch, next_move
from agents.engine.failures import explain_failure
from tests.models.conftest import SOURCES, Told, ask
from tests.models.replies import (
    Asked,
    BreakOff,
    Call,
    FailInside,
    Fault,
    Filtered,
    Hang,
    Inject,
    Refuse,
    Reply,
    Tokens,
    Truncate,
    say,
)
from tests.models.server import KEY, Brain, ModelServer, always, in_turn

Provider = Callable[[Brain], ModelServer]
pytestmark = pytest.mark.parametrize("source", SOURCES)


async def add(first: int, second: int) -> int:
    """Adds two numbers."""
    return first + second


async def fail(source: str, *tools: Any, told: Told | None = None, limits: UsageLimits | None = None) -> Exception:
    """The error a run ends with."""
    with pytest.raises(library.AgentRunError) as raised:
        await ask(source, *tools, told=told, limits=limits)
    return raised.value


def code_of(error: Exception) -> str:
    return explain_failure(error)[0]


REFUSALS = [
    (Refuse(429, "rate_limit_error", headers={"Retry-After": "4"}), "model_rate_limited", Retry(4.0)),
    (Refuse(429, "rate_limit_error", headers={"Retry-After": "30"}), "model_rate_limited", GiveUp()),
    (Refuse(429, "rate_limit_error"), "model_rate_limited", GiveUp()),
    (Refuse(402, "billing_error"), "model_quota", GiveUp()),
    (Refuse(401, "authentication_error"), "model_key_refused", GiveUp()),
    (Refuse(403, "permission_error"), "model_key_refused", GiveUp()),
    (Refuse(404, "not_found_error", "model_not_found"), "model_not_found", GiveUp()),
    (Refuse(400, "invalid_request_error"), "model_request_rejected", GiveUp()),
    (Refuse(413, "request_too_large"), "model_request_rejected", GiveUp()),
    (Refuse(500, "api_error"), "model_unavailable", Retry(1.0)),
    (Refuse(502, "api_error"), "model_unavailable", Retry(1.0)),
    (Refuse(503, "api_error"), "model_overloaded", Retry(1.0)),
    (Refuse(529, "overloaded_error"), "model_overloaded", Retry(1.0)),
]


@pytest.mark.parametrize(("fault", "code", "move"), REFUSALS)
async def test_an_error_status_has_its_code_and_is_sent_once(
    source: str, provider: Provider, fault: Refuse, code: str, move: object
) -> None:
    server = provider(always(say(fault=fault)))
    error = await fail(source)
    assert code_of(error) == code
    assert len(server.asked) == 1
    assert next_move(error, model=0, models=1, tries=1) == move
    assert next_move(error, model=0, models=2, tries=1) == Switch()


async def test_a_conversation_that_is_too_long_is_told_as_such(source: str, provider: Provider) -> None:
    sentences = {"anthropic": "prompt is too long: 300000 tokens > 200000 maximum"}
    fault = Refuse(400, "invalid_request_error", "context_length_exceeded", sentences.get(source, "too long"))
    provider(always(say(fault=fault)))
    assert code_of(await fail(source)) == "conversation_too_long"


async def test_the_sentence_about_a_rate_limit_says_when_to_retry(source: str, provider: Provider) -> None:
    provider(always(say(fault=Refuse(429, "rate_limit_error", headers={"Retry-After": "30"}))))
    assert explain_failure(await fail(source))[1].endswith("Retry in 30 seconds.")


BROKEN: list[tuple[Fault, str]] = [
    (BreakOff(after=0), "model_cut_off"),
    (BreakOff(after=3), "model_cut_off"),
    (BreakOff(after=3, cleanly=True), "model_cut_off"),
    (Inject(b'data: {"broken": \n\n'), "model_unreadable"),
    (Inject(b'data: {"text": "\xff\xfe"}\n\n'), "model_unreadable"),
    (FailInside("overloaded_error"), "model_overloaded"),
]


@pytest.mark.parametrize(("fault", "code"), BROKEN)
async def test_a_stream_that_breaks_has_its_code_and_one_new_try(
    source: str, provider: Provider, fault: Fault, code: str
) -> None:
    server = provider(always(say("This is the beginning of an answer.", fault=named(fault, source))))
    error = await fail(source)
    assert code_of(error) == code
    assert len(server.asked) == 1
    assert next_move(error, model=0, models=1, tries=1) == Retry(1.0)
    assert next_move(error, model=0, models=1, tries=2) == GiveUp()


def named(fault: Fault, source: str) -> Fault:
    """Anthropic's client reads only events that have a name."""
    if isinstance(fault, Inject) and source == "anthropic":
        return Inject(b"event: content_block_delta\n" + fault.data, fault.after)
    return fault


@pytest.mark.parametrize("data", [b"5", b"null", b'"text"', b"[1, 2]", b"{}", b'{"choices": 3, "type": 4, "delta": 5}'])
async def test_json_of_another_shape_ends_in_an_answer_or_in_a_code(
    source: str, provider: Provider, data: bytes
) -> None:
    provider(always(say("The answer.", fault=named(Inject(b"data: " + data + b"\n\n"), source))))
    told = Told()
    try:
        await ask(source, told=told)
    except library.AgentRunError as error:
        assert code_of(error) == "model_unreadable"  # noqa: PT017
    else:
        assert told.text == "The answer."


@pytest.mark.parametrize("after", [None, 3])
async def test_silence_is_waited_for_only_so_long(
    source: str, provider: Provider, after: int | None, settings: Any
) -> None:
    server = provider(always(say("The beginning of an answer.", fault=Hang(after))))
    settings.MODEL_TIMEOUT_SECONDS = 1
    error = await fail(source)
    assert code_of(error) == "model_timed_out"
    assert len(server.asked) == 1
    assert next_move(error, model=0, models=1, tries=1) == GiveUp()


async def test_a_port_where_nobody_listens_is_told(source: str, provider: Provider, settings: Any) -> None:
    provider(always(say("never")))
    for access in settings.MODEL_SOURCES.values():
        access["url"] = "http://127.0.0.1:1/v1"
    error = await fail(source)
    assert code_of(error) == "model_unavailable"
    assert next_move(error, model=0, models=1, tries=1) == Retry(1.0)


@pytest.mark.parametrize("beginning", ["", "I will not "])
async def test_a_refusal_is_told_whatever_was_written_before(source: str, provider: Provider, beginning: str) -> None:
    parts = [beginning] if beginning else []
    provider(always(say(*parts, fault=Filtered())))
    error = await fail(source)
    assert code_of(error) == "model_refused"
    assert next_move(error, model=0, models=1, tries=1) == GiveUp()


async def test_an_answer_without_a_word_is_asked_for_again_and_then_told(source: str, provider: Provider) -> None:
    server = provider(always(say()))
    assert code_of(await fail(source)) == "model_misbehaved"
    assert len(server.asked) == 3


async def test_no_word_before_the_output_limit_is_told(source: str, provider: Provider) -> None:
    provider(always(say(fault=Truncate())))
    assert code_of(await fail(source)) == "answer_too_long"


async def test_a_tool_nobody_offered_is_named_to_the_model_and_the_run_goes_on(source: str, provider: Provider) -> None:
    server = provider(in_turn(say(Call("subtract", {"first": 1})), say("Without it.")))
    assert (await ask(source, add)).text == "Without it."
    assert "Unknown tool name" in server.asked[1].results[0]


async def test_a_model_that_insists_on_an_unknown_tool_is_stopped(source: str, provider: Provider) -> None:
    provider(always(say(Call("subtract"))))
    error = await fail(source, add)
    assert code_of(error) == "model_tool_misuse"
    assert next_move(error, model=0, models=2, tries=1) == Switch()


async def test_an_endless_loop_of_tools_ends_at_our_limit_and_no_other_model_is_asked(
    source: str, provider: Provider
) -> None:
    def again(asked: Asked) -> Reply:
        return say(Call("add", {"first": len(asked.items), "second": 1}, call_id=f"call_{len(asked.items)}"))

    server = provider(again)
    error = await fail(source, add, limits=UsageLimits(request_limit=4))
    assert code_of(error) == "run_limit"
    assert len(server.asked) == 4
    assert next_move(error, model=0, models=2, tries=1) == GiveUp()


async def test_a_million_tokens_end_at_our_limit(source: str, provider: Provider) -> None:
    provider(always(say("Expensive.", tokens=Tokens(input=1_000_000))))
    told = Told()
    error = await fail(source, told=told, limits=UsageLimits(total_tokens_limit=200_000))
    assert code_of(error) == "token_limit"
    assert told.usage.input_tokens == 1_000_000
    assert next_move(error, model=0, models=2, tries=1) == GiveUp()


LEAKS: list[Fault] = [
    Refuse(401, KEY, KEY, f"Incorrect API key provided: {KEY}", {"X-Echo": KEY}),
    Refuse(400, "invalid_request_error", "x", f"Bearer {KEY} is not allowed"),
    Inject(f'data: {{"key": "{KEY}'.encode() + b"\xff\n\n"),
    FailInside(KEY, f"your key {KEY}"),
    Inject(f'data: {{"key": "{KEY}'.encode() + b"\n\n"),
]


@pytest.mark.parametrize("fault", LEAKS)
async def test_the_key_is_in_no_error_no_sentence_and_no_log(
    source: str, provider: Provider, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider(always(say("The beginning.", fault=named(fault, source))))
    error = await fail(source)
    logging.getLogger("agents").error("run failed", exc_info=error)
    told = [*explain_failure(error), repr(error), str(error), "".join(traceback.format_exception(error))]
    found = [text for text in [*told, caplog.text, *everything_said(error)] if KEY in text]
    assert found == []
    assert any("[key]" in text for text in everything_said(error))


def everything_said(error: BaseException) -> list[str]:
    """All that this error and the ones it came from hold, but for the request that was sent."""
    said: list[str] = []
    current: BaseException | None = error
    while current is not None:
        held = {
            name: value
            for name, value in vars(current).items()
            if not isinstance(value, httpx2.Request | httpx2.Response)
        }
        said.append(json.dumps([str(current), repr(current), held], default=str))
        current = current.__cause__ or current.__context__
    return said
