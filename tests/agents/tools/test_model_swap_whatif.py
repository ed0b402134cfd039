"""Another model: the same rows at its prices, by hand, and its speed from the data's own rows."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.engine.tools import offer_tool
from agents.errors import DataLacking, ToolArgumentsWrong
from agents.prices import OwnPrice, PriceBook
from agents.tools import tool_named
from agents.usage.filters import Filters
from tests.agents.conftest import make_context, make_data, make_row

model_swap_whatif = tool_named("model_swap_whatif").function
# A million input tokens of gpt-4o cost 2.50 USD, of output 10; of gpt-4o-mini 0.15 and 0.60.
LONG = {"input_tokens": 1_000_000, "output_tokens": 100_000}


async def ask(folder: Path, rows: list[tuple[Any, ...]], **values: Any) -> dict[str, Any]:
    """The facts over these rows."""
    return (await model_swap_whatif(make_context(make_data(folder, rows)), **values)).facts


async def test_a_cheaper_model_saves_what_its_prices_say(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(**LONG)] * 2, to_model="gpt-4o-mini")
    (move,) = facts["options"]
    # Twice 2.50 + 1.00 now; then twice 0.15 and 0.06 of output, 0.85 to 1.25 times as long: 0.402 to 0.45.
    assert (facts["cost"], move["cost_after"]) == ("7.000000", {"low": "0.402000", "high": "0.450000"})
    assert move["saving"] == {"low": "6.550000", "high": "6.598000", "low_percent": "93.6", "high_percent": "94.3"}
    assert move["cost_per_request_after"] == {"low": "0.201000", "high": "0.225000"}
    assert facts["total"]["saving"] == move["saving"]
    (strategy,) = facts["strategies"]
    assert (strategy["id"], strategy["saving"]) == (move["id"], move["saving"])
    assert (strategy["kind"], strategy["to_model"], strategy["config_only"]) == ("model_swap", "gpt-4o-mini", True)


async def test_a_dearer_model_is_a_negative_saving(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(**LONG, model="gpt-4o-mini")], to_model="gpt-4o")
    # 0.15 + 0.06 = 0.21 now; then 2.50 + 0.85 to 1.25.
    assert facts["options"][0]["saving"]["low"] == "-3.540000"
    assert facts["options"][0]["saving"]["high"] == "-3.140000"


async def test_another_provider_may_count_other_tokens(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(**LONG)], to_model="anthropic/claude-haiku-4-5")
    (move,) = facts["options"]
    # Input at 1 USD a million, 0.9 to 1.2 times as many tokens; output at 5, 0.85 to 1.25 times as many.
    assert move["cost_after"] == {"low": "1.325000", "high": "1.825000"}
    assert not facts["strategies"][0]["config_only"]


async def test_reasoning_is_gone_at_one_end_and_kept_at_the_other(tmp_path: Path) -> None:
    row = make_row(model="gpt-5.4", input_tokens=100_000, output_tokens=10_000, reasoning_tokens=20_000)
    facts = await ask(tmp_path, [row], to_model="gpt-4o-mini")
    # Input 0.015; output 0.006 times 0.85 to 1.25; reasoning 0 to 20,000 tokens at 0.60 a million.
    assert facts["options"][0]["cost_after"] == {"low": "0.020100", "high": "0.034500"}


async def test_a_model_that_is_seen_reasoning_does_it_for_every_call(tmp_path: Path) -> None:
    rows = [
        make_row(feature="a", input_tokens=1000, output_tokens=1000),
        make_row(feature="b", model="gpt-5.4-mini", output_tokens=500, reasoning_tokens=250),
    ]
    facts = await ask(tmp_path, rows, to_model="gpt-5.4-mini")
    (move,) = facts["options"]
    # 0.00075 of input; output at 4.50: 850 tokens at the one end, 1,250 and half as many of reasoning at the other.
    assert move["cost_after"] == {"low": "0.004575", "high": "0.009188"}


async def test_the_tier_is_that_of_each_single_call(tmp_path: Path) -> None:
    rows = [make_row(input_tokens=300_000), make_row(input_tokens=100_000)]
    facts = await ask(tmp_path, rows, to_model="gpt-5.4")
    # 1.00 now; then 300,000 tokens at 5 USD, above the tier of 272,000, and 100,000 at 2.50.
    assert facts["options"][0]["saving"] == {
        "low": "-0.750000", "high": "-0.750000", "low_percent": "-75.0", "high_percent": "-75.0",
    }  # fmt: skip


async def test_a_model_whose_window_is_too_small_is_named_and_not_proposed(tmp_path: Path) -> None:
    rows = [make_row(model="gpt-5.4", input_tokens=250_000, output_tokens=1)]
    asked = await ask(tmp_path / "asked", rows, to_model="gpt-4o-mini")
    assert "longest prompts do not go into that model" in asked["strategies"][0]["why"]
    used = [*rows, make_row(feature="other", model="gpt-4o-mini", input_tokens=9)]
    found = await ask(tmp_path / "found", used, filters=Filters(features=("chat",)))
    named = [item["to_model"] for item in found["options"] + found["options"][0]["alternatives"]]
    assert "gpt-5.4-mini" in named
    assert "gpt-4o-mini" not in named


async def test_speed_is_that_of_the_same_feature_where_it_was_measured(tmp_path: Path) -> None:
    rows = [make_row(**LONG, latency_ms=1000)]
    rows += [make_row(feature="chat", model="gpt-4o-mini", input_tokens=9, latency_ms=ms) for ms in (400, 600)]
    rows += [make_row(feature="other", model="gpt-4o-mini", input_tokens=9, latency_ms=9000)]
    (move,) = (await ask(tmp_path, rows, to_model="gpt-4o-mini"))["options"]
    assert move["latency"] == {
        "p95_before_ms": 1000, "p95_after_ms": 590, "note": "Measured on 2 own calls of chat to gpt-4o-mini.",
    }  # fmt: skip


async def test_speed_is_that_of_other_work_where_there_is_nothing_else(tmp_path: Path) -> None:
    rows = [make_row(**LONG, latency_ms=1000), make_row(feature="other", model="gpt-4o-mini", latency_ms=700)]
    (move,) = (await ask(tmp_path, rows, to_model="gpt-4o-mini"))["options"]
    assert move["latency"]["p95_after_ms"] == 700
    assert "on other work" in move["latency"]["note"]


async def test_speed_is_fitted_to_the_length_of_the_answers(tmp_path: Path) -> None:
    rows = [make_row(input_tokens=1000, output_tokens=10, latency_ms=ms) for ms in (900, 1000, 1100)]
    rows += [
        make_row(feature="other", model="gpt-4o-mini", output_tokens=tokens, latency_ms=200 + 10 * tokens)
        for tokens in range(100, 140)
    ]
    facts = await ask(tmp_path, rows, to_model="gpt-4o-mini")
    move = facts["options"][0]
    # Ten tokens take 300 ms on the other model, 1,000 ms on this one; the p95 of 1,090 ms moves along.
    assert (move["latency"]["p95_before_ms"], move["latency"]["p95_after_ms"]) == (1090, 327)
    assert "for answers as long as these" in move["latency"]["note"]


async def test_a_model_nobody_measured_has_no_speed(tmp_path: Path) -> None:
    (move,) = (await ask(tmp_path, [make_row(**LONG, latency_ms=1000)], to_model="gpt-4o-mini"))["options"]
    assert move["latency"]["p95_after_ms"] is None
    assert move["latency"]["note"] == "gpt-4o-mini was never measured in this data."


async def test_an_unknown_model_is_refused_with_close_names(tmp_path: Path) -> None:
    with pytest.raises(ToolArgumentsWrong, match=r"called gpt-5\.4 mini\. Close names: .*gpt-5\.4-mini"):
        await ask(tmp_path, [make_row(**LONG)], to_model="gpt-5.4 mini")


async def test_a_model_without_rows_cannot_be_left(tmp_path: Path) -> None:
    with pytest.raises(ToolArgumentsWrong, match="Its models are gpt-4o"):
        await ask(tmp_path, [make_row(**LONG)], from_model="gpt-5.4")


async def test_only_calls_of_the_named_model_move(tmp_path: Path) -> None:
    rows = [make_row(**LONG), make_row(**LONG, model="gpt-5.4-mini")]
    facts = await ask(tmp_path, rows, from_model="GPT-4o", to_model="gpt-4o-mini")
    assert ([item["model"] for item in facts["options"]], facts["requests"]) == (["gpt-4o"], 1)


async def test_an_own_price_counts_for_the_model_it_is_about(tmp_path: Path) -> None:
    prices = tuple(
        OwnPrice(number, "house", "house-model", name, Decimal(1)) for number, name in enumerate(("input", "output"))
    )
    data = make_data(tmp_path, [make_row(**LONG)])
    facts = (await model_swap_whatif(make_context(data, prices=PriceBook(prices)), to_model="house/house-model")).facts
    assert facts["options"][0]["cost_after"] == {"low": "0.985000", "high": "1.325000"}


async def test_totals_of_many_calls_are_priced_at_the_base_and_marked(tmp_path: Path) -> None:
    rows = [make_row(grain="bucket", requests=100, input_tokens=1_000_000, output_tokens=2000)]
    facts = await ask(tmp_path, rows, to_model="gpt-5.4-mini")
    (move,) = facts["options"]
    assert (facts["estimate"], move["requests"]) == (True, 100)
    # Twenty tokens an answer: 0.75 of input and 0.009 of output, 0.85 to 1.25 times.
    assert move["cost_after"] == {"low": "0.757650", "high": "0.761250"}
    assert (move["easy_work"], move["latency"]["p95_before_ms"]) == (True, None)


async def test_rows_without_a_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataLacking, match="provider and model"):
        await ask(tmp_path, [make_row(**LONG, model=None)])


async def test_without_a_price_nothing_is_estimated(tmp_path: Path) -> None:
    result = await model_swap_whatif(make_context(make_data(tmp_path, [make_row(**LONG, model="house-model")])))
    assert (result.facts["cost"], result.facts["unpriced_requests"], result.facts["options"]) == (None, 1, [])
    assert result.block.summary.startswith("No row that matches has a known price")


async def test_the_planted_easy_work_and_the_planted_switch_are_found(demo_data: DataHandle) -> None:
    facts = (await model_swap_whatif(make_context(demo_data))).facts
    back, easy = facts["options"][:2]
    assert (back["kind"], back["feature"], back["to_model"]) == ("rollback", "reply-drafts", "claude-haiku-4-5")
    # 219.77 USD now; 31.31 / 5,840 a request before the switch; a fifth of today's price at the same tokens.
    assert float(back["saving"]["high"]) == pytest.approx(219.77 - 6206 * 31.31 / 5840, abs=0.02)
    assert float(back["saving"]["low"]) == pytest.approx(219.77 * 0.8, abs=0.01)
    assert back["latency"]["p95_after_ms"] < back["latency"]["p95_before_ms"]
    assert "until 2026-09-15: 5,840 requests" in facts["strategies"][0]["why"]
    assert (easy["feature"], easy["model"], easy["to_model"]) == ("ticket-triage", "gpt-5.4", "gpt-5.4-mini")
    assert (easy["easy_work"], easy["typical_output_tokens"]) == (True, 13)
    # All prices of the smaller model are 30 % of those of the larger one.
    assert float(easy["saving"]["high"]) == pytest.approx(98.68 * 0.7, rel=0.01)
    assert Decimal(facts["total"]["saving"]["high"]) < Decimal(facts["cost"])


async def test_the_way_back_is_found_within_filters_that_do_not_show_it(demo_data: DataHandle) -> None:
    chosen = Filters(first_day=date(2026, 10, 1), features=("reply-drafts",))
    (move,) = (await model_swap_whatif(make_context(demo_data), filters=chosen)).facts["options"]
    assert (move["kind"], move["to_model"]) == ("rollback", "claude-haiku-4-5")


async def test_the_same_question_has_the_same_answer(small_data: DataHandle) -> None:
    answers = {json.dumps((await model_swap_whatif(make_context(small_data))).as_data()) for _ in range(3)}
    assert len(answers) == 1


@pytest.mark.parametrize(
    "name",
    ["model_swap_whatif", "cache_opportunity", "batch_opportunity", "prompt_waste", "savings_plan", "tradeoff"],
)
def test_models_are_offered_every_argument_with_a_description(name: str) -> None:
    schema = offer_tool(tool_named(name)).function_schema.json_schema
    assert schema["properties"]
    assert all("description" in item for item in schema["properties"].values())
