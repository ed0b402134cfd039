"""Writes what the figures rest on: the data, its days, its prices, and every assumption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from agents.handover import Verdict
from agents.providers.builtin.spending import describe_filters
from agents.providers.builtin.tables import escape_cell
from agents.providers.builtin.words_of_results import end_sentence, list_limits
from agents.usage.questions import Question

MOST_ASSUMPTIONS: Final = 10


def write_basis(verdict: Verdict, results: list[dict[str, Any]]) -> str:
    """The section; nothing where nothing was computed."""
    facts = [result["facts"] for result in results if result["agent"] != "data_helper"]
    if not facts:
        return ""
    lines = list(dict.fromkeys(list_lines(verdict, facts)))
    return "\n".join(["### What this rests on", "", *(f"- {line}" for line in lines)])


def list_lines(verdict: Verdict, facts: list[dict[str, Any]]) -> Iterator[str]:
    """Rows, days, prices, limits, assumptions."""
    about_rows = next((item for item in facts if "dataset" in item), None)
    if about_rows:
        yield describe_data_set(about_rows)
        yield f"Rows: {describe_filters(about_rows)}, {about_rows['first_day']} to {about_rows['last_day']} (UTC)"
    if about_rows and (verdict.entities.counted_from_data or verdict.question is Question.COMPARISON):
        yield f"Relative periods count from the last day of the data, {about_rows['data_last_day']}"
    version = next((item["price_version"] for item in facts if item.get("price_version")), "")
    if version:
        yield f"Cost: US dollars, priced at list prices of {version}; discounts are not known"
    for item in facts:
        yield from list_limits(item)
    yield from list_assumptions(facts)


def list_assumptions(facts: list[dict[str, Any]]) -> list[str]:
    """What the what-ifs assume, each once."""
    found = (text for item in facts for text in item.get("assumptions", ()))
    return [end_sentence(escape_cell(text)) for text in dict.fromkeys(found)][:MOST_ASSUMPTIONS]


def describe_data_set(facts: dict[str, Any]) -> str:
    """The data set and its version, with the demo label."""
    label = ": **demo data, made up**" if facts["demo"] else ""
    return f"Data: {escape_cell(facts['dataset'])}, version {facts['version']}{label}"
