"""Reads what the model is asked: its task, what was handed to it, and the tool results so far."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolReturnPart, UserPromptPart
from pydantic_ai.messages import ToolCallPart as LibraryCall

from agents.handover import Verdict

HANDOVER_MARK: Final = "HANDOVER: "


@dataclass(frozen=True, slots=True)
class Result:
    """A tool call of this turn: its facts, or the reason there are none."""

    call_id: str
    tool: str
    arguments: dict[str, Any]
    facts: dict[str, Any] | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One task for the model; `handed` is None where a person asks an agent directly."""

    question: str
    number: int
    earlier: tuple[str, ...] = ()
    handed: dict[str, Any] | None = None
    results: tuple[Result, ...] = ()
    known: dict[str, Any] | None = None
    # The tools that were granted, by their names.
    offered: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Triage's verdict, as it was handed on."""
        return Verdict.model_validate((self.handed or {})["verdict"])


@dataclass(frozen=True, slots=True)
class Reply:
    """Thoughts, and either tool calls, what is handed on, or a text."""

    thoughts: tuple[str, ...]
    calls: tuple[Call, ...] = ()
    output: dict[str, Any] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What makes two calls the same."""
        return self.tool, json.dumps(self.arguments, sort_keys=True)


def read_turn(messages: Sequence[ModelMessage], known: dict[str, Any] | None, offered: Sequence[str]) -> Turn:
    """The task since the last prompt, and the questions before it."""
    prompts: list[str] = []
    results: list[Result] = []
    asked: dict[str, LibraryCall] = {}
    for message in messages:
        if isinstance(message, ModelResponse):
            asked |= {part.tool_call_id: part for part in message.parts if isinstance(part, LibraryCall)}
        for part in message.parts if isinstance(message, ModelRequest) else ():
            if isinstance(part, UserPromptPart):
                prompts.append(read_prompt(part))
                results = []
            elif isinstance(part, ToolReturnPart):
                results.append(read_result(part, asked))
    task = prompts[-1] if prompts else ""
    handed = read_handover(task)
    question = task if handed is None else str(handed.get("question", ""))
    return Turn(question, len(prompts), tuple(prompts[:-1]), handed, tuple(results), known, tuple(offered))


def read_prompt(part: UserPromptPart) -> str:
    """The words of a prompt."""
    if isinstance(part.content, str):
        return part.content
    return " ".join(item for item in part.content if isinstance(item, str))


def read_handover(prompt: str) -> dict[str, Any] | None:
    """What another agent handed on; the person's own words are inside of it and never read as one."""
    _, mark, rest = prompt.rpartition(f"\n{HANDOVER_MARK}")
    if not mark or "\n" in rest:
        return None
    handed: dict[str, Any] = json.loads(rest)
    return handed


def read_result(part: ToolReturnPart, asked: dict[str, LibraryCall]) -> Result:
    """One tool's answer."""
    call = asked.get(part.tool_call_id)
    arguments = call.args_as_dict() if call else {}
    if part.outcome == "success" and isinstance(part.content, dict):
        return Result(part.tool_call_id, part.tool_name, arguments, part.content)
    return Result(part.tool_call_id, part.tool_name, arguments, None, part.model_response_str(wrap_if_error=False))
