"""Executes one agent from its task to its outcome."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic_ai import Agent, AgentRunResultEvent, CancellationToken, UsageLimits, capture_run_messages
from pydantic_ai import exceptions as library
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.usage import RunUsage

from accounts.errors import NetraError
from agents.engine.attempts import GiveUp, Retry, Switch, next_move
from agents.engine.context import RunContext
from agents.engine.costs import count_tokens, join_usage, list_requests, report_usage
from agents.engine.failures import explain_failure
from agents.engine.narration import Narration
from agents.engine.notes import describe_data
from agents.engine.ports import Ledger, MemoryLedger, Sink
from agents.engine.resting import note_answer, note_fault, require_awake
from agents.engine.specs import AgentSpec, Outcome, RunStatus
from agents.engine.text import clean_text, clean_value
from agents.engine.tools import ToolSession, offer_tool

# Fired from any thread, it ends every run it was given to.
Cancellation = CancellationToken

CANCELLED_SENTENCE = "The run was stopped."
TOOL_RETRIES = 2
MOST_KEPT_AGENTS = 64
LEAST_SECONDS = 0.1
PAUSE_STEP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model an agent may run on: its name, and how to make it once it is needed."""

    name: str
    build: Callable[[], Model]


@dataclass(frozen=True, slots=True)
class Task:
    """What one agent is to do, in which frame, and with what."""

    spec: AgentSpec
    prompt: str
    context: RunContext
    history: str | None = None
    parent: str = ""
    ledger: Ledger = field(default_factory=MemoryLedger)
    seconds: float | None = None
    tokens_left: int | None = None


async def execute(task: Task, sink: Sink, cancellation: Cancellation, models: Sequence[Candidate]) -> Outcome:
    """Runs the agent and emits its steps; every end the library knows becomes an Outcome.

    A model that fails is tried again, or followed by the next one, as `next_move` decides; that is told, and what
    it had streamed is void. A broken sink, a broken ledger or the task's own cancellation is raised.
    """
    narration = Narration(task.spec, sink, ToolSession(task.context, task.ledger, task.spec.name), task.parent)
    started = time.monotonic()
    spent: list[dict[str, Any]] = []
    number, tries = 0, 1
    while True:
        end = await attempt(spend(task, spent), narration, cancellation, models[number], started)
        spent.append(end.outcome.usage)
        move = GiveUp() if end.error is None else next_move(end.error, model=number, models=len(models), tries=tries)
        if isinstance(move, GiveUp) or seconds_left(task, started) <= 0:
            break
        failed = models[number]
        number, tries = (number + 1, 1) if isinstance(move, Switch) else (number, tries + 1)
        await narration.tell_switch(describe_switch(failed, models[number], end.outcome))
        if isinstance(move, Retry):
            await pause(min(move.after_seconds, seconds_left(task, started)), cancellation)
    return replace(
        end.outcome,
        calls=narration.session.calls,
        usage=join_usage(spent),
        seconds=round(time.monotonic() - started, 3),
    )


def spend(task: Task, spent: Sequence[dict[str, Any]]) -> Task:
    """The task with the tokens that earlier tries left of it."""
    if task.tokens_left is None:
        return task
    return replace(task, tokens_left=max(task.tokens_left - count_tokens(spent), 1))


@dataclass(frozen=True, slots=True)
class End:
    """How one try on one model ended; a cancelled one has no error to go on from."""

    outcome: Outcome
    error: Exception | None = None


async def attempt(
    task: Task, narration: Narration, cancellation: Cancellation, candidate: Candidate, started: float
) -> End:
    """One try on one model."""
    usage = RunUsage()
    with capture_run_messages() as messages:
        try:
            require_awake(candidate.name)
            limits = seconds_left(task, started)
            finished, output = await follow(task, narration, cancellation, candidate.build(), usage, limits)
        except (library.AgentRunError, NetraError) as error:
            outcome = describe_end(error, narration, messages, measure(task, candidate, usage, messages))
            if outcome.status is RunStatus.CANCELLED:
                return End(outcome)
            note_fault(candidate.name, outcome.code)
            return End(outcome, error)
    note_answer(candidate.name)
    outcome = Outcome(
        status=RunStatus.COMPLETED,
        text=narration.text,
        messages_json=dump_messages(finished),
        usage=measure(task, candidate, usage, messages),
        output=output if isinstance(output, BaseModel) else None,
    )
    return End(outcome)


