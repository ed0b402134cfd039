"""The plan: ranked, combined without overlap, held against a target, budgets and wishes."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.savings.budgets import LatencyBudget
from agents.tools import tool_named
from agents.usage.filters import Filters
from tests.agents.conftest import make_context, make_data, make_row

savings_plan = tool_named("savings_plan").function
# Four calls of the same prompt within an hour, in the morning, streamed: 0.005 of input and 0.001 of output each.
REPEATED = [
    make_row(
        **{"time": f"2026-09-01 09:{minute:02d}:00", "feature": "faq", "prompt_hash": "a", "first_token_ms": 100},
        **{"input_tokens": 2000, "output_tokens": 100, "latency_ms": 900},
    )
    for minute in (0, 10, 20, 30)
]
# Short answers on a large model, 0.25 USD; the smaller one was measured on the same feature, and is slower.
EASY = [
    make_row(model="gpt-4o", input_tokens=100_000, output_tokens=10, latency_ms=300, first_token_ms=100),
    make_row(model="gpt-4o-mini", input_tokens=1000, output_tokens=10, latency_ms=800, first_token_ms=100),
]


async def ask(folder: Path, rows: list[tuple[Any, ...]], **values: Any) -> dict[str, Any]:
    """The facts over these rows."""
    return (await savings_plan(make_context(make_data(folder, rows)), **values)).facts


def ends(amount: dict[str, Any]) -> tuple[Any, Any]:
    return amount["low"], amount["high"]


async def test_two_strategies_on_the_same_rows_save_less_than_their_sum(tmp_path: Path) -> None:
    facts = await ask(tmp_path, REPEATED)
    answers, prompts = facts["strategies"]
    assert (answers["kind"], prompts["kind"]) == ("response_cache", "prompt_cache")
    # Three of four calls need not be made: 0.018. Of 8,000 input tokens 50 to 90 % cost 1.25 USD a million less.
    assert ends(answers["saving"]) == ends(answers["added_saving"]) == ("0.018000", "0.018000")
    assert ends(prompts["saving"]) == ("0.005000", "0.009000")
    # Only one call in four is left to save it on.
    assert ends(prompts["added_saving"]) == ("0.001250", "0.002250")
    assert ends(facts["sum_of_single"]) == ("0.023000", "0.027000")
    assert ends(facts["combined"]) == ("0.019250", "0.020250")
    assert (facts["cost"], facts["combined"]["low_percent"]) == ("0.024000", "80.2")
    # One day of data, scaled to thirty.
    assert facts["combined"]["low_30_days"] == "0.577500"


@pytest.mark.parametrize(("percent", "reached"), [("80", "yes"), ("82.5", "perhaps"), ("90", "no")])
async def test_a_target_is_reached_at_both_ends_or_at_one_or_not(tmp_path: Path, percent: str, reached: str) -> None:
    facts = await ask(tmp_path, REPEATED, target_percent=Decimal(percent))
    # Together they save 80.2 to 84.4 %.
    assert facts["target"] == {"percent": percent, "reached": reached}


async def test_easy_work_moves_to_a_smaller_model(tmp_path: Path) -> None:
    facts = await ask(tmp_path, EASY)
    first = facts["strategies"][0]
    assert (first["kind"], first["to_model"], first["risk"]) == ("model_swap", "gpt-4o-mini", "low")
    # 0.2501 USD now, then 0.015 of input and 0.85 to 1.25 times 0.000006 of output.
    assert ends(first["saving"]) == ("0.235093", "0.235095")
    assert first["latency"]["p95_after_ms"] == 800


async def test_what_breaks_a_latency_budget_is_left_out_with_the_reason(tmp_path: Path) -> None:
    facts = await ask(tmp_path, EASY, latency_budgets=(LatencyBudget("chat", 500),))
    assert "gpt-4o-mini" not in [item["to_model"] for item in facts["strategies"]]
    reasons = {item["title"]: item["reason"] for item in facts["left_out"]}
    assert reasons["Move chat (gpt-4o) to gpt-4o-mini"] == "chat would take 800 ms at p95; the budget is 500 ms."
    assert facts["budgets"] == [
        {"feature": "chat", "p95_ms": 500, "known": True, "measured_p95_ms": 800, "met_now": False}
    ]


async def test_a_move_to_what_was_never_measured_does_not_go_with_a_budget(tmp_path: Path) -> None:
    facts = await ask(tmp_path, EASY[:1], latency_budgets=(LatencyBudget("chat", 500), LatencyBudget("other", 9)))
    assert [item["kind"] for item in facts["strategies"] if item["kind"] == "model_swap"] == []
    assert any("was never measured" in item["reason"] for item in facts["left_out"])
    assert facts["budgets"][1] == {
        "feature": "other", "p95_ms": 9, "known": False, "measured_p95_ms": None, "met_now": None,
    }  # fmt: skip


async def test_only_configuration_leaves_out_what_takes_code(tmp_path: Path) -> None:
    facts = await ask(tmp_path, REPEATED, config_only=True)
    assert facts["strategies"] == []
    reasons = {item["reason"] for item in facts["left_out"] if "Move" not in item["title"]}
    assert reasons == {"It takes more than a change of configuration."}


async def test_a_move_of_demanding_work_that_was_never_tried_is_left_out(tmp_path: Path) -> None:
    facts = await ask(tmp_path, REPEATED)
    (item,) = facts["left_out"]
    assert item["title"].startswith("Move faq (gpt-4o) to ")
    assert "test it first" in item["reason"]
    assert Decimal(item["saving"]["high"]) > 0


async def test_what_is_no_longer_used_is_left_out(tmp_path: Path) -> None:
    rows = [make_row(time="2026-09-01 12:00:00", feature="old", input_tokens=1_000_000, output_tokens=10)]
    rows += [make_row(time="2026-10-31 12:00:00", feature="new", input_tokens=10)]
    facts = await ask(tmp_path, rows)
    assert facts["strategies"] == []
    assert all("was not used in the last days" in item["reason"] for item in facts["left_out"])
    assert facts["combined"]["high"] == "0.000000"


async def test_a_feature_goes_back_once_and_does_not_move_as_well(tmp_path: Path) -> None:
    days = [f"2026-09-{day:02d} 12:00:00" for day in range(1, 25)]
    plain: dict[str, Any] = {"input_tokens": 1000, "output_tokens": 10, "latency_ms": 100, "first_token_ms": 50}
    rows = [make_row(time=day, model="gpt-4o-mini", **plain) for day in days[:12]]
    rows += [make_row(time=day, model="gpt-4o", **plain) for day in days[12:]]
    facts = await ask(tmp_path, rows)
    moves = [item for item in facts["strategies"] if item["to_model"] and item["model"] == "gpt-4o"]
    assert [(item["kind"], item["to_model"]) for item in moves] == [("rollback", "gpt-4o-mini")]
    # 0.0026 a request now, 0.000156 before: at the same tokens and prices both ends are the same.
    assert ends(moves[0]["saving"]) == ("0.029328", "0.029328")
    assert any("can move only once" in item["reason"] for item in facts["left_out"])


async def test_missing_fields_that_would_help_are_named(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(input_tokens=5000, feature=None, status=None)])
    assert [item["field"] for item in facts["missing"]] == [
        "feature", "prompt_hash", "latency_ms", "first_token_ms", "status or error",
    ]  # fmt: skip


async def test_daily_totals_allow_what_does_not_need_single_calls(tmp_path: Path) -> None:
    rows = [make_row(grain="bucket", requests=100, input_tokens=1_000_000, output_tokens=2000)]
    facts = await ask(tmp_path, rows)
    assert facts["estimate"]
    assert facts["strategies"][0]["kind"] == "model_swap"
    assert "response_cache" not in {item["kind"] for item in facts["strategies"]}


async def test_the_plan_of_the_demo_finds_what_is_planted(demo_data: DataHandle) -> None:
    facts = (await savings_plan(make_context(demo_data), target_percent=Decimal(20))).facts
    first = {(item["kind"], item["feature"]) for item in facts["strategies"]}
    assert first >= {
        ("rollback", "reply-drafts"), ("model_swap", "ticket-triage"), ("response_cache", "help-center-answers"),
        ("batch", "invoice-extraction"),
    }  # fmt: skip
    assert facts["strategies"][0]["kind"] == "rollback"
    combined, singles = facts["combined"], facts["sum_of_single"]
    assert Decimal(combined["low"]) < Decimal(singles["low"])
    assert Decimal(combined["low"]) <= Decimal(combined["high"]) < Decimal(singles["high"])
    assert Decimal(combined["high"]) < Decimal(facts["cost"])
    assert facts["target"]["reached"] == "yes"
    added = sum(Decimal(item["added_saving"]["low"]) for item in facts["strategies"])
    assert abs(added - Decimal(combined["low"])) < Decimal("0.0001")
    assert len({item["id"] for item in facts["strategies"]}) == len(facts["strategies"])


async def test_filters_narrow_the_rows(demo_data: DataHandle) -> None:
    chosen = Filters(features=("reply-drafts",), first_day=date(2026, 10, 1))
    facts = (await savings_plan(make_context(demo_data), filters=chosen)).facts
    assert {item["feature"] for item in facts["strategies"]} == {"reply-drafts"}
    assert facts["strategies"][0]["kind"] == "rollback"


async def test_every_strategy_says_all_it_has_to(small_data: DataHandle) -> None:
    facts = (await savings_plan(make_context(small_data))).facts
    assert facts["strategies"]
    for item in facts["strategies"]:
        assert item["effort"] in {"low", "medium", "high"}
        assert item["risk"] in {"low", "medium", "high"}
        assert item["confidence"] in {"low", "medium", "high"}
        assert all(item[name] for name in ("title", "quality", "why", "assumptions", "verify", "roll_back"))
        assert 0 < item["days_to_do"]["low"] <= item["days_to_do"]["high"]
        assert Decimal(item["saving"]["low"]) <= Decimal(item["saving"]["high"])


async def test_the_same_question_has_the_same_answer(small_data: DataHandle) -> None:
    answers = {json.dumps((await savings_plan(make_context(small_data))).as_data()) for _ in range(3)}
    assert len(answers) == 1
