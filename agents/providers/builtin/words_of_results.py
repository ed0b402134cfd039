"""A tool's result in words: one sentence of what it says, a section with its table, and what limits it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from agents.providers.builtin.anomalies import summarise_anomalies, write_anomalies
from agents.providers.builtin.goals import (
    summarise_goals,
    summarise_growth,
    summarise_plan,
    write_goals,
    write_growth,
)
from agents.providers.builtin.reports import SECTIONS as REPORTED
from agents.providers.builtin.reports import SUMMARIES as SUMMARISED
from agents.providers.builtin.spending import (
    describe_days,
    describe_filters,
    summarise_latency,
    summarise_spend,
    write_breakdown,
    write_latency,
)
from agents.providers.builtin.tables import escape_cell, show_cost, show_ms, write_table
from agents.providers.builtin.trends import summarise_trend, write_trend

Facts = dict[str, Any]
Words = Callable[[Facts], str]
SUMMARIES: Final[dict[str, Words]] = SUMMARISED | {
    "spend_breakdown": summarise_spend,
    "spend_trend": summarise_trend,
    "latency_profile": summarise_latency,
    "anomaly_scan": summarise_anomalies,
    "savings_plan": summarise_plan,
    "growth_forecast": summarise_growth,
    "tradeoff": summarise_goals,
}
SECTIONS: Final[dict[str, Words]] = REPORTED | {
    "spend_breakdown": write_breakdown,
    "spend_trend": write_trend,
    "latency_profile": write_latency,
    "anomaly_scan": write_anomalies,
    "growth_forecast": write_growth,
    "tradeoff": write_goals,
}
ALWAYS_SAY_SOMETHING: Final = frozenset(("price_lookup", "data_gaps"))


def has_rows(tool: str, facts: Facts) -> bool:
    """Whether there is anything to show."""
    if tool == "latency_profile":
        return bool(facts["measured"])
    if tool in ALWAYS_SAY_SOMETHING or "requests" not in facts:
        return True
    return bool(facts["requests"] or facts.get("models") or facts.get("billed"))


def summarise_facts(tool: str, facts: Facts) -> str:
    """One result in a sentence or two; a tool without words of its own brings its sentence along."""
    if not has_rows(tool, facts):
        return write_nothing(facts)
    write = SUMMARIES.get(tool)
    return write(facts) if write else end_sentence(escape_cell(facts.get("summary") or f"{tool} gave a result"))


def end_sentence(text: str) -> str:
    """The text with a full stop."""
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def write_nothing(facts: Facts) -> str:
    """An empty result is an answer, too."""
    named = "" if not facts.get("filters") else f" for {describe_filters(facts)}"
    days = f" {describe_days(facts)}" if "first_day" in facts else ""
    return f"**No rows match**{named}{days}, so there is no figure to show."


def write_section(result: dict[str, Any]) -> str:
    """One result with its table: `result` is a tool call as it was handed on."""
    tool, facts = result["tool"], result["facts"]
    if not has_rows(tool, facts):
        return ""
    write = SECTIONS.get(tool)
    return write(facts) if write else write_block(result)


def write_block(result: dict[str, Any]) -> str:
    """The block of a tool that has no words of its own: its title, its sentence, its table."""
    parts = [f"### {escape_cell(result['title'])}"]
    if result.get("summary"):
        parts.append(end_sentence(escape_cell(result["summary"])))
    columns, rows = result.get("columns", []), result.get("rows", [])
    if rows:
        parts.append(write_rows(columns, rows))
    return "\n\n".join(parts)


def write_rows(columns: list[list[str]], rows: list[list[Any]]) -> str:
    """A table of any columns: texts on the left where they lead, figures with their units."""
    texts = next((index for index in range(len(columns)) if not is_text(index, rows)), len(columns))
    head = [escape_cell(label) for label, _ in columns]
    shown = [[show_cell(cell, unit) for cell, (_, unit) in zip(row, columns, strict=False)] for row in rows]
    # The table escapes its leading texts; a text behind figures is as much somebody's text.
    shown = [row[:texts] + [escape_cell(cell) for cell in row[texts:]] for row in shown]
    return write_table(head, shown, texts)


def is_text(index: int, rows: list[list[Any]]) -> bool:
    """Whether a column holds words."""
    return any(isinstance(row[index], str) for row in rows)


def show_cell(cell: Any, unit: str) -> str:
    """A cell as people read it; a text is escaped where the table does not do so."""
    if cell is None:
        return "-"
    if isinstance(cell, bool | str):
        return str(cell)
    if unit == "USD":
        return show_cost(str(cell))
    if unit == "ms":
        return show_ms(round(cell))
    number = f"{Decimal(str(cell)):,f}"
    return f"{number} %" if unit == "%" else number


def list_limits(facts: Facts) -> Iterator[str]:
    """What a result says against itself: estimates, calls without a price, its own note."""
    if facts.get("estimate"):
        yield f"Cost is an estimate: {facts['estimate_reason']}"
    if facts.get("unpriced_requests"):
        models = ", ".join(escape_cell(name) for name in facts.get("unpriced_models", ()))
        named = f" ({models})" if models else ""
        yield f"{facts['unpriced_requests']:,} requests have no known price{named}; they are not part of any cost"
    if facts.get("failed_left_out"):
        yield "Latency leaves failed calls out"
    if facts.get("retry_cost"):
        yield f"The cost of retries assumes that {facts['retry_assumption']}"
