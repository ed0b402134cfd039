"""Plays an agent that is asked by itself: its own question, its own tools, an answer from their results."""

from __future__ import annotations

from typing import Any

from agents.handover import Verdict
from agents.providers.builtin.advice_plans import plan_advice
from agents.providers.builtin.data_plans import plan_data
from agents.providers.builtin.reporting import report
from agents.providers.builtin.tables import escape_cell
from agents.providers.builtin.thoughts import tell_calls
from agents.providers.builtin.triage import judge_question
from agents.providers.builtin.turns import Call, Reply, Result, Turn
from agents.providers.builtin.words_of_results import end_sentence
from agents.usage.questions import TALK


def answer_alone(turn: Turn) -> Reply:
    """Calls what it may for the question; a single tool without a required argument is called whatever is asked."""
    verdict = judge_question(turn.question, turn.earlier, turn.known)
    if not turn.results:
        calls = choose_calls(turn, verdict)
        if calls:
            return Reply(tell_calls(calls), calls=calls)
    handed = {
        "verdict": verdict.model_dump(mode="json"),
        "results": [hand_on(result) for result in turn.results if result.facts is not None],
        "findings": {"quality": [f"{item.tool}: {item.reason}" for item in turn.results if item.facts is None]},
    }
    if turn.results and verdict.question in TALK:
        return Reply(("I write down what the tools said.",), text=write_plainly(turn))
    return report(Turn(turn.question, turn.number, handed=handed, results=turn.results, known=turn.known))


def choose_calls(turn: Turn, verdict: Verdict) -> tuple[Call, ...]:
    """The planned calls as far as they were granted; else the only tool there is."""
    planned = plan_data(verdict, turn.known) + (
        plan_advice(verdict, turn.known) if verdict.question not in TALK else ()
    )
    granted = tuple(call for call in planned if call.tool in turn.offered)
    return granted or (tuple(Call(name) for name in turn.offered) if len(turn.offered) == 1 else ())


def hand_on(result: Result) -> dict[str, Any]:
    """A result in the shape in which agents hand results on."""
    facts = result.facts or {}
    return {
        "agent": "alone",
        "call_id": result.call_id,
        "tool": result.tool,
        "title": result.tool,
        "arguments": result.arguments,
        "summary": facts.get("summary", ""),
        "facts": facts,
    }


def write_plainly(turn: Turn) -> str:
    """What the tools said, in their own words."""
    said = [str((result.facts or {}).get("summary") or result.reason or result.tool) for result in turn.results]
    return "\n\n".join(end_sentence(escape_cell(text)) for text in said) + "\n"
