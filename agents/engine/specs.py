"""What an agent is, and how its run ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

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
    """How much one run of the agent may do; `seconds` 0: as long as the run may take."""

    requests: int = 12
    tool_calls: int = 24
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent of the team.

    `yields` is what it hands on (None: a text for people), `needs` what it cannot work without, `uses` what it takes
    along if there is any. `joins` names the courses of a run it takes part in; an agent that names none works alone.
    """

    name: str
    title: str
    instructions: str
    tools: tuple[AgentTool, ...] = ()
    limits: AgentLimits = field(default_factory=AgentLimits)
    model: str = ""
    fallbacks: tuple[str, ...] = ()
    yields: type[BaseModel] | None = None
    needs: tuple[type[BaseModel], ...] = ()
    uses: tuple[type[BaseModel], ...] = ()
    joins: frozenset[str] = frozenset()
    mandatory: bool = False
    # Leads the team instead of asking a model itself.
    leads: bool = False
    # Reads the conversation so far, not only its task.
    reads_history: bool = False


class RunStatus(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DoneCall:
    """A tool call that gave a result: what was asked, by whom, and the block and facts that came back."""

    call_id: str
    agent: str
    tool: str
    title: str
    arguments: dict[str, Any]
    block: dict[str, Any]
    facts: dict[str, Any]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an agent's work: its text so far, what it hands on, why it ended, and its messages as JSON text."""

    status: RunStatus
    text: str
    messages_json: str
    usage: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    sentence: str = ""
    output: BaseModel | None = None
    calls: tuple[DoneCall, ...] = ()
    seconds: float = 0.0
    # What the end of the run tells beside its text: figures, charts, recommendations, questions.
    details: dict[str, Any] = field(default_factory=dict)
