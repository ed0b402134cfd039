"""Plays the data helper: asks for exactly the fields that the question lacks."""

from __future__ import annotations

from typing import Final

from agents.handover import DataRequest, WantedField
from agents.providers.builtin.thoughts import tell_calls
from agents.providers.builtin.turns import Call, Reply, Turn
from agents.usage.questions import DEMANDS, Sufficiency

GAPS: Final = "data_gaps"


def ask_for_data(turn: Turn) -> Reply:
    """What the data lacks is looked up, then asked for."""
    verdict = turn.verdict
    if not turn.results and GAPS in turn.offered:
        metric = {} if verdict.entities.metric is None else {"metric": verdict.entities.metric.value}
        calls = (Call(GAPS, {"question": verdict.question.value} | metric),)
        return Reply(tell_calls(calls), calls=calls)
    described = {item["name"]: item for result in turn.results for item in (result.facts or {}).get("missing", ())}
    fields = [
        WantedField(name=name, label=item["field"], why=item["why"], sources=item["sources"])
        for name in verdict.missing
        if (item := described.get(name))
    ]
    title = DEMANDS[verdict.question].title
    without = f"Without them there is no answer to: {title}" if verdict.data is Sufficiency.NONE else ""
    request = DataRequest(fields=fields, without=without)
    named = ", ".join(field.label for field in fields)
    return Reply((f"I ask for what is missing: {named}.",), output=request.model_dump(mode="json"))
