"""Decides the built-in model's next step from the messages since the last user prompt."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, DeltaThinkingPart, DeltaToolCall

from agents.engine.notes import read_data_facts
from agents.providers.builtin.answers import write_answer
from agents.providers.builtin.phrases import NO_DATA, write_greeting, write_other
from agents.providers.builtin.plans import Plan, plan_answer
from agents.providers.builtin.signs import Intent
from agents.providers.builtin.thoughts import tell_plan, tell_results

Piece = str | dict[int, DeltaToolCall] | dict[int, DeltaThinkingPart]
THINKING_INDEX = 0
CHUNK = re.compile(r"\s*(?:\S+\s*){1,6}")


async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Piece]:
    """The next response in pieces: thoughts, then tool calls or text."""
    response = think(messages, info)
    for thought in response.thoughts:
        yield {THINKING_INDEX: DeltaThinkingPart(content=thought)}
    for number, call in enumerate(response.calls, start=1):
        yield {number: DeltaToolCall(call.tool_name, call.args_as_json_str(), tool_call_id=call.tool_call_id)}
    for piece in CHUNK.findall(response.text):
        yield piece


def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The same response in one piece."""
    response = think(messages, info)
    text = [TextPart(response.text)] if response.text else []
    return ModelResponse(parts=[ThinkingPart("".join(response.thoughts)), *response.calls, *text])


class Response:
    """Thoughts, and either tool calls or the answer's text."""

    def __init__(self, thoughts: Sequence[str], calls: Sequence[ToolCallPart] = (), text: str = "") -> None:
        self.thoughts = list(thoughts)
        self.calls = list(calls)
        self.text = text


def think(messages: Sequence[ModelMessage], info: AgentInfo) -> Response:
    """Plans on the first step, answers on the second."""
    question, turn, results = read_turn(messages)
    known = read_data_facts(info.instructions or "")
    plan = plan_answer(question, known)
    if not plan.calls or known is None:
        return Response(tell_plan(plan, known), text=write_without_tools(plan, known))
    if results:
        return Response(tell_results(results), text=write_answer(plan, results, known))
    calls = [
        ToolCallPart(call.tool, json.dumps(call.arguments), tool_call_id=f"call-{turn}-{number}")
        for number, call in enumerate(plan.calls, start=1)
    ]
    return Response(tell_plan(plan, known), calls=calls)


def write_without_tools(plan: Plan, known: dict[str, Any] | None) -> str:
    """The answer where there is nothing to compute."""
    if plan.intents[0] is Intent.GREETING:
        return write_greeting(known)
    if plan.intents[0] is Intent.OTHER:
        return write_other(known)
    return NO_DATA


def read_turn(messages: Sequence[ModelMessage]) -> tuple[str, int, list[tuple[str, Any]]]:
    """The last question, its number in the conversation, and the tool results since then."""
    question, turn = "", 0
    results: list[tuple[str, str, Any]] = []
    for part in (part for message in messages if isinstance(message, ModelRequest) for part in message.parts):
        if isinstance(part, UserPromptPart):
            question, turn, results = read_prompt(part), turn + 1, []
        elif isinstance(part, ToolReturnPart):
            done = part.outcome == "success" and isinstance(part.content, dict)
            content = part.content if done else part.model_response_str(wrap_if_error=False)
            results.append((part.tool_call_id, part.tool_name, content))
    # Parallel calls may finish in any order; the answer follows the order they were asked in.
    ordered = sorted(results, key=lambda result: (len(result[0]), result[0]))
    return question, turn, [(tool, content) for _, tool, content in ordered]


def read_prompt(part: UserPromptPart) -> str:
    """The text of a user prompt."""
    content = part.content
    if isinstance(content, str):
        return content
    return " ".join(item for item in content if isinstance(item, str))
