"""One run of the team, from the question to its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import BaseModel

from agents.chain.details import describe_details
from agents.chain.order import find_yielding, order_team
from agents.chain.prompts import write_prompt
from agents.chain.reuse import recall_work, record_work, tell_again
from agents.chain.telling import describe_end
from agents.engine.context import RunContext
from agents.engine.costs import count_tokens, join_usage
from agents.engine.ports import Ledger, Sink
from agents.engine.runs import Cancellation, Candidate, Task, add_turn, execute
from agents.engine.specs import AgentSpec, DoneCall, Outcome, RunStatus
from agents.figures.verifying import Answer, check_figures
from agents.handover import Verdict
from agents.usage.questions import judge_data

EMPTY_CODE: Final = "empty_answer"
EMPTY_SENTENCE: Final = "The model wrote no answer. Retry, or choose another model."
SHARE_FOR_THE_ANSWER: Final = 0.2
MOST_FOR_THE_ANSWER_SECONDS: Final = 30.0
LEAST_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the team is to do, and with what."""

    lead: AgentSpec
    team: tuple[AgentSpec, ...]
    question: str
    history: str | None
    context: RunContext
    ledger: Ledger
    models_of: Callable[[AgentSpec], Sequence[Candidate]]


@dataclass(slots=True)
class Progress:
    """How far the team is: what was handed on, which tool calls stand behind it, and what is lacking."""

    handed: dict[type[BaseModel], BaseModel] = field(default_factory=dict)
    calls: list[DoneCall] = field(default_factory=list)
    lacking: list[dict[str, str]] = field(default_factory=list)
    usage_of: dict[str, dict[str, Any]] = field(default_factory=dict)

    def count(self, agent: AgentSpec, outcome: Outcome) -> None:
        """Counts what the agent used."""
        self.usage_of[agent.name] = outcome.usage | {"seconds": outcome.seconds}

    @property
    def usage(self) -> dict[str, Any]:
        """What the agents used together, and each of them."""
        return join_usage(self.usage_of.values()) | {"agents": self.usage_of}

    @property
    def tokens(self) -> int:
        """Tokens of all agents so far."""
        return count_tokens(self.usage_of.values())


class RunEnded(Exception):
    """The run is over before its answer: it was stopped, or somebody it cannot do without failed."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.code)


async def lead_team(assignment: Assignment, sink: Sink, cancellation: Cancellation) -> Outcome:
    """The team's answer; who fails on the way is told to the one who writes it."""
    team = TeamRun(assignment, sink, cancellation)
    try:
        answer = await team.work()
    except RunEnded as end:
        return replace(end.outcome, usage=team.progress.usage, messages_json="[]")
    return replace(
        answer,
        usage=team.progress.usage,
        details=await team.describe_answer(answer.text),
        messages_json=add_turn(assignment.history, assignment.question, answer.text),
    )


