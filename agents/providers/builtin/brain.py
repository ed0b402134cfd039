"""Decides the built-in model's next step: whose part it plays follows from what it is to hand on."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, DeltaThinkingPart, DeltaToolCall

from agents.engine.notes import read_data_facts
from agents.handover import ActionPlan, DataRequest, Findings, Strategies, Verdict
from agents.providers.builtin.acting import plan_actions
from agents.providers.builtin.advising import advise
from agents.providers.builtin.alone import answer_alone
from agents.providers.builtin.asking import ask_for_data
from agents.providers.builtin.finding import find_out
from agents.providers.builtin.reporting import report
from agents.providers.builtin.sorting import sort_question
from agents.providers.builtin.turns import Reply, Turn, read_turn

Piece = str | dict[int, DeltaToolCall] | dict[int, DeltaThinkingPart]
Part = Callable[[Turn], Reply]
THINKING_INDEX: Final = 0
# About a line of text: each piece costs the library and the log the same, however short it is.
CHUNK: Final = re.compile(r"\s*(?:\S+\s*){1,24}")
PARTS: Final[Mapping[str, Part]] = {
    Verdict.__name__: sort_question,
    DataRequest.__name__: ask_for_data,
    Findings.__name__: find_out,
    Strategies.__name__: advise,
    ActionPlan.__name__: plan_actions,
}


async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Piece]:
    """The next response in pieces: thoughts, then tool calls or text."""
    reply, calls = think(messages, info)
    for thought in reply.thoughts:
        yield {THINKING_INDEX: DeltaThinkingPart(content=thought)}
    for number, call in enumerate(calls, start=1):
        yield {number: DeltaToolCall(call.tool_name, call.args_as_json_str(), tool_call_id=call.tool_call_id)}
    for piece in CHUNK.findall(reply.text):
        yield piece


def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The same response in one piece."""
    reply, calls = think(messages, info)
    text = [TextPart(reply.text)] if reply.text else []
    return ModelResponse(parts=[ThinkingPart("".join(reply.thoughts)), *calls, *text])


def think(messages: Sequence[ModelMessage], info: AgentInfo) -> tuple[Reply, list[ToolCallPart]]:
    """The reply of whoever is asked, and its tool calls as the library wants them."""
    known = read_data_facts(info.instructions or "")
    turn = read_turn(messages, known, [tool.name for tool in info.function_tools])
    reply = choose_part(turn, info)(turn)
    begun = len(turn.results)
    calls = [
        ToolCallPart(call.tool, json.dumps(call.arguments), tool_call_id=f"{turn.number}-{number}")
        for number, call in enumerate(reply.calls, start=begun + 1)
    ]
    if reply.output is not None:
        calls.append(ToolCallPart(info.output_tools[0].name, write_output(reply.output), tool_call_id="handed-on"))
    return reply, calls


def choose_part(turn: Turn, info: AgentInfo) -> Part:
    """Whose part is played; an agent nobody knows here, with a text to write, answers with its own tools."""
    if info.output_tools:
        title = str(info.output_tools[0].parameters_json_schema.get("title", ""))
        return PARTS.get(title, hand_on_nothing)
    return answer_alone if turn.handed is None or "verdict" not in turn.handed else report


def hand_on_nothing(turn: Turn) -> Reply:
    """What an agent hands on that has rules of its own is for a real model to fill."""
    return Reply(("I have no rules for what is to be handed on here. ",), output={})


def write_output(output: dict[str, Any]) -> str:
    """What is handed on, as JSON."""
    return json.dumps(output, ensure_ascii=False)
