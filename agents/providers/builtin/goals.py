"""Writes about plans and goals: what changes save together, what growth costs, and which goals can be met at once."""

from __future__ import annotations

from typing import Any, Final

from agents.providers.builtin.tables import escape_cell, show_cost, show_ms, write_table

Facts = dict[str, Any]
REACHED: Final = {
    "yes": "The target of {percent} % is reached.",
    "perhaps": "The target of {percent} % is reached only at the hopeful end.",
    "no": "The target of {percent} % is not reached with them.",
}
MEETS: Final = {"yes": "yes", "perhaps": "perhaps", "no": "no"}


def summarise_plan(facts: Facts) -> str:
    """What all changes save together, against the target."""
    if not facts["strategies"]:
        return "No change was found that would save on these rows."
    whole = facts["combined"]
    text = (
        f"All changes found here save **{show_cost(whole['low'])} to {show_cost(whole['high'])}** together"
        f" ({whole['low_percent']} % to {whole['high_percent']} % of {show_cost(facts['cost'])}),"
        f" {show_cost(whole['low_30_days'])} to {show_cost(whole['high_30_days'])} in 30 days; less than their sum,"
        " because several save on the same rows."
    )
    target = facts.get("target")
    return f"{text} {REACHED[target['reached']].format(percent=target['percent'])}" if target else text


def summarise_growth(facts: Facts) -> str:
    """The cost of the days ahead, with and without growth."""
    scenarios = facts["scenarios"]
    if not scenarios or scenarios[0]["cost"] is None:
        return "No row has a known price, so the cost of growth cannot be computed."
    without, *grown = scenarios
    days = f"{facts['forecast_first_day']} to {facts['forecast_last_day']}"
    parts = [
        f"with {item['growth_percent']} % more requests **{show_range(item['cost_low'], item['cost_high'])}**"
        f" ({show_range(item['extra_low'], item['extra_high'])} more)"
        for item in grown
    ]
    expected = show_range(without["cost_low"], without["cost_high"])
    return f"The next {facts['days']} days ({days}) cost {expected} without growth; {'; '.join(parts)}."


def show_range(low: str, high: str) -> str:
    """Two amounts as a range."""
    return f"{show_cost(low)} to {show_cost(high)}"


def write_growth(facts: Facts) -> str:
    """Each scenario, as a whole and by model."""
    head = ["More requests", "Requests", "Cost, low", "Cost, expected", "Cost, high"]
    rows = [
        [
            f"{item['growth_percent']} %",
            f"{item['requests']:,}",
            *(show_cost(item[key]) for key in ("cost_low", "cost", "cost_high")),
        ]
        for item in facts["scenarios"]
    ]
    parts = [f"### Cost of the next {facts['days']} days", write_table(head, rows, 0)]
    if facts["by_model"]:
        steps = [f"+{item['growth_percent']} %" for item in facts["scenarios"]]
        by_model = [
            [item["model"], *(show_cost(scenario["cost"]) for scenario in item["scenarios"])]
            for item in facts["by_model"]
        ]
        parts += ["By model:", write_table(["Model", *steps], by_model, 1)]
    return "\n\n".join(parts)


def summarise_goals(facts: Facts) -> str:
    """Which option fits best, and whether the goals contradict each other."""
    best = next((item for item in facts["options"] if item["name"] == facts["best"]), None)
    if best is None:
        return "No option changes anything on these rows."
    cost = f"{show_cost(best['cost_30_days']['low'])} to {show_cost(best['cost_30_days']['high'])}"
    text = f"Of the options, **{escape_cell(best['name'])}** fits the goals best: {cost} in 30 days{say_speed(best)}"
    text = f"{text}, at a {best['risk']} risk."
    return f"{text} {escape_cell(facts['contradiction'])}" if facts.get("contradiction") else text


def say_speed(option: Facts) -> str:
    """The p95 of an option, where it was measured."""
    low, high = (option["p95_ms"] or {}).get("low"), (option["p95_ms"] or {}).get("high")
    if low is None or high is None:
        return ""
    return f" and a p95 of {show_ms(low)}" + ("" if low == high else f" to {show_ms(high)}")


def write_goals(facts: Facts) -> str:
    """The options side by side, each with what it meets."""
    head = ["Option", "Changes", "30 days from", "30 days to", "p95 from", "p95 to", "Cost goal", "Speed goal", "Risk"]
    rows = []
    for item in facts["options"]:
        p95 = item["p95_ms"] or {}
        meets = item["meets"]
        rows.append(
            [
                item["name"],
                str(item["strategies_total"]),
                *(show_cost(item["cost_30_days"][end]) for end in ("low", "high")),
                *(show_ms(p95.get(end)) for end in ("low", "high")),
                *(MEETS.get(meets.get(goal) or "", "-") for goal in ("cost", "speed")),
                item["risk"],
            ]
        )
    now = facts["now"]
    stands = f"Now: {show_cost(now['cost_30_days'])} in 30 days, p95 {show_ms(now['p95_ms'])}."
    return "\n\n".join(("### The options", stands, write_table(head, rows, 1)))
