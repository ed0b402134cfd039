"""Batches: who waits for an answer is told by when calls come, and half the price is half the price."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.errors import DataLacking
from agents.tools import tool_named
from agents.usage.filters import Filters
from tests.agents.conftest import make_context, make_data, make_row

batch_opportunity = tool_named("batch_opportunity").function


async def ask(folder: Path, rows: list[tuple[Any, ...]], **values: Any) -> dict[str, Any]:
    """The facts over these rows."""
    return (await batch_opportunity(make_context(make_data(folder, rows)), **values)).facts


def at(hours: Iterable[int], **more: Any) -> list[tuple[Any, ...]]:
    """One call of a million input tokens, 2.50 USD, in each of these hours."""
    return [make_row(time=f"2026-09-01 {hour:02d}:30:00", input_tokens=1_000_000, **more) for hour in hours]


async def test_work_at_night_is_half_price(tmp_path: Path) -> None:
    facts = await ask(tmp_path, at([0, 1, 2, 3], first_token_ms=300))
    (item,) = facts["candidates"]
    # Half of 10.00; at the careful end four fifths of the calls.
    assert (item["saving"]["low"], item["saving"]["high"]) == ("4.000000", "5.000000")
    assert item["night_percent"] == "100.0"
    assert facts["strategies"][0]["latency"]["p95_after_ms"] == 86_400_000
    assert facts["not_qualified"] == []


async def test_office_hours_with_first_tokens_are_waited_for(tmp_path: Path) -> None:
    facts = await ask(tmp_path, at([3, 9, 10, 14, 16], first_token_ms=300))
    assert facts["candidates"] == []
    (refused,) = facts["not_qualified"]
    # One call in five is at night.
    assert (refused["saving"]["low"], refused["saving"]["high"]) == ("0.000000", "1.250000")
    assert refused["reason"] == "it keeps office hours (20.0 % at night) and first tokens are measured"


async def test_bursts_without_first_tokens_can_wait(tmp_path: Path) -> None:
    facts = await ask(tmp_path, at([22, 23, 23, 12, 23]))
    (item,) = facts["candidates"]
    # Four of five calls come within three hours; four fifths of those at the careful end.
    assert (item["saving"]["low"], item["saving"]["high"]) == ("4.000000", "6.250000")
    assert item["busiest_three_hours_percent"] == "80.0"


async def test_a_burst_across_midnight_is_one_burst(tmp_path: Path) -> None:
    facts = await ask(tmp_path, at([22, 23, 23, 0, 12]))
    assert facts["candidates"][0]["busiest_three_hours_percent"] == "80.0"


async def test_work_around_the_clock_may_wait(tmp_path: Path) -> None:
    (item,) = (await ask(tmp_path, at(range(24))))["candidates"]
    assert (item["saving"]["low"], item["saving"]["high"]) == ("0.000000", "30.000000")


async def test_a_provider_without_batches_does_not_qualify(tmp_path: Path) -> None:
    facts = await ask(tmp_path, at([1, 2], provider="mistral", model="mistral-large-latest"))
    assert facts["candidates"] == []
    assert facts["not_qualified"][0]["reason"] == "no batch price of mistral is known"


async def test_daily_totals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataLacking, match="one row per call"):
        await ask(tmp_path, [make_row(grain="bucket", requests=5, input_tokens=9000)])


async def test_the_planted_night_work_is_the_only_one(demo_data: DataHandle) -> None:
    facts = (await batch_opportunity(make_context(demo_data))).facts
    (item,) = facts["candidates"]
    assert (item["feature"], item["night_percent"]) == ("invoice-extraction", "100.0")
    assert float(item["saving"]["high"]) == pytest.approx(22.16 / 2, abs=0.005)
    assert all(refused["saving"]["low"] == "0.000000" for refused in facts["not_qualified"])


async def test_filters_narrow_the_rows(small_data: DataHandle) -> None:
    chosen = Filters(features=("code-review",))
    facts = (await batch_opportunity(make_context(small_data), filters=chosen)).facts
    assert (facts["candidates"], [item["feature"] for item in facts["not_qualified"]]) == ([], ["code-review"])


async def test_the_same_question_has_the_same_answer(small_data: DataHandle) -> None:
    answers = {json.dumps((await batch_opportunity(make_context(small_data))).as_data()) for _ in range(3)}
    assert len(answers) == 1
