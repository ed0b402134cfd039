"""Writes about spend and latency; every figure is one of the tools' facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.providers.builtin.tables import escape_cell, show_cost, show_ms, write_table

Facts = dict[str, Any]
MOST_SHOWN = 12


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
        f"The typical (p50) of {facts['measured']:,} measured calls takes **{show_ms(facts['p50_ms'])}**,"
        f" a slow one (p95) **{show_ms(facts['p95_ms'])}** ({describe_filters(facts)}). The slowest"
        f" {' and '.join(facts['by'])} at p95 is {name_of(slowest, facts['by'])}"
        f" with {show_ms(slowest['p95_ms'])}."
    )


def write_breakdown(facts: Facts) -> str:
    """Groups with cost, share, requests and tokens."""
    names = [name.capitalize() for name in facts["by"]]
    head = [*names, "Cost", "Share", "Requests", "Input", "Cached", "Output", "Reasoning"]
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


def name_of(group: Facts, by: Sequence[str]) -> str:
    """A group's name."""
    return " / ".join(f"**{escape_cell(group[name])}**" for name in by)


def show_percent(value: str | None) -> str:
    """A percentage, or a dash where it is unknown."""
    return "-" if value is None else f"{value} %"


def describe_days(facts: Facts) -> str:
    """The period in words."""
    return f"from {facts['first_day']} to {facts['last_day']}"


def describe_filters(facts: Facts) -> str:
    """The filters in words."""
    if not facts["filters"]:
        return "all rows of the period"
    named = (f"{name} {', '.join(escape_cell(value) for value in values)}" for name, values in facts["filters"].items())
    return "; ".join(named)
