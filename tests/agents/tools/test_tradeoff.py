"""Several goals at once: cost after growth, speed of the mix, what each option meets, and contradictions."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from agents.engine.context import DataHandle
from agents.savings.budgets import LatencyBudget
from agents.tools import tool_named
from agents.usage.filters import Filters
from tests.agents.conftest import make_context, make_data, make_row

tradeoff = tool_named("tradeoff").function
# Easy work on a large model, 0.2501 USD a call; the smaller one was measured on the same feature: twice as fast.
FAST = [
    make_row(model="gpt-4o", input_tokens=100_000, output_tokens=10, latency_ms=1000, first_token_ms=90),
    make_row(model="gpt-4o-mini", input_tokens=0, output_tokens=0, latency_ms=500, first_token_ms=90),
]
# The other way round: the cheaper model is slower.
SLOW = [
    make_row(model="gpt-4o", input_tokens=100_000, output_tokens=10, latency_ms=500, first_token_ms=90),
    make_row(model="gpt-4o-mini", input_tokens=0, output_tokens=0, latency_ms=1000, first_token_ms=90),
]


async def ask(folder: Path, rows: list[tuple[Any, ...]], **values: Any) -> dict[str, Any]:
    """The facts over these rows."""
    return (await tradeoff(make_context(make_data(folder, rows)), **values)).facts


def option(facts: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in facts["options"] if item["name"] == name)


async def test_growth_makes_everything_dearer(tmp_path: Path) -> None:
    facts = await ask(tmp_path, FAST, growth_percent=Decimal(50))
    # One day of 0.2501 USD and two calls, scaled to thirty; then half as much again.
    assert facts["now"] == {"cost_30_days": "7.503000", "p95_ms": 1000, "requests_30_days": 60}
    stay = option(facts, "stay as it is")
    assert stay["cost_30_days"] == {"low": "11.254500", "high": "11.254500"}
    # The smaller model alone: 0.015 USD and at most 1.25 times 0.000006.
    cheapest = option(facts, "cheapest")
    assert Decimal(cheapest["cost_30_days"]["high"]) < Decimal("0.6754")
    assert facts["contradiction"] is None


async def test_an_option_that_is_cheaper_and_faster_meets_both_goals(tmp_path: Path) -> None:
    facts = await ask(tmp_path, FAST, cost_change_percent=Decimal(-20), speed_factor=Decimal(2))
    assert facts["goals"]["cost_limit_30_days"] == "6.002400"
    assert facts["goals"]["p95_limit_ms"] == 500
    balanced = option(facts, "balanced")
    assert balanced["p95_ms"] == {"low": 500, "high": 500}
    assert balanced["meets"] == {"cost": "yes", "speed": "yes"}
    assert option(facts, "stay as it is")["meets"] == {"cost": "no", "speed": "no"}
    assert (facts["best"], facts["contradiction"]) == ("balanced", None)
    assert [item["id"] for item in facts["strategies"]] == [item["id"] for item in balanced["strategies"]]


async def test_a_slower_move_is_cheap_and_not_balanced(tmp_path: Path) -> None:
    facts = await ask(tmp_path, SLOW)
    moved = {name: [item["title"] for item in option(facts, name)["strategies"]] for name in ("cheapest", "balanced")}
    assert "Move chat (gpt-4o) to gpt-4o-mini" in moved["cheapest"]
    assert "Move chat (gpt-4o) to gpt-4o-mini" not in moved["balanced"]


async def test_goals_nothing_meets_are_said_plainly(tmp_path: Path) -> None:
    facts = await ask(
        tmp_path, SLOW, cost_change_percent=Decimal(-99), speed_factor=Decimal(4), growth_percent=Decimal(30)
    )
    assert "No option meets the cost: 30 days would cost at least" in facts["contradiction"]
    assert "No option meets the speed: the fastest has a p95 of 1,000 ms" in facts["contradiction"]
    assert "the goal is 250 ms" in facts["contradiction"]


async def test_goals_that_only_different_options_meet_contradict_each_other(tmp_path: Path) -> None:
    # Demanding work: its cost can fall by caching only, its speed rise by a move to a dearer model only.
    rows = [
        make_row(
            **{"time": f"2026-09-01 09:{minute:02d}:00", "model": "gpt-4o-mini", "input_tokens": 2000},
            **{"output_tokens": 200, "latency_ms": 1000, "first_token_ms": 90, "feature": "work"},
        )
        for minute in range(20)
    ]
    rows += [
        make_row(
            **{"time": "2026-09-01 09:30:00", "model": "gpt-4o", "input_tokens": 0, "output_tokens": 0},
            **{"latency_ms": 100, "first_token_ms": 90, "feature": "work"},
        )
    ]
    facts = await ask(tmp_path, rows, cost_change_percent=Decimal(-10), speed_factor=Decimal(5))
    assert option(facts, "cheapest")["meets"]["cost"] in {"yes", "perhaps"}
    assert option(facts, "fastest")["meets"] == {"cost": "no", "speed": "yes"}
    assert facts["contradiction"].startswith("The goals contradict each other")


async def test_speed_without_latencies_is_unknown(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(input_tokens=5000, output_tokens=500)], speed_factor=Decimal(2))
    assert facts["now"]["p95_ms"] is None
    assert {item["meets"]["speed"] for item in facts["options"]} == {"unknown"}
    assert facts["contradiction"] == "Whether the speed can be met is unknown: the data has no latencies for it."
    assert "latency_ms" in [item["field"] for item in facts["missing"]]


async def test_a_budget_keeps_the_slower_move_out_of_every_option(tmp_path: Path) -> None:
    facts = await ask(tmp_path, SLOW, latency_budgets=(LatencyBudget("chat", 600),))
    titles = {item["title"] for way in facts["options"] for item in way["strategies"]}
    assert "Move chat (gpt-4o) to gpt-4o-mini" not in titles
    assert any("would take 1,000 ms" in item["reason"] for item in facts["left_out"])


async def test_the_goals_of_the_demo_are_weighed(demo_data: DataHandle) -> None:
    goals = {"cost_change_percent": Decimal(-20), "speed_factor": Decimal(2), "growth_percent": Decimal(30)}
    facts = (await tradeoff(make_context(demo_data), **goals)).facts
    assert [item["name"] for item in facts["options"]] == ["balanced", "cheapest", "fastest", "stay as it is"]
    costs = {item["name"]: Decimal(item["cost_30_days"]["high"]) for item in facts["options"]}
    assert costs["cheapest"] <= costs["balanced"] < costs["stay as it is"]
    assert abs(costs["stay as it is"] - Decimal(facts["now"]["cost_30_days"]) * Decimal("1.3")) < Decimal("0.001")
    speeds = {item["name"]: item["p95_ms"]["high"] for item in facts["options"]}
    assert speeds["fastest"] < speeds["balanced"] <= speeds["stay as it is"] == facts["now"]["p95_ms"]
    assert option(facts, "fastest")["risk"] == "high"


async def test_filters_narrow_the_rows(small_data: DataHandle) -> None:
    chosen = Filters(features=("ticket-triage",))
    facts = (await tradeoff(make_context(small_data), filters=chosen)).facts
    titles = [item["title"] for way in facts["options"] for item in way["strategies"]]
    assert titles
    assert all("ticket-triage" in title for title in titles)


async def test_the_same_question_has_the_same_answer(small_data: DataHandle) -> None:
    answers = {json.dumps((await tradeoff(make_context(small_data))).as_data()) for _ in range(3)}
    assert len(answers) == 1
