"""What the end of a run tells beside its text: the verdict, charts, recommendations, and what to ask next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from agents.chain.next_questions import suggest_questions
from agents.engine.context import DataHandle
from agents.engine.specs import DoneCall
from agents.handover import Strategies, Verdict

MOST_CHARTS: Final = 3


def describe_details(
    handed: Mapping[type[BaseModel], BaseModel], calls: Sequence[DoneCall], data: DataHandle | None
) -> dict[str, Any]:
    """Everything but the figures."""
    verdict, strategies = handed[Verdict], handed.get(Strategies)
    assert isinstance(verdict, Verdict)
    ranked = strategies.ranked if isinstance(strategies, Strategies) else []
    computed = {item["id"]: (call, item) for call in calls for item in list_strategies(call)}
    return {
        "verdict": {"question": verdict.question.value, "data": verdict.data.value},
        "charts": [call.call_id for call in calls if call.block.get("chart")][:MOST_CHARTS],
        "recommendations": [describe_recommendation(*computed[each.id]) for each in ranked if each.id in computed],
        "questions": suggest_questions(verdict, data),
    }


def list_strategies(call: DoneCall) -> Iterator[dict[str, Any]]:
    """The strategies a result has computed."""
    yield from (item for item in call.facts.get("strategies", ()) if isinstance(item, dict) and "id" in item)


def describe_recommendation(call: DoneCall, strategy: Mapping[str, Any]) -> dict[str, Any]:
    """A recommendation as the page shows it; every figure in it was computed by a tool."""
    saving = strategy.get("saving_30_days") or {}
    return {
        "title": strategy["title"],
        "saving_low": saving.get("low"),
        "saving_high": saving.get("high"),
        "unit": "usd/month",
        "effort": strategy["effort"],
        "risk": strategy["risk"],
        "confidence": strategy["confidence"],
        "why": strategy["why"],
        "verify": strategy["verify"],
        "roll_back": strategy["roll_back"],
        "call_id": call.call_id,
    }
