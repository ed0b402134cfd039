"""Writes about errors, two periods, prices, models and gaps; every figure is one of the tools' facts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from agents.providers.builtin.tables import escape_cell, show_cost, write_table

Facts = dict[str, Any]
MOST_SHOWN = 12
SIDES = ("before", "after")
EFFECTS = {
    "volume": "more or fewer requests",
    "mix": "another mix of dearer and cheaper ones",
    "rate": "another cost per request (longer, shorter, or at another price)",
}


def summarise_errors(facts: Facts) -> str:
    """How many calls failed, why most, when most, and what repeating them costs."""
    if not facts["failed_requests"]:
        return f"**None of {facts['requests']:,} calls failed** from {facts['first_day']} to {facts['last_day']}."
    kind, peak = facts["kinds"][0], facts["peak"]
    text = (
        f"**{facts['failed_requests']:,} of {facts['requests']:,} calls failed** ({facts['failed_percent']} %)"
        f" from {facts['first_day']} to {facts['last_day']}, most often with **{escape_cell(kind['kind'])}**"
        f" ({kind['share_percent']} % of them). The worst hour began on {peak['start']} (UTC):"
        f" {peak['failed_requests']:,} of {peak['requests']:,} calls failed. The highest share is at"
        f" {name_worst(facts)}."
    )
    if facts["retry_cost"] is None:
        return text
    return f"{text} Repeating every failed call once costs about {show_cost(facts['retry_cost'])}."


def name_worst(facts: Facts) -> str:
    """The group of which the largest share failed."""
    worst = max(facts["groups"], key=lambda group: (Decimal(group["failed_percent"] or 0), group["failed_requests"]))
    name = " / ".join(f"**{escape_cell(worst[by])}**" for by in facts["by"])
    return f"{name}: {worst['failed_requests']:,} calls, {worst['failed_percent']} %"


def write_errors(facts: Facts) -> str:
    """The groups and the kinds of errors as tables."""
    names = [name.capitalize() for name in facts["by"]]
    head = [*names, "Calls", "Failed", "Failed %", "Most often", "Cost of failed calls"]
    rows = [
        [
            *(group[name] for name in facts["by"]),
            f"{group['requests']:,}",
            f"{group['failed_requests']:,}",
            show_share(group["failed_percent"]),
            escape_cell(group["main_kind"] or "-"),
            show_cost(group["failed_cost"]) if group["failed_requests"] else "-",
        ]
        for group in facts["groups"][:MOST_SHOWN]
    ]
    kinds = [
        [item["kind"], f"{item['failed_requests']:,}", show_share(item["share_percent"]), item["last_day"]]
        for item in facts["kinds"]
    ]
    table = write_table(head, rows, len(names))
    listed = write_table(["Error", "Calls", "Share", "Last seen"], kinds, 1) if kinds else ""
    return "\n\n".join(part for part in (f"### Failed calls by {' and '.join(facts['by'])}", table, listed) if part)


def summarise_comparison(facts: Facts) -> str:
    """The change and what made most of it."""
    before, after = facts["before"], facts["after"]
    change = f" ({sign(facts['change_percent'])} %)" if facts["change_percent"] else ""
    text = (
        f"**{show_cost(after['cost'])}** from {after['first_day']} to {after['last_day']} against"
        f" {show_cost(before['cost'])} from {before['first_day']} to {before['last_day']}:"
        f" {show_signed(facts['change_cost'])}{change}."
    )
    if not facts["groups"]:
        return text
    top = facts["groups"][0]
    return f"{text} The largest part is {name_top(top, facts['by'][0])} with {show_signed(top['change_cost'])}."


def name_top(group: Facts, by: str) -> str:
    """The group that changed most."""
    return f"{by} **{escape_cell(group[by])}**"


def write_comparison(facts: Facts) -> str:
    """Both periods, the three parts of the change, and the groups."""
    by = facts["by"][0]
    sides = [
        [
            f"{facts[side]['first_day']} to {facts[side]['last_day']}{'' if facts[side]['complete'] else ' (partly)'}",
            show_cost(facts[side]["cost"]),
            f"{facts[side]['requests']:,}",
            f"{facts[side]['input_tokens']:,}",
            f"{facts[side]['output_tokens']:,}",
            show_cost(facts[side]["cost_per_request"]),
        ]
        for side in SIDES
    ]
    head = ["Period", "Cost", "Requests", "Input tokens", "Output tokens", "Cost per request"]
    effects = [f"- {show_signed(facts['effects'][name])}: {words}" for name, words in EFFECTS.items()]
    groups = [
        [group[by], *(show_cost(group[f"{side}_cost"]) for side in SIDES), show_signed(group["change_cost"])]
        for group in facts["groups"][:MOST_SHOWN]
    ]
    return "\n\n".join(
        (
            "### The two periods",
            write_table(head, sides, 1),
            "What the change is made of:",
            "\n".join(effects),
            f"### Change by {by}",
            write_table([by.capitalize(), "Before", "After", "Change"], groups, 1),
        )
    )


def summarise_prices(facts: Facts) -> str:
    """Today's base price of the first model found."""
    if not facts["models"]:
        similar = f" Similar: {', '.join(map(escape_cell, facts['similar']))}." if facts["similar"] else ""
        return f"**No price is known for {escape_cell(facts['asked']['model'])}.**{similar}"
    item = facts["models"][0]
    newest = [cell for cell in item["prices"] if cell["valid_to"] is None and cell["input_tokens_above"] is None]
    prices = (newest or item["prices"])[-1]["prices"]
    named = f"**{escape_cell(item['model'])}** ({escape_cell(item['provider'])})"
    return (
        f"The list price of {named} is **{show_price(prices['input'])}** for a million input tokens"
        f" and **{show_price(prices['output'])}** for a million output tokens."
    )


