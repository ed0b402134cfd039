"""Executes one agent run from question to outcome."""

from __future__ import annotations

import json
from typing import Any

from pydantic_ai import Agent, AgentRunResultEvent, CancellationToken, UsageLimits, capture_run_messages
from pydantic_ai import exceptions as library
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.models import Model
from pydantic_ai.usage import RunUsage

from agents.engine.context import RunContext
from agents.engine.failures import explain_failure
from agents.engine.narration import Narration
from agents.engine.notes import describe_data
from agents.engine.ports import Ledger, MemoryLedger, Sink
from agents.engine.specs import AgentSpec, Outcome, RunStatus
from agents.engine.text import clean_text, clean_value
from agents.engine.tools import ToolSession, offer_tool

# Fired from any thread, it ends every run it was given to.
Cancellation = CancellationToken

CANCELLED_SENTENCE = "The run was stopped."
TOOL_RETRIES = 2


async def execute(  # noqa: PLR0917
    spec: AgentSpec,
    question: str,
    history: str | None,
    context: RunContext,
    sink: Sink,
    cancellation: Cancellation,
    *,
    model: Model,
    ledger: Ledger | None = None,
) -> Outcome:
    """Runs the agent and emits its steps; every end the library knows becomes an Outcome.

    A broken sink, a broken ledger or the task's own cancellation is not an end of the run: it is raised.
    """
    narration = Narration(spec, sink, ToolSession(context, ledger or MemoryLedger()))
    usage = RunUsage()
    with capture_run_messages() as messages:
        try:
            finished = await follow(narration, question, history, cancellation, model=model, usage=usage)
        except library.AgentRunError as error:
            return describe_end(error, narration, messages, report_usage(usage, model))
    return Outcome(
        status=RunStatus.COMPLETED,
        text=narration.text,
        messages_json=dump_messages(finished),
        usage=report_usage(usage, model),
    )


async def follow(
    narration: Narration,
    question: str,
    history: str | None,
    cancellation: Cancellation,
    *,
    model: Model,
    usage: RunUsage,
) -> list[ModelMessage]:
    """Tells the run's events; the conversation's messages when it has come to its result."""
    spec, session = narration.spec, narration.session
    limits = UsageLimits(request_limit=spec.limits.requests, tool_calls_limit=spec.limits.tool_calls)
    finished: list[ModelMessage] = []
    async with build_agent(spec, session.context, model).run_stream_events(
        clean_text(question),
        message_history=load_messages(history),
        deps=session,
        usage=usage,
        usage_limits=limits,
        cancellation_token=cancellation,
        timeout=session.context.limits.time_seconds,
    ) as events:
        async for event in events:
            if isinstance(event, AgentRunResultEvent):
                finished = event.result.all_messages()
            else:
                await narration.tell(event)
    return finished


def build_agent(spec: AgentSpec, context: RunContext, model: Model) -> Agent[ToolSession, str]:
    """The library's agent for this run; it is cheap and holds no state."""
    return Agent(
        model,
        name=spec.name,
        instructions=f"{spec.instructions}\n\n{describe_data(context)}",
        deps_type=ToolSession,
        tools=[offer_tool(tool) for tool in spec.tools],
        retries=TOOL_RETRIES,
    )


def describe_end(
    error: library.AgentRunError, narration: Narration, messages: list[ModelMessage], usage: dict[str, Any]
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


def report_usage(usage: RunUsage, model: Model) -> dict[str, Any]:
    """What the run used; tokens and cost only where the provider counted them."""
    counted: dict[str, Any] = {"requests": usage.requests, "tool_calls": usage.tool_calls}
    if model.system == "function":
        return counted
    counted |= {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    counted |= {"cached_read_tokens": usage.cache_read_tokens}
    return counted | {"cost": None if usage.cost is None else str(usage.cost)}


def load_messages(history: str | None) -> list[ModelMessage]:
    """The messages of the run before, if there was one."""
    return ModelMessagesTypeAdapter.validate_json(history) if history else []


def dump_messages(messages: list[ModelMessage]) -> str:
    """All messages of the conversation so far as JSON text that any later run can read."""
    plain = ModelMessagesTypeAdapter.dump_python(messages, mode="json")
    return json.dumps(clean_value(plain), ensure_ascii=False)
