"""Plays the data agent: asks the tools what the rows say, and hands on what they said."""

from __future__ import annotations

from agents.handover import Findings, Observation
from agents.providers.builtin.data_plans import plan_data, plan_further
from agents.providers.builtin.thoughts import tell_calls, tell_results
from agents.providers.builtin.turns import Call, Reply, Result, Turn
from agents.providers.builtin.words_of_results import list_limits, summarise_facts


def find_out(turn: Turn) -> Reply:
    """The calls the question needs, those that follow from them, and then what they found."""
    planned = plan_data(turn.verdict, turn.known) if not turn.results else further(turn)
    granted = [call for call in planned if call.tool in turn.offered]
    if granted:
        return Reply(tell_calls(granted), calls=tuple(granted))
    findings = Findings(
        observations=[observe(result) for result in turn.results if result.facts is not None],
        quality=list_quality(turn.results),
    )
    return Reply(tell_results(turn.results), output=findings.model_dump(mode="json", exclude_defaults=True))


def further(turn: Turn) -> tuple[Call, ...]:
    """What follows from the results, if anything does and it was not asked yet."""
    asked = {Call(result.tool, result.arguments).key for result in turn.results}
    if turn.known is None:
        return ()
    return tuple(call for call in plan_further(turn.verdict, turn.known, turn.results) if call.key not in asked)


def observe(result: Result) -> Observation:
    """One result in a sentence."""
    assert result.facts is not None
    return Observation(text=summarise_facts(result.tool, result.facts)[:2000], call_id=result.call_id)


def list_quality(results: tuple[Result, ...]) -> list[str]:
    """What limits the figures: tools without a result, estimates, calls without a price."""
    failed = [f"{result.tool}: {result.reason}" for result in results if result.facts is None]
    limits = [limit for result in results if result.facts is not None for limit in list_limits(result.facts)]
    return list(dict.fromkeys((*failed, *limits)))