def measure(task: Task, candidate: Candidate, usage: RunUsage, messages: Sequence[ModelMessage]) -> dict[str, Any]:
    """What one try used, and what that costs where the model's price is known."""
    provider, _, model = candidate.name.partition(":")
    own = list_requests(messages)[-usage.requests :] if usage.requests else []
    return report_usage(usage, provider, model, task.context.prices, requests=own)


def seconds_left(task: Task, started: float) -> float:
    """How long the agent may still work."""
    return (task.seconds or task.context.limits.time_seconds) - (time.monotonic() - started)


def describe_switch(failed: Candidate, following: Candidate, outcome: Outcome) -> dict[str, object]:
    """The data of model_switched."""
    return {"from": failed.name, "to": following.name, "code": outcome.code, "reason": outcome.sentence}


async def pause(seconds: float, cancellation: Cancellation) -> None:
    """Waits before the next try; a wish to stop ends the waiting."""
    ending = time.monotonic() + seconds
    # The token can be looked at, not waited for.
    while not cancellation.cancelled and (left := ending - time.monotonic()) > 0:  # noqa: ASYNC110
        await asyncio.sleep(min(left, PAUSE_STEP_SECONDS))


async def follow(  # noqa: PLR0917
    task: Task, narration: Narration, cancellation: Cancellation, model: Model, usage: RunUsage, seconds: float
) -> tuple[list[ModelMessage], object]:
    """Tells the agent's events; its messages and its result when it has come to one."""
    limits = UsageLimits(
        request_limit=task.spec.limits.requests,
        tool_calls_limit=task.spec.limits.tool_calls,
        total_tokens_limit=task.tokens_left,
    )
    finished: list[ModelMessage] = []
    output: object = None
    async with offer_agent(task.spec).run_stream_events(
        clean_text(task.prompt),
        model=model,
        instructions=describe_data(task.context),
        message_history=load_messages(task.history),
        deps=narration.session,
        usage=usage,
        usage_limits=limits,
        cancellation_token=cancellation,
        timeout=max(seconds, LEAST_SECONDS),
    ) as events:
        async for event in events:
            if isinstance(event, AgentRunResultEvent):
                finished, output = event.result.all_messages(), event.result.output
            else:
                await narration.tell(event)
    return finished, output


@lru_cache(maxsize=MOST_KEPT_AGENTS)
def offer_agent(spec: AgentSpec) -> Agent[ToolSession, Any]:
    """The library's agent; it holds no state, and making its schemas takes milliseconds of the event loop."""
    return Agent(
        name=spec.name,
        instructions=spec.instructions,
        deps_type=ToolSession,
        output_type=spec.yields or str,
        tools=[offer_tool(tool) for tool in spec.tools],
        retries=TOOL_RETRIES,
    )


def describe_end(
    error: library.AgentRunError | NetraError, narration: Narration, messages: list[ModelMessage], usage: dict[str, Any]
) -> Outcome:
    """A cancelled or failed run, with what it had written so far."""
    cancelled = isinstance(error, library.RunCancelled) and not isinstance(error, library.RunTimedOut)
    code, sentence = ("cancelled", CANCELLED_SENTENCE) if cancelled else explain_failure(error)
    kept = error.all_messages() if isinstance(error, library.RunCancelled) else messages
    return Outcome(
        status=RunStatus.CANCELLED if cancelled else RunStatus.FAILED,
        text=narration.text,
        messages_json=dump_messages(kept),
        usage=usage,
        code=code,
        sentence=sentence,
    )


def load_messages(history: str | None) -> list[ModelMessage]:
    """The messages of the run before, if there was one."""
    return ModelMessagesTypeAdapter.validate_json(history) if history else []


def add_turn(history: str | None, question: str, answer: str) -> str:
    """The conversation with one more question and its answer."""
    turn: list[ModelMessage] = [ModelRequest([UserPromptPart(question)]), ModelResponse([TextPart(answer)])]
    return dump_messages([*load_messages(history), *turn])


def dump_messages(messages: list[ModelMessage]) -> str:
    """All messages of the conversation so far as JSON text that any later run can read."""
    plain = ModelMessagesTypeAdapter.dump_python(messages, mode="json")
    return json.dumps(clean_value(plain), ensure_ascii=False)
