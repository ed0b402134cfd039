"""Agents that finished before their worker died: found again, and told again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from agents.chain.telling import describe_end
from agents.engine.ports import Ledger, Sink
from agents.engine.specs import AgentSpec, DoneCall, Outcome, RunStatus


async def record_work(ledger: Ledger, agent: AgentSpec, outcome: Outcome) -> None:
    """Keeps what a finished agent has done."""
    work: dict[str, Any] = {
        "text": outcome.text,
        "output": None if outcome.output is None else outcome.output.model_dump(mode="json"),
        "usage": outcome.usage,
        "seconds": outcome.seconds,
        "calls": [asdict(call) for call in outcome.calls],
    }
    await ledger.record_agent(agent.name, work)


async def recall_work(ledger: Ledger, agent: AgentSpec) -> Outcome | None:
    """The outcome of an agent that finished in an earlier attempt of this run."""
    work = await ledger.find_agent(agent.name)
    if work is None:
        return None
    output = None if agent.yields is None else agent.yields.model_validate(work["output"])
    return Outcome(
        status=RunStatus.COMPLETED,
        text=work["text"],
        messages_json="[]",
        usage=work["usage"],
        output=output,
        calls=tuple(DoneCall(**call) for call in work["calls"]),
        seconds=work["seconds"],
    )


async def tell_again(
    sink: Sink, agent: AgentSpec, outcome: Outcome, parent: str, further: Mapping[str, object]
) -> None:
    """The agent's steps once more: what the former attempt told is discarded, its results are not."""
    steps: list[tuple[str, dict[str, Any]]] = [("agent_started", {"title": agent.title, "model": ""})]
    for call in outcome.calls:
        steps += tell_call(call)
    if agent.yields is None:
        steps.append(("message_delta", {"delta": outcome.text, "part": 0}))
    steps.append(("agent_completed", describe_end(agent, outcome, reused=True) | dict(further)))
    for type, data in steps:
        await sink.emit(type, data | {"parent": parent}, agent.name)


def tell_call(call: DoneCall) -> list[tuple[str, dict[str, Any]]]:
    """A finished call as its two events."""
    named = {"call_id": call.call_id, "tool": call.tool, "title": call.title}
    return [
        ("tool_executing", named | {"arguments": call.arguments}),
        ("tool_completed", named | {"outcome": "success", "seconds": call.seconds, "result": call.block}),
    ]
