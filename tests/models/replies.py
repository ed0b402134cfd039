"""What the made-up provider is to answer: parts of an answer, its usage, and how it misbehaves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Thinking:
    """A piece of reasoning."""

    text: str


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Call:
    """A tool call."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    call_id: str = ""


Part = Thinking | Text | Call


@dataclass(frozen=True)
class Tokens:
    """What the provider says it counted; the classes do not overlap."""

    input: int = 11
    cached: int = 0
    written: int = 0
    output: int = 7
    reasoning: int = 0


@dataclass(frozen=True)
class Refuse:
    """An error status instead of an answer."""

    status: int
    type: str = ""
    code: str | None = None
    message: str = "made-up refusal"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BreakOff:
    """The stream ends after so many events: with a dead connection, or cleanly, as proxies do it."""

    after: int = 3
    cleanly: bool = False


@dataclass(frozen=True)
class Hang:
    """Nothing more is sent after so many events; none: not even the status line comes."""

    after: int | None = None


@dataclass(frozen=True)
class Inject:
    """These bytes stand in the stream after so many events, and the stream goes on behind them."""

    data: bytes
    after: int = 2


@dataclass(frozen=True)
class Filtered:
    """The answer ends as one that a content filter stopped."""


@dataclass(frozen=True)
class FailInside:
    """The stream tells an error after so many events."""

    type: str = "overloaded_error"
    message: str = "made-up failure"
    after: int = 3


@dataclass(frozen=True)
class Truncate:
    """The answer ends at the model's own output limit."""


Fault = Refuse | BreakOff | Hang | Inject | Filtered | FailInside | Truncate


@dataclass(frozen=True)
class Reply:
    """One answer of the provider."""

    parts: tuple[Part, ...] = ()
    tokens: Tokens | None = field(default_factory=Tokens)
    fault: Fault | None = None


def say(*parts: Part | str, tokens: Tokens | None = Tokens(), fault: Fault | None = None) -> Reply:
    """An answer of these parts; a plain text is a part of the answer."""
    made = tuple(Text(part) if isinstance(part, str) else part for part in parts)
    return Reply(made, tokens, fault)


@dataclass(frozen=True)
class Asked:
    """One request as every wire format means it."""

    format: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def model(self) -> str:
        """The model that is asked."""
        return str(self.body["model"])

    @property
    def tools(self) -> list[str]:
        """The tools on offer."""
        named = [tool.get("function", tool) for tool in self.body.get("tools") or []]
        return [str(tool["name"]) for tool in named]

    @property
    def items(self) -> list[dict[str, Any]]:
        """The conversation as it was sent."""
        found: list[dict[str, Any]] = self.body.get("messages") or self.body.get("input") or []
        return found

    @property
    def results(self) -> list[str]:
        """What the tools gave back since the last question, in the order of the conversation."""
        found: list[str] = []
        for item in self.items:
            if item.get("role") == "tool":
                found.append(as_text(item["content"]))
            elif item.get("type") == "function_call_output":
                found.append(as_text(item["output"]))
            elif item.get("role") == "user":
                blocks = item["content"] if isinstance(item["content"], list) else []
                given = [as_text(block["content"]) for block in blocks if block.get("type") == "tool_result"]
                found = found + given if given else []
        return found

    @property
    def text(self) -> str:
        """Everything that was sent."""
        return json.dumps(self.body, ensure_ascii=False)


def as_text(content: Any) -> str:
    """Content of any of the formats as text."""
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content)
