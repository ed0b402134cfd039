"""The real team with made-up tools and models: what each says is written down, what each is told is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pydantic import BaseModel
from pydantic_ai.messages import ModelMessage, ModelRequest, UserPromptPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaThinkingPart, DeltaToolCall, FunctionModel

from agents.chain import Assignment, lead_team
from agents.chain.prompts import HANDOVER_MARK
from agents.engine.blocks import Block, Chart, Column, Source, ToolResult
from agents.engine.context import DataHandle, DataProfile, RunContext
from agents.engine.ports import Ledger, MemoryLedger
from agents.engine.runs import Cancellation, Candidate
from agents.engine.specs import AgentSpec, AgentTool, Outcome
from agents.handover import (
    ActionPlan,
    DataRequest,
    Findings,
    Observation,
    PlanStep,
    Strategies,
    Strategy,
    Verdict,
    WantedField,
)
from agents.preparation import joins_team
from agents.providers.builtin import build_model
from agents.team import agent_names, find_agent
from agents.usage.questions import Question, Sufficiency
from tests.agents.conftest import ListSink, make_context

Piece = str | dict[int, DeltaToolCall] | dict[int, DeltaThinkingPart] | BaseModel | Exception
Turn = Sequence[Piece]
HANDED_ON = 9
CHECK = "check"
QUESTION = "How do we cut cost by 20 %?"


@dataclass
class Desk:
    """What the made-up tools were asked, and by whom; checks of the answer are kept apart."""

    worked: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def note(self, context: RunContext, word: str) -> None:
        (self.checked if context.remembered_as == CHECK else self.worked).append(word)


desk = Desk()


def make_result(facts: dict[str, Any]) -> ToolResult:
    """A result with a table and a chart."""
    source = Source(dataset="Own", demo=False, sql="SELECT 1", rows_scanned=1, price_version="none")
    columns = (Column("model", "Model"), Column("cost", "Cost", "USD"))
    return ToolResult(
        Block("Title", "Summary", columns, (("gpt-x", 1234.5),), source, Chart("bar", "model", ("cost",))), facts
    )


async def look(context: RunContext, word: str) -> ToolResult:
    """Looks at a word.

    Args:
        word: The word.
    """
    desk.note(context, word)
    return make_result({"cost": "1234.50"})


async def look_slowly(context: RunContext, word: str) -> ToolResult:
    """Looks at a word after whoever was asked beside it.

    Args:
        word: The word.
    """
    for _ in range(100):
        await asyncio.sleep(0)
    return await look(context, word)


async def save(context: RunContext, word: str) -> ToolResult:
    """Finds something to save.

    Args:
        word: The word.
    """
    desk.note(context, word)
    return make_result({"strategies": [STRATEGY]})


async def hang(context: RunContext) -> ToolResult:
    """Never ends."""
    await asyncio.Event().wait()
    raise AssertionError


STRATEGY = {
    "id": "swap-1",
    "title": "Move triage to a smaller model",
    "saving_30_days": {"low": "10.00", "high": "20.00"},
    "effort": "low",
    "risk": "medium",
    "confidence": "high",
    "why": "It is enough.",
    "verify": "Compare.",
    "roll_back": "Switch back.",
}
TOOLS = tuple(AgentTool(f"Title of {function.__name__}", function) for function in (look, look_slowly, save, hang))
WITH_TOOLS = frozenset(("data", "optimization"))
ROWS = DataHandle("own", "Own data", False, 1, (), 10, date(2026, 9, 1), date(2026, 9, 30), DataProfile())
TEXTS_ONLY = replace(ROWS, profile=DataProfile(grains={"bucket": 3}, filled={"team": 0, "feature": 0}))

VERDICT = Verdict(question=Question.CUT_COST, data=Sufficiency.SUFFICIENT)
ANSWER = "We spent $1,234.50 and can save $20.00."


def call(tool: str, word: str = "", index: int = 1, call_id: str = "") -> dict[int, DeltaToolCall]:
    """A tool call; without an id of its own it has the one that every agent's first call has."""
    arguments = json.dumps({"word": word} if word else {})
    return {index: DeltaToolCall(tool, arguments, tool_call_id=call_id or f"id-{index}")}


PLAYS: dict[str, tuple[Turn, ...]] = {
    "triage": ((VERDICT,),),
    "data_helper": ((DataRequest(fields=[WantedField(name="feature", label="Feature", why="To split.")]),),),
    "data": (
        (call("look", "first"), call("look", "second", 2)),
        (call("look", "third", 3),),
        (Findings(observations=[Observation(text="It is a lot.", call_id="id-1")]),),
    ),
    "optimization": (
        (call("save", "first"),),
        (Strategies(ranked=[Strategy(id="swap-1", title="Move triage to a smaller model")]),),
    ),
    "actions": (
        (
            ActionPlan(
                steps=[
                    PlanStep(
                        title="Move", owner="Engineer", effort="low", change="It.", validation="Look.",
                        roll_back="Back.", monitoring="Cost.",
                    )
                ]
            ),
        ),
    ),
    "reporting": (("We spent ", "$1,234.50 and ", "can save $20.00."),),
}  # fmt: skip


