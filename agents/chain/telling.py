"""What the end of one agent's work tells: its summary, its time, what it handed on."""

from __future__ import annotations

from agents.engine.specs import AgentSpec, Outcome
from agents.handover import ActionPlan, DataRequest, Findings, Strategies, Verdict
from agents.usage.questions import DEMANDS, Sufficiency

DATA_WORDS = {
    Sufficiency.SUFFICIENT: "the data suffices",
    Sufficiency.PARTIAL: "the data answers it in part",
    Sufficiency.NONE: "the data for it is missing",
    Sufficiency.NOT_NEEDED: "no usage data is needed",
}


def describe_end(agent: AgentSpec, outcome: Outcome, *, reused: bool = False) -> dict[str, object]:
    """The data of a finished agent's event."""
    handed = outcome.output
    return {
        "title": agent.title,
        "seconds": outcome.seconds,
        "usage": outcome.usage,
        "summary": summarise_work(outcome),
        "handed": None if handed is None else handed.model_dump(mode="json", exclude_defaults=True),
        "reused": reused,
    }


def summarise_work(outcome: Outcome) -> str:
    """One line of what the agent has come to."""
    match outcome.output:
        case Verdict(question=question, data=data):
            return f"{DEMANDS[question].title} - {DATA_WORDS[data]}"
        case DataRequest(fields=fields):
            return f"Asks for {count(len(fields), 'field')}"
        case Findings(observations=observations):
            return f"{count(len(observations), 'finding')} from {count(len(outcome.calls), 'query', 'queries')}"
        case Strategies(ranked=ranked):
            return f"{count(len(ranked), 'recommendation')}"
        case ActionPlan(steps=steps):
            return f"A plan of {count(len(steps), 'step')}"
        case _:
            return "The answer is written" if outcome.text else ""


def count(number: int, one: str, many: str = "") -> str:
    """`1 step`, `2 steps`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
