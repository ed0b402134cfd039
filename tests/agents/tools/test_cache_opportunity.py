"""Caching: repeats within a day and at all, and long prompts at the price of a cache, by hand."""

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

cache_opportunity = tool_named("cache_opportunity").function
MILLION = {"input_tokens": 1_000_000}


async def ask(folder: Path, rows: list[tuple[Any, ...]], **values: Any) -> dict[str, Any]:
    """The facts over these rows."""
    return (await cache_opportunity(make_context(make_data(folder, rows)), **values)).facts


def at(day: int, hour: int, prompt: str | None, **more: Any) -> tuple[Any, ...]:
    """One call of a prompt."""
    return make_row(time=f"2026-09-{day:02d} {hour:02d}:00:00", prompt_hash=prompt, **(MILLION | more))


async def test_repeats_count_within_a_day_and_in_the_whole_period(tmp_path: Path) -> None:
    rows = [at(1, 8, "a"), at(1, 9, "a"), at(4, 9, "a"), at(5, 9, "b")]
    facts = await ask(tmp_path, rows)
    (item,) = facts["response_cache"]
    assert (item["repeated_requests"], item["hashed_requests"]) == ({"low": 1, "high": 2}, 4)
    assert item["repeated_percent"] == "50.0"
    # Each call costs 2.50.
    assert item["saving"] == {"low": "2.500000", "high": "5.000000", "low_percent": "25.0", "high_percent": "50.0"}
    # Five days of data, scaled to thirty.
    assert item["saving_30_days"] == {"low": "15.000000", "high": "30.000000"}


async def test_the_same_prompt_to_another_feature_or_model_is_no_repeat(tmp_path: Path) -> None:
    rows = [at(1, 8, "a"), at(1, 9, "a", feature="other"), at(1, 10, "a", model="gpt-4o-mini")]
    facts = await ask(tmp_path, rows)
    assert facts["response_cache"] == []
    assert facts["repeated"]["requests"] == {"low": 0, "high": 0}


async def test_without_a_prompt_hash_only_prompts_are_looked_at_and_the_field_is_named(tmp_path: Path) -> None:
    result = await cache_opportunity(make_context(make_data(tmp_path, [at(1, 8, None), at(1, 9, None)])))
    facts = result.facts
    assert (facts["response_cache"], facts["repeated"]) == ([], None)
    assert [item["field"] for item in facts["missing"]] == ["prompt_hash"]
    assert len(facts["prompt_cache"]) == 1
    assert "without a prompt hash" in result.block.summary


async def test_only_prompts_of_the_smallest_size_can_be_cached(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(input_tokens=2000), make_row(input_tokens=1000)])
    (item,) = facts["prompt_cache"]
    assert item["uncached_input_tokens"] == 2000
    # 2,000 tokens, 50 to 90 % of them at 1.25 instead of 2.50 USD a million.
    assert (item["saving"]["low"], item["saving"]["high"]) == ("0.001250", "0.002250")


async def test_what_a_feature_of_the_data_reaches_is_what_others_can_reach(tmp_path: Path) -> None:
    rows = [
        make_row(feature="a", input_tokens=1000, cached_read_tokens=3000),
        make_row(feature="b", input_tokens=3000, cached_read_tokens=1000),
        make_row(feature="c", input_tokens=4000),
    ]
    facts = await ask(tmp_path, rows)
    found = {item["feature"]: item for item in facts["prompt_cache"]}
    # Read now: 75, 25 and 0 %. So 25 to 75 % can be reached, at 1.25 USD a million less.
    assert set(found) == {"b", "c"}
    assert (found["c"]["saving"]["low"], found["c"]["saving"]["high"]) == ("0.001250", "0.003750")
    assert (found["b"]["saving"]["low"], found["b"]["saving"]["high"]) == ("0.000000", "0.002500")
    assert found["b"]["read_from_cache_percent"] == "25.0"


async def test_writing_to_a_cache_is_paid_for_at_the_careful_end(tmp_path: Path) -> None:
    row = make_row(provider="anthropic", model="claude-haiku-4-5", input_tokens=2000)
    (item,) = (await ask(tmp_path, [row]))["prompt_cache"]
    # Read 0.10, written 1.25, else 1.00 USD a million: 1,000 tokens at 0.90 - 0.25 less, or 1,800 at 0.90 less.
    assert (item["saving"]["low"], item["saving"]["high"]) == ("0.000650", "0.001620")


async def test_a_model_without_a_cheaper_cache_price_has_nothing_to_gain(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [make_row(model="gpt-4o-2024-05-13", input_tokens=5000)])
    assert facts["prompt_cache"] == []


async def test_both_caches_on_the_same_calls_save_less_than_their_sum(tmp_path: Path) -> None:
    facts = await ask(tmp_path, [at(1, 8, "a"), at(1, 9, "a")])
    # Half of 5.00 is repeated; what is left of it is cached at half the price, 50 to 90 % of it.
    assert (facts["combined"]["low"], facts["combined"]["high"]) == ("3.125000", "3.625000")


async def test_daily_totals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataLacking, match="one row per call"):
        await ask(tmp_path, [make_row(grain="bucket", requests=5, input_tokens=9000)])


async def test_the_planted_repeats_are_found(demo_data: DataHandle) -> None:
    facts = (await cache_opportunity(make_context(demo_data))).facts
    (item,) = facts["response_cache"]
    assert (item["feature"], item["repeated_requests"]["high"]) == ("help-center-answers", 6750)
    assert (item["hashed_requests"], item["repeated_percent"]) == (16196, "41.7")
    assert "code-review" not in {found["feature"] for found in facts["prompt_cache"]}


async def test_filters_narrow_the_rows(small_data: DataHandle) -> None:
    chosen = Filters(features=("ticket-triage",))
    facts = (await cache_opportunity(make_context(small_data), filters=chosen)).facts
    assert {item["feature"] for item in facts["strategies"]} == {"ticket-triage"}


async def test_the_same_question_has_the_same_answer(small_data: DataHandle) -> None:
    answers = {json.dumps((await cache_opportunity(make_context(small_data))).as_data()) for _ in range(3)}
    assert len(answers) == 1