class TeamRun:
    """The agents of one run, one after the other."""

    def __init__(self, assignment: Assignment, sink: Sink, cancellation: Cancellation) -> None:
        self.assignment = assignment
        self.sink = sink
        self.cancellation = cancellation
        self.progress = Progress()
        self.deadline = time.monotonic() + assignment.context.limits.time_seconds

    async def work(self) -> Outcome:
        """Triage, then whoever its verdict asks for; the last one's outcome is the run's."""
        triage = find_yielding(self.assignment.team, Verdict)
        await self.let_work(triage)
        verdict = self.progress.handed[Verdict]
        assert isinstance(verdict, Verdict)
        outcome: Outcome | None = None
        for agent in order_team(self.assignment.team, verdict.course):
            outcome = await self.let_work(agent)
        assert outcome is not None, "every course ends with somebody who speaks"
        return outcome

    async def describe_answer(self, text: str) -> dict[str, Any]:
        """What the end of the run tells beside the text: its figures checked, and what the page makes of it."""
        progress, assignment = self.progress, self.assignment
        verdict = progress.handed[Verdict]
        answer = Answer(
            text=text,
            question=assignment.question,
            calls=tuple(progress.calls),
            tools={tool.name: tool for agent in assignment.team for tool in agent.tools},
            asked=verdict.model_dump(mode="json"),
            data=assignment.context.data,
        )
        figures = await check_figures(assignment.context, answer)
        return {"figures": figures} | describe_details(progress.handed, progress.calls, assignment.context.data)

    async def let_work(self, agent: AgentSpec) -> Outcome | None:
        """One agent's part; None when it could not do it, which the answer will say."""
        unmet = [kind.__name__ for kind in agent.needs if kind not in self.progress.handed]
        if unmet:
            self.note_lack(agent, "what it builds on is missing")
            return None
        done = await recall_work(self.assignment.ledger, agent)
        if done is None:
            return await self.let_begin(agent)
        await tell_again(self.sink, agent, done, self.assignment.lead.name, self.name_following(done))
        self.keep(agent, done)
        return done

    async def let_begin(self, agent: AgentSpec) -> Outcome | None:
        """The agent works; its end is told."""
        models = self.assignment.models_of(agent)
        begun = {"title": agent.title, "model": models[0].name}
        await self.tell("agent_started", agent, begun)
        outcome = await execute(self.describe_task(agent), self.sink, self.cancellation, models)
        outcome = settle_verdict(refuse_empty(agent, outcome), self.assignment.context)
        if outcome.status is RunStatus.COMPLETED:
            await record_work(self.assignment.ledger, agent, outcome)
            await self.tell("agent_completed", agent, describe_end(agent, outcome) | self.name_following(outcome))
            self.keep(agent, outcome)
            return outcome
        self.progress.count(agent, outcome)
        if outcome.status is RunStatus.CANCELLED:
            raise RunEnded(outcome)
        failed = {"title": agent.title, "code": outcome.code, "message": outcome.sentence}
        await self.tell("agent_failed", agent, failed)
        if agent.mandatory:
            raise RunEnded(outcome)
        self.progress.calls += outcome.calls
        self.note_lack(agent, outcome.sentence)
        return None

    def name_following(self, outcome: Outcome) -> dict[str, object]:
        """Once triage has decided, who is going to work."""
        if not isinstance(outcome.output, Verdict):
            return {}
        following = order_team(self.assignment.team, outcome.output.course)
        return {"next": [{"name": agent.name, "title": agent.title} for agent in following]}

    def describe_task(self, agent: AgentSpec) -> Task:
        """What the agent is told, and how long it may take."""
        progress, assignment = self.progress, self.assignment
        return Task(
            spec=agent,
            prompt=write_prompt(agent, assignment.question, progress.handed, progress.calls, progress.lacking),
            context=assignment.context,
            history=assignment.history if agent.reads_history else None,
            parent=assignment.lead.name,
            ledger=assignment.ledger,
            seconds=self.seconds_for(agent),
            tokens_left=self.tokens_left(),
        )

    def seconds_for(self, agent: AgentSpec) -> float:
        """What is left of the run, without the part that is kept for the answer."""
        whole = self.assignment.context.limits.time_seconds
        kept = 0.0 if agent.yields is None else min(SHARE_FOR_THE_ANSWER * whole, MOST_FOR_THE_ANSWER_SECONDS)
        left = max(self.deadline - time.monotonic() - kept, LEAST_SECONDS)
        return min(left, agent.limits.seconds or left)

    def tokens_left(self) -> int | None:
        """What is left of the run's tokens."""
        most = self.assignment.context.limits.model_tokens
        return None if most is None else max(most - self.progress.tokens, 1)

    def keep(self, agent: AgentSpec, outcome: Outcome) -> None:
        """What the agent hands on is there for those behind it."""
        if outcome.output is not None:
            self.progress.handed[type(outcome.output)] = outcome.output
        self.progress.calls += outcome.calls
        self.progress.count(agent, outcome)

    def note_lack(self, agent: AgentSpec, sentence: str) -> None:
        """What the answer has to do without."""
        self.progress.lacking.append({"agent": agent.name, "title": agent.title, "sentence": sentence})

    async def tell(self, type: str, agent: AgentSpec, data: Mapping[str, object]) -> None:
        """One event of an agent's work."""
        await self.sink.emit(type, {**data, "parent": self.assignment.lead.name}, agent.name)


def settle_verdict(outcome: Outcome, context: RunContext) -> Outcome:
    """A verdict with the data judged by its rows: what they can prove is no matter of opinion."""
    verdict = outcome.output
    if not isinstance(verdict, Verdict):
        return outcome
    profile = None if context.data is None else context.data.profile
    judged = judge_data(verdict.question, verdict.entities.metric, profile)
    settled = verdict.model_copy(update={"data": judged.data, "missing": list(judged.missing)})
    return replace(outcome, output=settled)


def refuse_empty(agent: AgentSpec, outcome: Outcome) -> Outcome:
    """An answer without a word is none."""
    if agent.yields is None and outcome.status is RunStatus.COMPLETED and not outcome.text.strip():
        return replace(outcome, status=RunStatus.FAILED, code=EMPTY_CODE, sentence=EMPTY_SENTENCE)
    return outcome
