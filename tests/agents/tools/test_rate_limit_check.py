"""Rate limits: busiest minutes counted by hand, against limits that are given and ones that are asked for."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.errors import DataLacking
from agents.tools import tool_named
from agents.usage.filters import Filters
from tests.agents.conftest import make_context, make_data, make_row

rate_limit_check = tool_named("rate_limit_check").function
Row = tuple[Any, ...]


def minute(number: int, count: int, **values: Any) -> list[Row]:
    """So many calls within one minute of 10 o'clock."""
    values = {"input_tokens": 80, "cached_read_tokens": 10, "output_tokens": 10} | values
    return [make_row(time=f"2026-09-01 10:{number:02d}:{second:02d}", **values) for second in range(count)]


@pytest.fixture
def busy(tmp_path: Path) -> DataHandle:
    """Three minutes of gpt-4o with 10, 4 and 2 calls of 100 tokens, and one call to a second provider."""
    rows = minute(1, 10) + minute(2, 4) + minute(3, 2)
    return make_data(tmp_path, rows + minute(5, 1, provider="anthropic", model="claude-haiku-4-5", team="other"))


async def check(data: DataHandle, growth: int = 0, **arguments: Any) -> dict[str, Any]:
    """The facts of a check."""
    return (await rate_limit_check(make_context(data), Decimal(growth), **arguments)).facts


async def test_the_busiest_minute_is_counted_by_model(busy: DataHandle) -> None:
    facts = await check(busy)
    first, second = facts["models"]
    assert (first["model"], first["requests"], first["minutes"]) == ("gpt-4o", 16, 3)
    requests, tokens = first["requests_per_minute"], first["tokens_per_minute"]
    assert (requests["busiest"], requests["busiest_at"]) == (10, "2026-09-01T10:01")
    assert (tokens["busiest"], first["busiest_tokens_without_cached"]) == (1000, 900)
    assert (second["model"], second["requests_per_minute"]["busiest"]) == ("claude-haiku-4-5", 1)


async def test_growth_is_a_range_from_the_p99_minute_to_the_busiest(tmp_path: Path) -> None:
    """Of 100 minutes, 98 have one call, one has 3 and one has 9: the 99th of them in order has 3."""
    rows = [row for hour in (10, 11) for number in range(49) for row in at(hour, number, 1)]
    rows += at(12, 1, 3) + at(12, 2, 9)
    peak = (await check(make_data(tmp_path, rows), 50))["models"][0]["requests_per_minute"]
    assert (peak["busiest"], peak["p99"]) == (9, 3)
    # Half as many more, rounded up.
    assert (peak["at_growth_low"], peak["at_growth_high"]) == (5, 14)


def at(hour: int, number: int, count: int) -> list[Row]:
    """So many calls in one minute."""
    return [make_row(time=f"2026-09-01 {hour}:{number:02d}:30", input_tokens=1) for _ in range(count)]


async def test_limits_give_headroom_overflow_and_the_growth_that_still_fits(busy: DataHandle) -> None:
    facts = await check(busy, 50, requests_per_minute=12, tokens_per_minute=5000)
    requests, tokens = (facts["models"][0][f"{name}_per_minute"] for name in ("requests", "tokens"))
    # 10 calls become 15: over 12 by 3. 12 is 20 % more than 10.
    assert (requests["headroom_now"], requests["headroom"], requests["minutes_over"]) == (2, -3, 1)
    assert requests["fits_until_growth_percent"] == "20.0"
    assert (tokens["headroom"], tokens["minutes_over"], tokens["fits_until_growth_percent"]) == (3500, 0, "400.0")
    assert (facts["minutes_over"], facts["overflowing"], facts["models"][0]["requests_over"]) == (1, ["gpt-4o"], 3)
    assert (facts["models"][0]["minutes_over_percent"], facts["models"][1]["fits"]) == ("33.3", True)
    assert facts["limits_needed"] == []


async def test_tokens_alone_can_overflow(busy: DataHandle) -> None:
    facts = await check(busy, tokens_per_minute=399)
    first = facts["models"][0]
    assert (first["minutes_over"], first["fits"], first["requests_over"]) == (2, False, None)
    assert first["requests_per_minute"]["minutes_over"] is None
    assert {(item["field"], item["provider"]) for item in facts["limits_needed"]} == {
        ("requests_per_minute", "openai"), ("requests_per_minute", "anthropic"),
    }  # fmt: skip


