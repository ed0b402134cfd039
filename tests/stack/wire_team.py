"""A well-behaved model on the other side of the wire: plays every agent of the team from what it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from agents.engine.notes import read_data_facts
from agents.providers.builtin.acting import plan_actions
from agents.providers.builtin.advising import advise
from agents.providers.builtin.asking import ask_for_data
from agents.providers.builtin.finding import find_out
from agents.providers.builtin.reporting import report
from agents.providers.builtin.sorting import sort_question
from agents.providers.builtin.turns import Reply as Played
from agents.providers.builtin.turns import Result, Turn, read_handover
from agents.team import find_agent
from tests.models.replies import Asked, Call, Fault, Part, Reply, Text, Thinking, as_text, say
from tests.models.server import Brain

HAND_ON: Final = "final_result"
CUT: Final = "\n[cut here:"
PARTS: Final[dict[str, Callable[[Turn], Played]]] = {
    "triage": sort_question,
    "data_helper": ask_for_data,
    "data": find_out,
    "optimization": advise,
    "actions": plan_actions,
    "reporting": report,
}


def play(asked: Asked) -> Reply:
    """The next answer of whoever is asked."""
    played = PARTS[agent_of(asked)](read_turn(asked))
    parts: list[Part] = [Thinking("".join(played.thoughts))]
    parts += [Call(call.tool, dict(call.arguments)) for call in played.calls]
    if played.output is not None:
        parts.append(Call(HAND_ON, played.output))
    if played.text:
        parts.append(Text(played.text))
    return say(*parts)


def play_but(agent: str, brain: Brain) -> Brain:
    """Plays everybody but one agent."""
    return lambda asked: brain(asked) if agent_of(asked) == agent else play(asked)


def spoil(fault: Fault) -> Brain:
    """The answer that would have been right, with a fault."""
    return lambda asked: replace(play(asked), fault=fault)


def agent_of(asked: Asked) -> str:
    """Whose instructions were sent."""
    text = read_instructions(asked)
    return next(name for name in PARTS if find_agent(name).instructions in text)


def read_instructions(asked: Asked) -> str:
    """What stands above the conversation, wherever the format has it."""
    above = asked.body.get("instructions") or asked.body.get("system")
    if above:
        # The part that stays the same is a block of its own, so that it can be cached.
        return above if isinstance(above, str) else "\n".join(block["text"] for block in above)
    return "\n".join(as_text(item["content"]) for item in asked.items if item.get("role") in ("system", "developer"))


def read_turn(asked: Asked) -> Turn:
    """What an agent is asked, as it stands on the wire."""
    prompt = [text for item in asked.items for text in read_prompt(item)][-1]
    handed = read_handover(prompt)
    assert handed is not None, prompt
    results = tuple(read_results(asked))
    known = read_data_facts(read_instructions(asked))
    return Turn(handed["question"], 1, (), handed, results, known, tuple(asked.tools))


def read_prompt(item: dict[str, Any]) -> list[str]:
    """The words of a person's turn."""
    if item.get("role") != "user":
        return []
    content = item["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts = [block["text"] for block in blocks if block["type"] in ("text", "input_text")]
    return ["".join(texts)] if texts else []


def read_results(asked: Asked) -> Iterator[Result]:
    """What the tools gave back, with what they were asked."""
    calls = {call_id: (name, arguments) for item in asked.items for call_id, name, arguments in read_calls(item)}
    for call_id, text in (pair for item in asked.items for pair in read_outputs(item)):
        name, arguments = calls[call_id]
        yield Result(call_id, name, arguments, read_facts(text))


def read_calls(item: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Tool calls of one item, in any of the formats."""
    if item.get("type") == "function_call":
        yield item["call_id"], item["name"], json.loads(item["arguments"])
    for call in item.get("tool_calls") or ():
        yield call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])
    for block in blocks_of(item, "tool_use"):
        yield block["id"], block["name"], block["input"]


def read_outputs(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Tool results of one item, in any of the formats."""
    if item.get("type") == "function_call_output":
        yield item["call_id"], as_text(item["output"])
    elif item.get("role") == "tool":
        yield item["tool_call_id"], as_text(item["content"])
    for block in blocks_of(item, "tool_result"):
        yield block["tool_use_id"], as_text(block["content"])


def blocks_of(item: dict[str, Any], type: str) -> list[dict[str, Any]]:
    """The blocks of this type in an item's content."""
    content = item.get("content")
    return [block for block in content if block.get("type") == type] if isinstance(content, list) else []


def read_facts(text: str) -> dict[str, Any]:
    """The facts of a result; of one that was cut, the strategies that came whole."""
    if CUT not in text:
        facts: dict[str, Any] = json.loads(text)
        return facts
    return {"strategies": list(read_whole(text.partition('"strategies":')[2].lstrip(" [")))}


def read_whole(text: str) -> Iterator[dict[str, Any]]:
    """The objects at the beginning of a list that ends in the middle of one."""
    decoder = json.JSONDecoder()
    while text.startswith("{"):
        try:
            found, end = decoder.raw_decode(text)
        except ValueError:
            return
        yield found
        text = text[end:].lstrip(", ")