@dataclass
class Players:
    """The models of the team by the agents' names, and the prompts they got."""

    plays: Mapping[str, Sequence[Turn]]
    prompts: dict[str, list[str]] = field(default_factory=dict)

    def play(self, name: str) -> Model:
        """This agent's model: one turn a request, the last one again and again."""

        async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
            self.prompts.setdefault(name, []).append(last_prompt(messages))
            turns = self.plays[name]
            for piece in turns[min(count_responses(messages), len(turns) - 1)]:
                if isinstance(piece, Exception):
                    raise piece
                yield hand_on(piece, info) if isinstance(piece, BaseModel) else piece

        return FunctionModel(stream_function=stream, model_name=name)

    def handed_to(self, name: str) -> dict[str, Any]:
        """The JSON in the first prompt of this agent."""
        facts: dict[str, Any] = json.loads(self.prompts[name][0].rpartition(HANDOVER_MARK)[2])
        return facts


def hand_on(output: BaseModel, info: AgentInfo) -> dict[int, DeltaToolCall]:
    """The call with which an agent ends that hands something on."""
    return {HANDED_ON: DeltaToolCall(info.output_tools[0].name, output.model_dump_json(), tool_call_id="handed-on")}


def count_responses(messages: list[ModelMessage]) -> int:
    """How often this agent has been answered since its last prompt."""
    begun = max(index for index, message in enumerate(messages) if find_prompts(message))
    return sum(message.kind == "response" for message in messages[begun:])


def find_prompts(message: ModelMessage) -> list[str]:
    """The prompts in a message."""
    parts = message.parts if isinstance(message, ModelRequest) else ()
    return [str(part.content) for part in parts if isinstance(part, UserPromptPart)]


def last_prompt(messages: list[ModelMessage]) -> str:
    """What the agent was told last."""
    return [prompt for message in messages for prompt in find_prompts(message)][-1]


@dataclass
class TeamSink(ListSink):
    """Keeps whose each event is, too; may break at one of them, as a worker that is killed would."""

    agents: list[str] = field(default_factory=list)
    breaks_at: int | None = None
    heard: Callable[[str, dict[str, Any], str], None] = lambda *_: None

    async def emit(self, type: str, data: dict[str, object], agent_name: str) -> None:
        """Keeps one event."""
        if len(self.events) == self.breaks_at:
            raise ConnectionError("the worker is dead")
        await super().emit(type, data, agent_name)
        self.agents.append(agent_name)
        self.heard(type, data, agent_name)

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Beginnings and ends as (agent, what)."""
        marks = {"agent_started": "started", "agent_completed": "completed", "agent_failed": "failed"}
        return [
            (agent, marks[kind]) for agent, (kind, _) in zip(self.agents, self.events, strict=True) if kind in marks
        ]

    def about(self, agent: str, type: str) -> list[dict[str, Any]]:
        """The data of one agent's events of a type."""
        named = zip(self.agents, self.events, strict=True)
        return [data for name, (kind, data) in named if (name, kind) == (agent, type)]


def make_team() -> tuple[AgentSpec, ...]:
    """The agents that work for netra; those who look at rows do it with the made-up tools."""
    return tuple(replace(agent, tools=TOOLS) if agent.name in WITH_TOOLS else agent for agent in real_team())


def real_team(name: str = "", **changes: Any) -> tuple[AgentSpec, ...]:
    """The agents that work for netra as they are, but for what is changed about one of them."""
    team = [agent for each in agent_names() if joins_team(agent := find_agent(each))]
    return tuple(replace(agent, **changes) if agent.name == name else agent for agent in team)


async def lead(
    players: Players,
    *,
    sink: TeamSink | None = None,
    context: RunContext | None = None,
    ledger: Ledger | None = None,
    cancellation: Cancellation | None = None,
    history: str | None = None,
    team: tuple[AgentSpec, ...] | None = None,
    models_of: Callable[[AgentSpec], Sequence[Candidate]] | None = None,
) -> tuple[Outcome, TeamSink]:
    """One run of the team."""
    kept = sink or TeamSink()

    def cast(spec: AgentSpec) -> Sequence[Candidate]:
        return [Candidate("builtin", lambda: players.play(spec.name))]

    assignment = Assignment(
        lead=find_agent("netra"),
        team=team or make_team(),
        question=QUESTION,
        history=history,
        context=context or make_context(ROWS),
        ledger=ledger or MemoryLedger(),
        models_of=models_of or cast,
    )
    return await lead_team(assignment, kept, cancellation or Cancellation()), kept


def built_in_but(name: str, model: Model) -> Callable[[AgentSpec], Sequence[Candidate]]:
    """The built-in model for everybody but one."""
    return lambda spec: [Candidate("builtin", lambda: model if spec.name == name else build_model())]
