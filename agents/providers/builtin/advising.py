"""Plays the optimization agent: has the savings computed, and ranks what they are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from agents.handover import Strategies, Strategy
from agents.providers.builtin.advice_plans import plan_advice
from agents.providers.builtin.thoughts import tell_calls, tell_results
from agents.providers.builtin.turns import Reply, Result, Turn
from agents.usage.questions import Question

MOST_RANKED: Final = 6
# What a question is about in particular stands first.
FIRST_KINDS: Final = {
    Question.MODEL_CHANGE: ("rollback",),
    Question.JUMP: ("rollback",),
    Question.CACHING: ("response_cache", "prompt_cache", "batch"),
}


def advise(turn: Turn) -> Reply:
    """The calls that compute strategies, then the strategies in their order."""
    granted = [call for call in plan_advice(turn.verdict, turn.known) if call.tool in turn.offered]
    if granted and not turn.results:
        return Reply(tell_calls(granted), calls=tuple(granted))
    found = Strategies(ranked=rank(turn), left_out=list_left_out(turn.results))
    return Reply(tell_results(turn.results), output=found.model_dump(mode="json", exclude_defaults=True))


def rank(turn: Turn) -> list[Strategy]:
    """Each strategy once, as its tool ranks it; what the question is about in particular before the others."""
    first = FIRST_KINDS.get(turn.verdict.question, ())
    found: dict[str, tuple[Result, dict[str, Any]]] = {}
    for result, item in list_strategies(turn.results):
        found.setdefault(item["id"], (result, item))
    ordered = sorted(found.values(), key=lambda pair: pair[1]["kind"] not in first)
    worth = [pair for pair in ordered if saves(pair[1])] or ordered[:1]
    return [
        Strategy(id=item["id"], call_id=result.call_id, title=item["title"], why=item["why"])
        for result, item in worth[:MOST_RANKED]
    ]


def list_strategies(results: tuple[Result, ...]) -> Iterator[tuple[Result, dict[str, Any]]]:
    """Every strategy that a tool has computed."""
    for result in results:
        for item in (result.facts or {}).get("strategies", ()):
            yield result, item


def saves(strategy: dict[str, Any]) -> bool:
    """Whether it may save anything at all."""
    return Decimal(strategy["saving"]["high"]) > 0


def list_left_out(results: tuple[Result, ...]) -> list[str]:
    """What was left out, and why; tools without a result."""
    left = [
        f"{item['title']}: {item['reason']}" for result in results for item in (result.facts or {}).get("left_out", ())
    ]
    failed = [f"{result.tool}: {result.reason}" for result in results if result.facts is None]
    return list(dict.fromkeys((*left, *failed)))
