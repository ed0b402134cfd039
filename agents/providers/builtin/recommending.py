"""Writes recommendations and the plan: each saving a range, with effort, risk, how to check it and how to undo it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from agents.handover import Verdict
from agents.providers.builtin.tables import escape_cell, show_cost, show_ms, write_table
from agents.providers.builtin.words_of_results import end_sentence
from agents.usage.questions import Question

Handed = dict[str, Any]
NOTHING_FOUND: Final = "### Recommendations\n\nNo change was found that would save on these rows."
MOST_LEFT_OUT: Final = 4


def list_ranked(handed: Handed) -> list[dict[str, Any]]:
    """The computed strategies behind the recommendations, in their order."""
    computed = {
        item["id"]: item for result in handed.get("results", ()) for item in result["facts"].get("strategies", ())
    }
    ranked = handed.get("strategies", {}).get("ranked", ())
    return [computed[item["id"]] for item in ranked if item["id"] in computed]


def summarise_advice(verdict: Verdict, handed: Handed) -> str:
    """The best change in one sentence."""
    ranked = list_ranked(handed)
    if not ranked or verdict.question in (Question.CUT_COST, Question.QUICK_WINS, Question.TRADEOFF):
        return ""
    return f"The first thing to change: **{escape_cell(ranked[0]['title'])}**, which {say_saving(ranked[0])}."


def say_saving(strategy: dict[str, Any]) -> str:
    """The saving as a range; a change that costs more says so."""
    low, high = (strategy["saving_30_days"][end] for end in ("low", "high"))
    share = f"{strategy['saving']['low_percent']} % to {strategy['saving']['high_percent']} % of the cost"
    if Decimal(high) <= 0:
        return f"costs {show_cost(negate(high))} to {show_cost(negate(low))} more in 30 days ({share})"
    return f"saves {show_cost(low)} to {show_cost(high)} in 30 days ({share})"


def negate(amount: str) -> str:
    """The amount with the other sign."""
    return format(-Decimal(amount), "f")


def write_recommendations(handed: Handed) -> str:
    """All recommendations, ranked."""
    if "strategies" not in handed and not any(
        result["agent"] == "optimization" for result in handed.get("results", ())
    ):
        return ""
    ranked = list_ranked(handed)
    if not ranked:
        return NOTHING_FOUND
    parts = [
        "### Recommendations",
        *(write_recommendation(number, item) for number, item in enumerate(ranked, start=1)),
    ]
    left_out = handed.get("strategies", {}).get("left_out", ())
    if left_out:
        # A heading ends the list before it, also for readers that take a plain line as part of its last item.
        parts += ["### Left out, among others" if len(left_out) > MOST_LEFT_OUT else "### Left out"]
        parts += ["\n".join(f"- {end_sentence(escape_cell(item))}" for item in left_out[:MOST_LEFT_OUT])]
    return "\n\n".join(parts)


def write_recommendation(number: int, strategy: dict[str, Any]) -> str:
    """One of them with everything needed to decide."""
    saving = say_saving(strategy)
    lines = [
        f"{number}. **{escape_cell(strategy['title'])}** {saving}. Effort: {strategy['effort']}."
        f" Risk: {strategy['risk']}. Confidence: {strategy['confidence']}.",
        f"   - Why: {end_sentence(escape_cell(strategy['why']))}",
    ]
    if words := say_latency(strategy["latency"]):
        lines.append(f"   - Latency: {words}")
    lines += [
        f"   - Verify: {end_sentence(escape_cell(strategy['verify']))}",
        f"   - Roll back: {end_sentence(escape_cell(strategy['roll_back']))}",
    ]
    return "\n".join(lines)


def say_latency(latency: dict[str, Any]) -> str:
    """What happens to p95, as far as it was measured."""
    before, after, note = latency["p95_before_ms"], latency["p95_after_ms"], latency["note"]
    if before is not None and after is not None and before != after:
        return (
            f"p95 from {show_ms(before)} to {show_ms(after)}. {end_sentence(escape_cell(note)) if note else ''}".strip()
        )
    return end_sentence(escape_cell(note)) if note else ""


def write_plan(handed: Handed, *, in_full: bool) -> str:
    """The steps in their order; a report has them with checks, roll-back and what to watch."""
    steps = handed.get("plan", {}).get("steps", ())
    if not steps:
        return ""
    rows = [[item["title"], item["owner"], item["effort"], item["change"]] for item in steps]
    parts = ["### Plan", "In this order:", write_table(["What", "Who", "Effort", "Change"], rows, 4)]
    if in_full:
        risks = [[item["title"], item["validation"], item["roll_back"]] for item in steps]
        parts += ["### Risks and roll-back", write_table(["What", "How to check it", "How to undo it"], risks, 3)]
    parts.append(f"Watch: {steps[0]['monitoring']}")
    return "\n\n".join(parts)
