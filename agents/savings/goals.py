"""Several goals at once: which option meets which, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from agents.savings.options import BALANCED, CHEAPEST, FASTEST, Option
from agents.usage.results import money, show_cost

POINTS: Final = {"yes": 2, "perhaps": 1}


@dataclass(frozen=True, slots=True)
class Goals:
    """What is wanted: at most this cost in 30 days, after growth, and at most this p95."""

    cost_change_percent: Decimal | None
    speed_factor: Decimal | None
    cost_limit: Decimal | None
    p95_limit: Decimal | None

    def as_facts(self, growth_percent: Decimal | None) -> dict[str, Any]:
        """The goals with the figures they come to."""
        return {
            "cost_change_percent": show(self.cost_change_percent),
            "speed_factor": show(self.speed_factor),
            "growth_percent": show(growth_percent),
            "cost_limit_30_days": money(self.cost_limit),
            "p95_limit_ms": None if self.p95_limit is None else round(self.p95_limit),
        }


def show(value: Decimal | None) -> str | None:
    """A number without zeros at its end."""
    return None if value is None else f"{value.normalize():f}"


def set_goals(cost_change: Decimal | None, speed: Decimal | None, cost: Decimal, p95: Decimal | None) -> Goals:
    """The goals against the cost of 30 days and the p95 of now."""
    return Goals(
        cost_change,
        speed,
        None if cost_change is None else cost * (1 + cost_change / 100),
        None if speed is None or p95 is None else p95 / speed,
    )


def meets(option: Option, goals: Goals) -> dict[str, str | None]:
    """For each goal: yes, perhaps (at the hopeful end), no, unknown; None where there is no such goal."""
    cost = None
    if goals.cost_limit is not None:
        cost = judge(option.cost.low, option.cost.high, goals.cost_limit)
    speed = None
    if goals.speed_factor is not None:
        speed = "unknown"
        if goals.p95_limit is not None and option.p95 is not None:
            speed = judge(option.p95.low, option.p95.high, goals.p95_limit)
    return {"cost": cost, "speed": speed}


def judge(low: Decimal, high: Decimal, limit: Decimal) -> str:
    """Whether even the high end is within the limit, or only the low one."""
    return "yes" if high <= limit else "perhaps" if low <= limit else "no"


def choose_best(described: Sequence[dict[str, Any]]) -> str:
    """The option that meets most; among equals the first, which is the balanced one where it ties."""
    return str(max(described, key=lambda item: sum(POINTS.get(met or "", 0) for met in item["meets"].values()))["name"])


def find_contradiction(described: Sequence[dict[str, Any]], goals: Goals) -> str | None:
    """Why no option meets every goal; None where one does, perhaps."""
    wanted = [name for name in ("cost", "speed") if any(item["meets"][name] for item in described)]
    if not wanted or any(all(reached(item, name) for name in wanted) for item in described):
        return None
    met = {name: [item["name"] for item in described if reached(item, name)] for name in wanted}
    if all(met.values()) and len(wanted) == 2:
        return (
            f"The goals contradict each other: {name_options(met['cost'])} can meet the cost, but not the speed;"
            f" {name_options(met['speed'])} the speed, but not the cost."
        )
    return " ".join(say_unmet(name, described, goals) for name in wanted if not met[name])


def reached(item: dict[str, Any], name: str) -> bool:
    """Whether the option meets the goal, at least perhaps."""
    return item["meets"][name] in POINTS


def name_options(names: Sequence[str]) -> str:
    """The options in a sentence."""
    return " and ".join(f"“{name}”" for name in names)


def say_unmet(name: str, described: Sequence[dict[str, Any]], goals: Goals) -> str:
    """How far the best option for one goal is from it."""
    by_name = {item["name"]: item for item in described}
    if name == "cost":
        lowest = min((by_name[CHEAPEST], by_name[BALANCED]), key=lambda item: Decimal(item["cost_30_days"]["low"]))
        return (
            f"No option meets the cost: 30 days would cost at least {show_cost(lowest['cost_30_days']['low'])}, the"
            f" goal is {show_cost(money(goals.cost_limit))}."
        )
    fastest = by_name[FASTEST]["p95_ms"]["low"]
    if goals.p95_limit is None or fastest is None:
        return "Whether the speed can be met is unknown: the data has no latencies for it."
    limit = round(goals.p95_limit)
    return f"No option meets the speed: the fastest has a p95 of {fastest:,} ms, the goal is {limit:,} ms."
