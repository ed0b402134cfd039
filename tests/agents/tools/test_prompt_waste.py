"""Waste: each kind on rows whose wasted tokens can be counted by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.errors import DataLacking
from agents.tools import tool_named
from agents.usage.filters import Filters
from tests.agents.conftest import make_context, make_data, make_row

prompt_waste = tool_named("prompt_waste").function


async def ask(folder: Path, rows: list[tuple[Any, ...]], **values: Any) -> dict[str, Any]:
    """The facts over these rows."""
    return (await prompt_waste(make_context(make_data(folder, rows)), **values)).facts


def of_kind(facts: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item for item in facts["findings"] if item["kind"] == kind]


async def test_a_tail_is_what_lies_above_twice_and_four_times_the_median(tmp_path: Path) -> None:
    rows = [make_row(output_tokens=100)] * 9 + [make_row(output_tokens=1000)]
    (item,) = of_kind(await ask(tmp_path, rows), "output_tail")
    # 1,000 - 400 and 1,000 - 200 tokens, at 10 USD a million.
    assert item["tokens"] == {"low": 600, "high": 800}
    assert item["cost"] == {"low": "0.006000", "high": "0.008000"}


async def test_the_tail_is_that_of_each_feature_on_each_model(tmp_path: Path) -> None:
    rows = [make_row(feature="short", output_tokens=10)] * 3 + [make_row(feature="long", output_tokens=300)] * 3
    assert of_kind(await ask(tmp_path, rows), "output_tail") == []


async def test_long_answers_could_be_shorter(tmp_path: Path) -> None:
    (item,) = of_kind(await ask(tmp_path, [make_row(output_tokens=1000)] * 2), "verbosity")
    assert item["tokens"] == {"low": 200, "high": 600}
    assert item["cost"] == {"low": "0.002000", "high": "0.006000"}


async def test_a_long_prompt_for_a_tiny_answer_is_repeated_context(tmp_path: Path) -> None:
    rows = [make_row(input_tokens=6000, output_tokens=10), make_row(feature="fair", input_tokens=400, output_tokens=10)]
    (item,) = of_kind(await ask(tmp_path, rows), "repeated_context")
    # 10 to 30 % of 6,000 tokens at 2.50 USD a million.
    assert (item["feature"], item["tokens"]) == ("chat", {"low": 600, "high": 1800})
    assert item["cost"] == {"low": "0.001500", "high": "0.004500"}


async def test_reasoning_before_short_answers_is_idle(tmp_path: Path) -> None:
    rows = [
        make_row(model="gpt-5.4", output_tokens=10, reasoning_tokens=500),
        make_row(model="gpt-5.4", output_tokens=300, reasoning_tokens=900),
    ]
    (item,) = of_kind(await ask(tmp_path, rows), "reasoning")
    # Only the first call's, at 15 USD a million.
    assert item["tokens"] == {"low": 250, "high": 500}
    assert item["cost"] == {"low": "0.003750", "high": "0.007500"}


async def test_failed_calls_that_are_paid_for_are_waste(tmp_path: Path) -> None:
    rows = [
        make_row(time="2026-09-01 12:00:00", input_tokens=1000, status="error", error="timeout", prompt_hash="a"),
        make_row(time="2026-09-01 12:05:00", input_tokens=1000, prompt_hash="a"),
        make_row(time="2026-09-01 12:30:00", input_tokens=1000, prompt_hash="a"),
    ]
    facts = await ask(tmp_path, rows)
    (item,) = of_kind(facts, "failed_calls")
    assert item["tokens"] == {"low": 500, "high": 1000}
    assert item["cost"] == {"low": "0.001250", "high": "0.002500"}
    assert "After 1 of the failures the same prompt was sent again" in item["why"]
    assert facts["failed"] == {"calls": 3, "failed_calls": 1, "failed_percent": "33.3", "sent_again": 1}


async def test_failed_calls_without_tokens_are_counted_and_no_waste(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(input_tokens=9), make_row(status="error", error="timeout")])
    assert facts["findings"] == []
    assert facts["failed"]["failed_calls"] == 1
    assert facts["failed"]["sent_again"] is None


async def test_each_finding_is_a_strategy_as_well(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(input_tokens=6000, output_tokens=10)])
    (item,) = facts["strategies"]
    assert (item["kind"], item["saving"]["low"]) == ("prompt_trim", "0.001500")


async def test_missing_fields_are_named(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(input_tokens=9, status=None)])
    assert [item["field"] for item in facts["missing"]] == ["status or error", "prompt_hash"]


async def test_daily_totals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataLacking, match="one row per call"):
        await ask(tmp_path, [make_row(grain="bucket", requests=5, input_tokens=9000)])


async def test_the_long_prompts_of_the_easy_work_are_found(demo_data: DataHandle) -> None:
    facts = (await prompt_waste(make_context(demo_data))).facts
    (item,) = of_kind(facts, "repeated_context")
    assert item["feature"] == "ticket-triage"
    assert facts["failed"]["calls"] == 100_000
    assert {found["feature"] for found in of_kind(facts, "verbosity")} >= {"code-review", "test-generation"}


async def test_filters_narrow_the_rows(small_data: DataHandle) -> None:
    chosen = Filters(features=("code-review",))
    facts = (await prompt_waste(make_context(small_data), filters=chosen)).facts
    assert {item["feature"] for item in facts["findings"]} == {"code-review"}


async def test_the_same_question_has_the_same_answer(small_data: DataHandle) -> None:
    answers = {json.dumps((await prompt_waste(make_context(small_data))).as_data()) for _ in range(3)}
    assert len(answers) == 1