async def test_limits_that_were_not_given_are_asked_for_with_their_place(busy: DataHandle) -> None:
    result = await rate_limit_check(make_context(busy))
    facts = result.facts
    needed = {(item["field"], item["provider"]): item for item in facts["limits_needed"]}
    assert len(needed) == 4
    assert "anthropic-ratelimit-requests-limit" in needed["requests_per_minute", "anthropic"]["where"]
    assert needed["tokens_per_minute", "openai"]["models"] == ["gpt-4o"]
    assert (facts["minutes_over"], facts["models"][0]["fits"]) == (None, None)
    assert result.block.summary == "Busiest minute: 10 requests to gpt-4o; no limits were given to compare with"


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"status": "429"}, 1), ({"status": "rate_limited"}, 1), ({"status": "error", "error": "rate_limit_error"}, 1),
        ({"error": "Error code: 429 - slow down"}, 1), ({"error": "RESOURCE_EXHAUSTED"}, 1),
        ({"error": "Too Many Requests"}, 1), ({"status": "500"}, 0), ({"error": "code 14290"}, 0), ({}, 0),
    ],
)  # fmt: skip
async def test_calls_that_were_refused_for_their_rate_are_known(
    tmp_path: Path, values: dict[str, Any], refused: int
) -> None:
    data = make_data(tmp_path, [*minute(1, 3), *minute(2, 1, **values)])
    found = (await check(data))["refused"]
    assert (found["requests"], found["percent"]) == (refused, "25.0" if refused else "0.0")
    assert found["first_day"] == ("2026-09-01" if refused else None)


async def test_the_refused_calls_of_the_demo_data_are_counted(demo_data: DataHandle) -> None:
    facts = await check(demo_data)
    kinds = (await tool_named("error_profile").function(make_context(demo_data))).facts["kinds"]
    (limited,) = [item for item in kinds if item["kind"] == "rate_limited"]
    assert facts["refused"]["requests"] == limited["failed_requests"]


async def test_calls_dated_by_the_hour_have_no_minutes(tmp_path: Path) -> None:
    rows = [make_row(time=f"2026-09-01 {hour:02d}:00:00", input_tokens=5) for hour in range(20)]
    with pytest.raises(DataLacking, match="dated on the full hour"):
        await check(make_data(tmp_path, rows))


async def test_totals_by_hour_have_no_busiest_minute(tmp_path: Path) -> None:
    data = make_data(tmp_path, [make_row(grain="bucket", requests=40, input_tokens=5)])
    with pytest.raises(DataLacking, match="no single calls; a question about rate limits needs one row per call"):
        await check(data)


async def test_beside_calls_totals_are_left_out(tmp_path: Path) -> None:
    rows = [*minute(1, 3), make_row(grain="bucket", requests=4000, time="2026-09-01 10:01:00", input_tokens=5)]
    facts = await check(make_data(tmp_path, rows))
    assert (facts["requests"], facts["models"][0]["requests_per_minute"]["busiest"]) == (3, 3)


async def test_filters_choose_the_calls_and_the_answer_says_what_that_means(busy: DataHandle) -> None:
    facts = await check(busy, filters=Filters(teams=("other",)))
    assert ([item["model"] for item in facts["models"]], facts["requests"]) == (["claude-haiku-4-5"], 1)
    assert "share its limits" in facts["assumptions"][-1]
    assert "share its limits" not in (await check(busy))["assumptions"][-1]


async def test_no_match_is_a_result(small_data: DataHandle) -> None:
    for filters in (Filters(teams=("nobody",)), Filters(first_day=date(2031, 1, 1))):
        result = await rate_limit_check(make_context(small_data), requests_per_minute=5, filters=filters)
        assert (result.facts["requests"], result.facts["models"], result.block.rows) == (0, [], ())
        assert result.block.summary == "No rows match these filters."


async def test_the_same_check_gives_the_same_bytes(small_data: DataHandle) -> None:
    context = make_context(small_data)
    answers = {json.dumps((await rate_limit_check(context, Decimal(30), 3)).as_data()) for _ in range(3)}
    assert len(answers) == 1
