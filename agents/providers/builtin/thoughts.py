"""Says, truly and shortly, what the built-in model is about to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.providers.builtin.plans import Call, Plan
from agents.providers.builtin.signs import Intent

ABOUT = {
    Intent.SPEND: "spend",
    Intent.TREND: "the trend of spend",
    Intent.LATENCY: "latency",
    Intent.ERRORS: "failed calls",
    Intent.COMPARISON: "the difference between two periods",
    Intent.PRICES: "prices",
    Intent.MODELS: "models",
    Intent.GAPS: "what the data has and lacks",
}


def tell_plan(plan: Plan, known: dict[str, Any] | None) -> list[str]:
    """The question as understood, the rows it is about, and the tools to call."""
    if plan.intents[0] is Intent.GREETING:
        return ["This is a greeting or a question about me; ", "no figures are needed."]
    if plan.intents[0] is Intent.OTHER:
        return ["I find no question about LLM usage in this; ", "I say what I can do instead."]
    about = " and ".join(ABOUT[intent] for intent in plan.intents)
    if known is None:
        return [
            f"The question is about {about}. ",
            "No data set is chosen, ",
            "so I say which data it needs.",
        ]
    return [f"The question is about {about}. ", tell_rows(plan, known), tell_calls(plan.calls)]


def tell_rows(plan: Plan, known: dict[str, Any]) -> str:
    """The rows the question is about."""
    first = plan.period.get("first_day", known["first_day"])
    last = plan.period.get("last_day", known["last_day"])
    named = [f"{kind}: {', '.join(values)}" for kind, values in plan.names.items()]
    if not named:
        return f"It names no filter besides the period {first} to {last}. "
    return f"It is limited to {'; '.join(named)} in the period {first} to {last}. "


def tell_calls(calls: Sequence[Call]) -> str:
    """The tools about to be called."""
    return f"I call {' and '.join(tell_call(call) for call in calls)}."


def tell_call(call: Call) -> str:
    """One call in words."""
    if call.tool == "spend_trend":
        split = f", split by {call.arguments['split_by']}" if "split_by" in call.arguments else ""
        return f"{call.tool} by {call.arguments['period']}{split}"
    by = call.arguments.get("by")
    if by:
        return f"{call.tool} by {', '.join([by] if isinstance(by, str) else by)}"
    return f"{call.tool} for {call.arguments['model']}" if "model" in call.arguments else call.tool


def tell_results(results: Sequence[tuple[str, Any]]) -> list[str]:
    """What came back."""
    failed = [tool for tool, facts in results if not isinstance(facts, dict)]
    if failed:
        return [
            f"{', '.join(failed)} gave no result. ",
            "I write the answer from the others and say what is missing.",
        ]
    return ["All results are in. ", "I write the answer from them."]
