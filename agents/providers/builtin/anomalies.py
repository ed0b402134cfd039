"""Writes about what stands out: the day, how much, what caused it, and who drove it."""

from __future__ import annotations

from typing import Any, Final

from agents.providers.builtin.tables import escape_cell, show_cost, write_table

Facts = dict[str, Any]
METRICS: Final = {
    "cost": "cost",
    "requests": "requests",
    "latency": "latency (p95)",
    "errors": "the share of failed calls",
}
CAUSES: Final = {
    "price": "another price of the same model",
    "volume": "more or fewer requests",
    "mix": "another mix of models and features",
    "tokens_per_call": "longer or shorter calls",
}
MOST_DRIVERS: Final = 5


def summarise_anomalies(facts: Facts) -> str:
    """The largest thing that stands out, with its cause."""
    if not facts["anomalies"]:
        note = f" {escape_cell(facts['note'])}" if facts.get("note") else ""
        days = f"from {facts['looked_from']} to {facts['looked_to']}" if facts["looked_from"] else "in these rows"
        return f"Nothing stands out in {METRICS[facts['metric']]} {days}.{note}"
    return " ".join((describe_anomaly(facts["anomalies"][0], facts["metric"]), explain(facts["anomalies"][0]))).strip()


def describe_anomaly(item: Facts, metric: str) -> str:
    """What moved, when, from where to where."""
    before, after = (show_value(item[side], item["unit"]) for side in ("before", "after"))
    change = f" ({signed(item['change_percent'])} %)" if item.get("change_percent") else ""
    if item["kind"] == "jump":
        went = f"**On {item['day']}** {METRICS[metric]} went {item['direction']} for good"
        return f"{went}: {before} a day before, {after} a day from then on{change}."
    until = "" if item["last_day"] == item["day"] else f" to {item['last_day']}"
    return f"**On {item['day']}{until}** {METRICS[metric]} stood out: {after} against {before} before{change}."


def explain(item: Facts) -> str:
    """The cause: a switch of models, the hours of an outage, or the largest part of the change."""
    if item.get("switched"):
        switch = item["switched"]
        return (
            f"The cause is a switch: **{escape_cell(switch['feature'])}** went from"
            f" {escape_cell(switch['from_model'])} to **{escape_cell(switch['to_model'])}**."
        )
    if item.get("from_hour"):
        kinds = ", ".join(escape_cell(kind["kind"]) for kind in item.get("kinds", ()))
        named = f" with {kinds}" if kinds else ""
        return (
            f"It lasted from {show_hour(item['from_hour'])} to {show_hour(item['to_hour'])} (UTC): of"
            f" {item['requests']:,} calls to **{escape_cell(item['provider'])}** {item['failed_requests']:,}"
            f" failed{named}"
            f" ({item['failed_percent_inside']} %, outside of it {item['failed_percent_outside']} %)."
        )
    if item.get("cause") in CAUSES:
        return f"The largest part of it is {CAUSES[item['cause']]}."
    return ""


def write_anomalies(facts: Facts) -> str:
    """Everything that stands out, with the parts of the change and who drove it."""
    head = f"### What stands out in {METRICS[facts['metric']]}"
    if not facts["anomalies"]:
        return ""
    return "\n\n".join((head, *(write_anomaly(item, facts["metric"]) for item in facts["anomalies"])))


def write_anomaly(item: Facts, metric: str) -> str:
    """One of them."""
    parts = [f"{describe_anomaly(item, metric)} {explain(item)}".strip()]
    if item.get("effects"):
        lines = [f"- {show_signed(item['effects'][name])} a day: {words}" for name, words in CAUSES.items()]
        parts += ["What the change is made of:", "\n".join(lines)]
    if item.get("drivers"):
        rows = [write_driver(driver, item["unit"]) for driver in item["drivers"][:MOST_DRIVERS]]
        parts += ["What drove it:", write_table(["Feature", "Model", "Before", "After", "Change"], rows, 2)]
    return "\n\n".join(parts)


def write_driver(driver: Facts, unit: str) -> list[str]:
    """One feature and model, before and after."""
    sides = [show_value(driver[side], unit) for side in ("before", "after", "change")]
    return [str(driver["feature"] or "-"), str(driver["model"] or "-"), *sides]


def show_value(value: Any, unit: str) -> str:
    """A value in its unit."""
    if value is None:
        return "-"
    if unit == "USD":
        return show_cost(str(value))
    number = f"{int(value):,}" if isinstance(value, int) else str(value)
    return f"{number} {unit}"


def show_signed(cost: str) -> str:
    """A part of a change with its sign."""
    text = show_cost(cost)
    return text if text.startswith("-") else f"+{text}"


def signed(percent: str) -> str:
    """A percentage with its sign."""
    return percent if percent.startswith("-") else f"+{percent}"


def show_hour(moment: str) -> str:
    """An hour as people write it."""
    return moment.replace("T", " ")
