"""One agent that was asked by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.engine.ports import Sink
from agents.engine.runs import Cancellation, Candidate, Task, execute
from agents.engine.specs import Outcome, RunStatus
from agents.figures.verifying import Answer, check_figures


async def answer_alone(
    task: Task, question: str, sink: Sink, cancellation: Cancellation, models: Sequence[Candidate]
) -> Outcome:
    """The agent's answer with its figures checked; its steps are the run's own."""
    outcome = await execute(task, sink, cancellation, models)
    if outcome.status is not RunStatus.COMPLETED:
        return outcome
    tools = {tool.name: tool for tool in task.spec.tools}
    answer = Answer(outcome.text, question, outcome.calls, tools, data=task.context.data)
    return replace(outcome, details={"figures": await check_figures(task.context, answer)})
