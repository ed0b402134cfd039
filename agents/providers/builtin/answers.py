"""Writes the answer in Markdown; every figure in it is one of the tools' facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.providers.builtin.phrases import BEYOND_REACH, write_next
from agents.providers.builtin.plans import Plan
from agents.providers.builtin.reports import SECTIONS, SUMMARIES
from agents.providers.builtin.signs import Intent
from agents.providers.builtin.tables import escape_cell, show_cost, show_ms, write_table
from agents.providers.builtin.trends import summarise_trend, write_trend

Facts = dict[str, Any]
MOST_SHOWN = 12
DEMO_LABEL = "*Demo data: made up, for trying Netra.*"
NEXT_BY_INTENT = {
    Intent.SPEND: "Which feature costs the most?",
    Intent.TREND: "How does spend trend by week?",
    Intent.LATENCY: "Which models are slowest at p95?",
    Intent.ERRORS: "Which errors do we get, by provider?",
    Intent.COMPARISON: "Compare last week with the week before.",
    Intent.GAPS: "What is missing in my data?",
}


def write_answer(plan: Plan, results: Sequence[tuple[str, Facts | str]], known: Facts) -> str:
    """Summary, figures, assumptions, next questions; a failed tool is named with its reason."""
    finished = [(tool, facts) for tool, facts in results if isinstance(facts, dict)]
    failed = [(tool, reason) for tool, reason in results if isinstance(reason, str)]
    parts = [DEMO_LABEL if known["demo"] else "", summarise(plan, finished)]
    if plan.wants_more:
        parts.append(BEYOND_REACH)
    parts += [write_section(plan, tool, facts) for tool, facts in finished if has_rows(tool, facts)]
    parts += [f"**{tool} gave no result:** {escape_cell(reason)}" for tool, reason in failed]
    if finished:
        parts.append(write_assumptions(plan, [facts for _, facts in finished]))
    if finished and not any(has_rows(tool, facts) for tool, facts in finished):
        parts.append(write_known_names(known))
    parts.append(write_next(choose_next(plan)))
    return "\n\n".join(part for part in parts if part) + "\n"


def has_rows(tool: str, facts: Facts) -> bool:
    """Whether there is anything to show."""
    if tool == "latency_profile":
        return bool(facts["measured"])
    if tool in ("price_lookup", "data_gaps"):
        return True
    return bool(facts["requests"] or facts.get("models") or facts.get("billed"))


def summarise(plan: Plan, results: Sequence[tuple[str, Facts]]) -> str:
    """The answer in one paragraph."""
    if not results:
        return "None of the tools gave a result, so there is no figure to show."
    if not any(has_rows(tool, facts) for tool, facts in results):
        return write_nothing(results[0][1])
    sentences: list[str] = []
    seen: set[str] = set()
    for tool, facts in results:
        if tool not in seen and has_rows(tool, facts):
            seen.add(tool)
            sentences.append(summarise_result(tool, facts))
    return " ".join(sentences)


def write_nothing(facts: Facts) -> str:
    """An empty result is an answer, too."""
    named = "" if not facts["filters"] else f" for {describe_filters(facts)}"
    return f"**No rows match**{named} {describe_days(facts)}, so there is no figure to show."


def summarise_result(tool: str, facts: Facts) -> str:
    """One result in a sentence or two."""
    if tool in SUMMARIES:
        return SUMMARIES[tool](facts)
    if tool == "spend_trend":
        return summarise_trend(facts)
    return summarise_latency(facts) if tool == "latency_profile" else summarise_spend(facts)


def summarise_spend(facts: Facts) -> str:
    """The total, its largest group, and what was billed."""
    top = facts["groups"][0]
    share = f", {top['share_percent']} % of it" if top["share_percent"] else ""
    billed = " and ".join(f"{item['cost']} {escape_cell(item['currency'])}" for item in facts["billed"])
    return (
        f"**{show_cost(facts['cost'])}** went into {facts['requests']:,} requests {describe_days(facts)}"
        f" ({describe_filters(facts)}). The most expensive {' and '.join(facts['by'])} is"
        f" {name_of(top, facts['by'])} with {show_cost(top['cost'])}{share}."
        f"{f' Billed were {billed}.' if billed else ''}"
    )


def summarise_latency(facts: Facts) -> str:
    """The overall percentiles and the slowest group."""
    slowest = facts["groups"][0]
    return (
        f"Half of {facts['measured']:,} measured calls finish within **{show_ms(facts['p50_ms'])}**,"
        f" 95 % within **{show_ms(facts['p95_ms'])}** ({describe_filters(facts)}). The slowest"
        f" {' and '.join(facts['by'])} at p95 is {name_of(slowest, facts['by'])}"
        f" with {show_ms(slowest['p95_ms'])}."
    )


def write_section(plan: Plan, tool: str, facts: Facts) -> str:
    """One result with its table."""
    if tool in SECTIONS:
        return SECTIONS[tool](facts)
    if tool == "spend_trend":
        return write_trend(facts)
    if tool == "latency_profile":
        return write_latency(facts)
    return write_breakdown(facts, with_failures=Intent.ERRORS in plan.intents)


def write_breakdown(facts: Facts, *, with_failures: bool) -> str:
    """Groups with cost, share, requests and tokens."""
    names = [name.capitalize() for name in facts["by"]]
    head = [*names, "Cost", "Share", "Requests", "Input", "Cached", "Output", "Reasoning"]
    head += ["Failed", "Failed %"] if with_failures else []
    rows = []
    for group in facts["groups"][:MOST_SHOWN]:
        tokens = group["tokens"]
        row = [
            *(group[name] for name in facts["by"]),
            show_cost(group["cost"]),
            show_percent(group["share_percent"]),
        ]
        row += [
            f"{group['requests']:,}",
            *(f"{tokens[name]:,}" for name in ("input", "cached_read", "output", "reasoning")),
        ]
        row += [f"{group['failed_requests']:,}", show_percent(group["failed_percent"])] if with_failures else []
        rows.append(row)
    title = f"### Spend by {' and '.join(facts['by'])}"
    return f"{title}\n\n{write_table(head, rows, len(names))}{write_rest(facts)}"


def write_latency(facts: Facts) -> str:
    """Groups with percentiles."""
    names = [name.capitalize() for name in facts["by"]]
    head = [*names, "Calls", "Mean", "p50", "p95", "p99", "First token p50", "First token p95"]
    measures = ("mean_ms", "p50_ms", "p95_ms", "p99_ms", "first_token_p50_ms", "first_token_p95_ms")
    rows = [
        [
            *(group[name] for name in facts["by"]),
            f"{group['measured']:,}",
            *(show_ms(group[name]) for name in measures),
        ]
        for group in facts["groups"][:MOST_SHOWN]
    ]
    title = f"### Latency by {' and '.join(facts['by'])}"
    return f"{title}\n\n{write_table(head, rows, len(names))}{write_rest(facts)}"


def write_rest(facts: Facts) -> str:
    """Says that groups are left out of the table; the totals include them."""
    if facts["groups_total"] <= min(facts["groups_shown"], MOST_SHOWN):
        return ""
    return f"\n\nThe table shows the first of {facts['groups_total']:,} groups; the totals include all of them."


def write_assumptions(plan: Plan, results: Sequence[Facts]) -> str:
    """What the figures rest on."""
    facts = next((item for item in results if "dataset" in item), None)
    lines = describe_rows(plan, facts) if facts else []
    lines.append(f"Cost: US dollars, priced at list prices of {results[0]['price_version']}; discounts are not known")
    estimate = next((item["estimate_reason"] for item in results if item.get("estimate")), None)
    if estimate:
        lines.append(f"Cost is an estimate: {estimate}")
    unpriced = next((item for item in results if item.get("unpriced_requests")), None)
    if unpriced:
        lines.append(describe_unpriced(unpriced))
    if any(item.get("failed_left_out") for item in results):
        lines.append("Latency leaves failed calls out")
    retries = next((item["retry_assumption"] for item in results if item.get("retry_cost")), None)
    if retries:
        lines.append(f"The cost of retries assumes that {retries}")
    return "\n".join(["### What this rests on", "", *(f"- {line}" for line in lines)])


def describe_rows(plan: Plan, facts: Facts) -> list[str]:
    """The data, its rows and how its period was found."""
    lines = [
        describe_data_set(facts),
        f"Rows: {describe_filters(facts)}, {facts['first_day']} to {facts['last_day']} (UTC)",
    ]
    if plan.counted or Intent.COMPARISON in plan.intents:
        lines.append(f"Relative periods count from the last day of the data, {facts['data_last_day']}")
    if plan.widened:
        lines.append("The weeks around the day you named are included, so that there is a level before and after it")
    return lines


def describe_data_set(facts: Facts) -> str:
    """The data set and its version, with the demo label."""
    label = ": **demo data, made up**" if facts["demo"] else ""
    return f"Data: {escape_cell(facts['dataset'])}, version {facts['version']}{label}"


def describe_unpriced(facts: Facts) -> str:
    """Calls without a known price, which no sum includes."""
    models = ", ".join(escape_cell(name) for name in facts.get("unpriced_models", ()))
    named = f" ({models})" if models else ""
    return f"{facts['unpriced_requests']:,} requests have no known price{named}; they are not part of any cost"


def write_known_names(known: Facts) -> str:
    """What could have been asked about."""
    lines = [f"The data covers {known['first_day']} to {known['last_day']}."]
    for kind in ("teams", "features", "models", "providers"):
        if known.get(kind):
            lines.append(f"{kind.capitalize()}: {', '.join(escape_cell(name) for name in known[kind])}.")
    return "\n\n".join(lines)


def describe_days(facts: Facts) -> str:
    """The period in words."""
    return f"from {facts['first_day']} to {facts['last_day']}"


def describe_filters(facts: Facts) -> str:
    """The filters in words."""
    if not facts["filters"]:
        return "all rows of the period"
    named = (f"{name} {', '.join(escape_cell(value) for value in values)}" for name, values in facts["filters"].items())
    return "; ".join(named)


def name_of(group: Facts, by: Sequence[str]) -> str:
    """A group's name."""
    return " / ".join(f"**{escape_cell(group[name])}**" for name in by)


def show_percent(value: str | None) -> str:
    """A percentage, or a dash where it is unknown."""
    return "-" if value is None else f"{value} %"


def choose_next(plan: Plan) -> tuple[str, ...]:
    """Questions about what was not asked."""
    return tuple(question for intent, question in NEXT_BY_INTENT.items() if intent not in plan.intents)[:3]
