"""Writes about a trend: its ends, its periods, its jump and what drove it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from agents.providers.builtin.tables import escape_cell, show_cost, write_table

Facts = dict[str, Any]
MOST_PERIODS = 14
MOST_DRIVERS = 3


def summarise_trend(facts: Facts) -> str:
    """Where spend stands now against the beginning, and the day its level changed."""
    sentences = [summarise_ends(facts)]
    if facts["jump"]:
        sentences.append(summarise_jump(facts["jump"]))
    else:
        sentences.append("No day stands out on which the level of daily cost changed for good.")
    return " ".join(sentences)


def summarise_ends(facts: Facts) -> str:
    """The newest complete period against the oldest."""
    latest, first, step = facts["latest_complete"], facts["first_complete"], facts["period"]
    if latest is None:
        return f"{show_cost(facts['cost'])} were spent, but no {step} is complete, so there is no trend yet."
    text = f"The newest complete {step} ({latest['start']}) cost **{show_cost(latest['cost'])}**"
    if first is None or facts["overall_change_percent"] is None:
        return f"{text}."
    change = sign(facts["overall_change_percent"])
    return f"{text}, {change} % against the first one ({first['start']}, {show_cost(first['cost'])})."


def summarise_jump(jump: Facts) -> str:
    """The jump and the feature and model behind most of it."""
    window = f"{jump['window_days']} days"
    before, after = show_cost(jump["before_daily_cost"]), show_cost(jump["after_daily_cost"])
    text = (
        f"The level went **{jump['direction']} on {jump['day']}**: {before} a day in the {window} before,"
        f" {after} a day in the {window} from then on ({sign(jump['change_percent'])} %)."
    )
    if not jump["drivers"]:
        return text
    return f"{text} {describe_cause(jump['drivers'])}"


def describe_cause(drivers: list[Facts]) -> str:
    """What changed most; a feature that left one model as it came to another was switched."""
    first = drivers[0]
    left = find_left_model(first, drivers)
    name, model = escape_cell(first["feature"]), escape_cell(first["model"])
    if left:
        return (
            f"What changed: **{name}** was switched from {escape_cell(left['model'])}"
            f" ({show_cost(left['before_daily_cost'])} a day) to {model}"
            f" ({show_cost(first['after_daily_cost'])} a day)."
        )
    return (
        f"What changed most: **{name}** on {model}, from {show_cost(first['before_daily_cost'])}"
        f" to {show_cost(first['after_daily_cost'])} a day."
    )


def find_left_model(first: Facts, drivers: list[Facts]) -> Facts | None:
    """The same feature's model whose cost ended when the first driver's began."""
    if Decimal(first["before_daily_cost"]) != 0:
        return None
    ended = (item for item in drivers[1:] if Decimal(item["after_daily_cost"]) == 0)
    return next((item for item in ended if item["feature"] == first["feature"]), None)


def write_trend(facts: Facts) -> str:
    """The periods as a table, with the parts of a split, and the drivers of the jump."""
    points = list(enumerate(facts["points"]))[-MOST_PERIODS:]
    head = [
        facts["period"].capitalize(),
        "Cost",
        "Change",
        "Requests",
        *(escape_cell(part["name"]) for part in facts["series"]),
    ]
    rows = [
        [name_point(point), show_cost(point["cost"]), show_change(point), f"{point['requests']:,}"]
        for _, point in points
    ]
    for row, (number, _) in zip(rows, points, strict=True):
        row += [show_part(part["points"][number]) for part in facts["series"]]
    older = "" if len(facts["points"]) <= MOST_PERIODS else "\n\nOlder periods are in the result above."
    return f"### Spend by {facts['period']}\n\n{write_table(head, rows, 1)}{older}{write_drivers(facts['jump'])}"


def write_drivers(jump: Facts | None) -> str:
    """The features and models that moved the level."""
    if not jump or not jump["drivers"]:
        return ""
    head = ["Feature", "Model", "Before, a day", "After, a day", "Change, a day"]
    keys = ("before_daily_cost", "after_daily_cost", "change_daily_cost")
    rows = [
        [item["feature"], item["model"], *(show_cost(item[key]) for key in keys)]
        for item in jump["drivers"][:MOST_DRIVERS]
    ]
    return f"\n\nWhat moved the level on {jump['day']}:\n\n{write_table(head, rows, 2)}"


def name_point(point: Facts) -> str:
    """The period's first day; a period the data covers only in part says so."""
    return point["start"] if point["complete"] else f"{point['start']} (partly)"


def show_change(point: Facts) -> str:
    """The change against the period before."""
    return "-" if point["change_percent"] is None else f"{sign(point['change_percent'])} %"


def show_part(cost: str | None) -> str:
    """One part's cost; nothing where it has no rows."""
    return "-" if cost is None else show_cost(cost)


def sign(percent: str) -> str:
    """The percentage with its sign."""
    return percent if percent.startswith("-") else f"+{percent}"
