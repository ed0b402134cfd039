"""What an agent is, and how its run ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agents.engine.blocks import ToolResult

ToolFunction = Callable[..., Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a tool needs of the data: rows of one of these grains (none named: any), and each column filled somewhere.

    `status|error` is satisfied by either of the two. `topic` names what the tool is about in a sentence.
    """

    topic: str = "this"
    grains: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentTool:
    """A tool: an async function whose first parameter is the RunContext, and its title for people.

    The function's docstring and types are the schema the model sees.
    """

    title: str
    function: ToolFunction
    needs: Needs = field(default_factory=Needs)

    @property
    def name(self) -> str:
        """The name the model calls it by."""
        return self.function.__name__


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """How much one run of the agent may do."""

    requests: int = 12
    tool_calls: int = 24


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent of the team."""

    name: str
    title: str
    instructions: str
    tools: tuple[AgentTool, ...] = ()
    limits: AgentLimits = field(default_factory=AgentLimits)
    model: str = "builtin"


class RunStatus(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run: its text so far, why it ended, what it used, and its messages as JSON text."""

    status: RunStatus
    text: str
    messages_json: str
    usage: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    sentence: str = ""