def write_prices(facts: Facts) -> str:
    """Every period and tier of the models found."""
    head = ["Model", "From", "To", "Above", "Input", "Cached", "Cache write", "Output", "Reasoning"]
    classes = ("input", "cached_read", "cache_write_5m", "output", "reasoning")
    rows = [
        [
            f"{item['provider']}/{item['model']}",
            cell["valid_from"] or "always",
            cell["valid_to"] or "open",
            "base" if cell["input_tokens_above"] is None else f"{cell['input_tokens_above']:,} tokens",
            *(show_price(cell["prices"][name]) for name in classes),
        ]
        for item in facts["models"]
        for cell in item["prices"]
    ]
    return f"### Prices for a million tokens\n\n{write_table(head, rows[:MOST_SHOWN], 4)}"


def summarise_models(facts: Facts) -> str:
    """How many models there are."""
    if facts["search"]:
        return f"**{facts['models_total']:,} models** of the price book match {escape_cell(facts['search'])}."
    top = facts["models"][0]
    return (
        f"**{facts['models_total']:,} models** occur in the data. The most expensive is"
        f" **{escape_cell(top['model'])}** with {show_cost(top['cost'])} for {top['requests']:,} requests."
    )


def write_models(facts: Facts) -> str:
    """The models with their use and their prices."""
    used = facts["search"] is None
    head = ["Model", *(["Requests", "Cost"] if used else []), "Input", "Cached", "Output", "Context window"]
    rows = []
    for item in facts["models"][:MOST_SHOWN]:
        use = [f"{item['requests']:,}", show_cost(item["cost"])] if used else []
        prices = [show_price(item["prices"][name]) for name in ("input", "cached_read", "output")]
        window = f"{item['context_window']:,}" if item["context_window"] else "-"
        rows.append([f"{item['provider']}/{item['model']}", *use, *prices, window])
    return f"### Models\n\n{write_table(head, rows, 1)}\n\nPrices are for a million tokens on {facts['price_day']}."


def summarise_gaps(facts: Facts) -> str:
    """How much can be answered."""
    answerable = sum(item["answerable"] for item in facts["questions"])
    if not facts["missing"]:
        return "**Nothing is missing:** every kind of question I know can be answered from this data."
    named = ", ".join(item["field"] for item in facts["missing"])
    return f"**{count_words(answerable)} of the questions below can be answered** from this data. Missing: {named}."


def count_words(count: int) -> str:
    """`None`, `One` or `Some`: how many is counted in the table below."""
    return ("None", "One")[count] if count < 2 else "Some"


def write_gaps(facts: Facts) -> str:
    """The questions, and for each missing field why and where to get it."""
    rows = [
        [item["question"], "yes" if item["answerable"] else "no", show_share(item["rows_percent"])]
        for item in facts["questions"]
    ]
    table = write_table(["Question", "Can be answered", "Rows that have it"], rows, 2)
    fields = [write_field(item) for item in facts["missing"]]
    return "\n\n".join(["### What this data can answer", table, *fields])


def write_field(item: Facts) -> str:
    """One missing field with its sources."""
    sources = [f"- {source}: {where}" for source, where in item["sources"].items()]
    return "\n".join([f"**{item['field']}**: {item['why']}", "", *sources])


def show_price(price: str | None) -> str:
    """A price for a million tokens."""
    return "-" if price is None else f"${price}"


def show_share(value: str | None) -> str:
    """A percentage, or a dash where it is unknown."""
    return "-" if value is None else f"{value} %"


def show_signed(cost: str | None) -> str:
    """A change of cost with its sign."""
    text = show_cost(cost)
    return text if text.startswith("-") or cost is None else f"+{text}"


def sign(value: str) -> str:
    """A percentage with its sign."""
    return value if value.startswith("-") else f"+{value}"


SUMMARIES: dict[str, Callable[[Facts], str]] = {
    "error_profile": summarise_errors,
    "compare_periods": summarise_comparison,
    "price_lookup": summarise_prices,
    "model_catalogue": summarise_models,
    "data_gaps": summarise_gaps,
}
SECTIONS: dict[str, Callable[[Facts], str]] = {
    "error_profile": write_errors,
    "compare_periods": write_comparison,
    "price_lookup": write_prices,
    "model_catalogue": write_models,
    "data_gaps": write_gaps,
}
