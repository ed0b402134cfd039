"""Asks the whole team a question in this process, and keeps everything it told and did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from agents.chain import Assignment, lead_team
from agents.engine.context import DataHandle, RunContext
from agents.engine.ports import MemoryLedger
from agents.engine.runs import Cancellation, Candidate
from agents.engine.specs import AgentSpec, Outcome, RunStatus
from agents.handover import Entities, Verdict
from agents.preparation import joins_team
from agents.providers import model_for
from agents.team import agent_names, find_agent
from tests.agents.conftest import ListSink, make_context

Models = Callable[[AgentSpec], Sequence[Candidate]]
TEAM = tuple(spec for spec in map(find_agent, agent_names()) if joins_team(spec))
GRANTS = {spec.name: {tool.name for tool in spec.tools} for spec in TEAM}


def built_in(_: AgentSpec) -> Sequence[Candidate]:
    """The model that needs no key, for everybody."""
    return models_named("builtin")


def models_named(*names: str) -> tuple[Candidate, ...]:
    """Models by their names, the first one first."""
    return tuple(Candidate(name, partial(model_for, name)) for name in names)


@dataclass
class NamedSink(ListSink):
    """Keeps what a run emits, and under whose name."""

    agents: list[str] = field(default_factory=list)

    async def emit(self, type: str, data: dict[str, object], agent_name: str) -> None:
        """Keeps one event."""
        await super().emit(type, data, agent_name)
        self.agents.append(agent_name)

    def of_agents(self, type: str) -> list[tuple[str, dict[str, Any]]]:
        """The events of a type, each with the name it came under."""
        named = zip(self.agents, self.events, strict=True)
        return [(agent, data) for agent, (kind, data) in named if kind == type]


class OpenLedger(MemoryLedger):
    """A ledger that can be read: every result any tool gave in the run."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[Recorded] = []

    async def record(
        self, call_key: str, tool: str, arguments: dict[str, Any], result: dict[str, Any], seconds: float
    ) -> None:
        """Keeps a result, also in the order they came."""
        await super().record(call_key, tool, arguments, result, seconds)
        self.recorded.append(Recorded(tool, arguments, result["facts"], result["block"]))


@dataclass(frozen=True)
class Recorded:
    """One tool call that gave a result."""

    tool: str
    arguments: dict[str, Any]
    facts: dict[str, Any]
    block: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One question and everything that came of it."""

    question: str
    data: DataHandle | None
    outcome: Outcome
    sink: NamedSink
    ledger: OpenLedger

    @property
    def text(self) -> str:
        """The answer."""
        return self.outcome.text

    @property
    def details(self) -> dict[str, Any]:
        """What the end of the run tells beside the text."""
        return self.outcome.details

    @property
    def chain(self) -> list[str]:
        """The agents in the order in which they began."""
        return [agent for agent, _ in self.sink.of_agents("agent_started")]

    @property
    def verdict(self) -> Verdict:
        """What triage handed on."""
        ends = dict(self.sink.of_agents("agent_completed"))
        return Verdict.model_validate(ends["triage"]["handed"])

    @property
    def entities(self) -> Entities:
        """What triage found the question to name."""
        return self.verdict.entities

    @property
    def requested(self) -> list[dict[str, Any]]:
        """The fields the data helper asked for."""
        ends = dict(self.sink.of_agents("agent_completed"))
        handed = ends.get("data_helper", {}).get("handed") or {}
        return list(handed.get("fields", []))

    @property
    def tried(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Every tool call that was made: by whom, which tool, with what; whether or not it gave a result."""
        return [(agent, data["tool"], data["arguments"]) for agent, data in self.sink.of_agents("tool_executing")]

    @property
    def failed_tools(self) -> list[tuple[str, str]]:
        """The tools that gave no result, and why."""
        ends = self.sink.of("tool_completed")
        return [(data["tool"], data.get("error", "")) for data in ends if data["outcome"] != "success"]

    @property
    def tools(self) -> set[str]:
        """The tools that gave a result."""
        return {call.tool for call in self.ledger.recorded}

    def facts_of(self, tool: str) -> dict[str, Any]:
        """The facts of this tool's first result."""
        return next(call.facts for call in self.ledger.recorded if call.tool == tool)

    def all_facts(self, tool: str) -> list[dict[str, Any]]:
        """The facts of all results of this tool."""
        return [call.facts for call in self.ledger.recorded if call.tool == tool]

    @property
    def strategies(self) -> list[dict[str, Any]]:
        """Every strategy any tool computed."""
        return [item for call in self.ledger.recorded for item in call.facts.get("strategies", [])]


async def ask_team(
    question: str,
    data: DataHandle | None,
    history: str | None = None,
    models: Models = built_in,
    context: RunContext | None = None,
) -> Asked:
    """One run of the team over this data."""
    sink, ledger = NamedSink(), OpenLedger()
    frame = context or make_context(data)
    assignment = Assignment(find_agent("netra"), TEAM, question, history, frame, ledger, models)
    outcome = await lead_team(assignment, sink, Cancellation())
    return Asked(question, data, outcome, sink, ledger)


async def ask_in_turn(questions: Sequence[str], data: DataHandle | None) -> list[Asked]:
    """A conversation: each question knows what was said before it."""
    history: str | None = None
    turns: list[Asked] = []
    for question in questions:
        turns.append(await ask_team(question, data, history))
        if turns[-1].outcome.status is RunStatus.COMPLETED:
            history = turns[-1].outcome.messages_json
    return turns
