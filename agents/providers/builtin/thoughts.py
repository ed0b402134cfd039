"""Says, truly and shortly, what the built-in model is about to do."""

from __future__ import annotations

from collections.abc import Sequence

from agents.providers.builtin.turns import Call, Result


def tell_calls(calls: Sequence[Call]) -> tuple[str, ...]:
    """The tools about to be called."""
    return (f"I call {' and '.join(tell_call(call) for call in calls)}.",)


def tell_call(call: Call) -> str:
    """One call in words."""
    if call.tool == "spend_trend":
        split = f", split by {call.arguments['split_by']}" if "split_by" in call.arguments else ""
        return f"{call.tool} by {call.arguments['period']}{split}"
    by = call.arguments.get("by")
    if by:
        return f"{call.tool} by {', '.join([by] if isinstance(by, str) else by)}"
    return f"{call.tool} for {call.arguments['model']}" if "model" in call.arguments else call.tool


def tell_results(results: Sequence[Result]) -> tuple[str, ...]:
    """What came back."""
    failed = [result.tool for result in results if result.facts is None]
    if failed:
        return (f"{', '.join(failed)} gave no result. ", "I go on with the others and say what is missing.")
    return ("All results are in. ", "I hand them on.")
