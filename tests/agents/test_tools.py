"""Tools: their figures are those of an independent computation in plain Python."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from agents.engine.blocks import ToolResult
from agents.engine.context import DataHandle
from agents.errors import NoDataChosen
from agents.tools import tool_named, tool_names
from agents.usage.filters import Dimension, Filters
from agents.usage.jumps import find_jump
from agents.usage.periods import Period
from agents.usage.rows import COLUMNS
from tests.agents.conftest import make_context, make_data, make_row

Row = dict[str, Any]
spend_breakdown = tool_named("spend_breakdown").function
spend_trend = tool_named("spend_trend").function
latency_profile = tool_named("latency_profile").function
# What a tool cannot be called without.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "price_lookup": {"model": "gpt-4o"},
    "growth_forecast": {"growth_percent_low": Decimal(30)},
    "run_sql": {"sql": "SELECT team, sum(cost) AS cost FROM calls GROUP BY team ORDER BY team"},
}
OVER_DATA = [name for name in tool_names() if name != "price_lookup"]
# They look beyond the filters' days, or beyond the data.
WITH_OTHER_DAYS = {"compare_periods"}
WITHOUT_DATA = {"price_lookup", "data_gaps"}


def name_columns(rows: list[tuple[Any, ...]]) -> list[Row]:
    """The rows by column, with their time."""
    named = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return [row | {"time": datetime.fromisoformat(row["time"])} for row in named]


def cost_of(row: Row) -> Decimal:
    """The library's own price of one call."""
    writes = row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"]
    usage = Usage(
        input_tokens=row["input_tokens"] + row["cached_read_tokens"] + writes,
        cache_read_tokens=row["cached_read_tokens"],
        cache_write_tokens=writes,
        cache_write_1h_tokens=row["cache_write_1h_tokens"],
        output_tokens=row["output_tokens"] + row["reasoning_tokens"],
    )
    moment = row["time"].replace(tzinfo=UTC)
    found = calc_price(usage, row["model"], provider_id=row["provider"], genai_request_timestamp=moment)
    return found.total_price


@pytest.fixture(scope="session")
def known(small_rows: list[tuple[Any, ...]]) -> list[Row]:
    """The small data set with each row's cost."""
    return [row | {"cost": cost_of(row)} for row in name_columns(small_rows)]


def six_decimals(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.000001"), ROUND_HALF_UP))


async def test_totals_are_exact_although_only_the_top_groups_are_shown(
    small_data: DataHandle, known: list[Row]
) -> None:
    result = await spend_breakdown(make_context(small_data), by=(Dimension.USER,), top=3)
    facts = result.facts
    assert len(facts["groups"]) == len(result.block.rows) == 3
    assert facts["groups_total"] == len({row["user_name"] for row in known})
    assert facts["requests"] == len(known)
    assert facts["cost"] == six_decimals(sum(row["cost"] for row in known))
    assert facts["tokens"]["output"] == sum(row["output_tokens"] for row in known)
    assert facts["failed_requests"] == sum(row["status"] == "error" for row in known)


async def test_each_group_is_exact_within_the_filters(small_data: DataHandle, known: list[Row]) -> None:
    chosen = Filters(teams=("support", "finance"), first_day=date(2026, 9, 1), last_day=date(2026, 9, 30))
    result = await spend_breakdown(make_context(small_data), by=(Dimension.TEAM, Dimension.MODEL), filters=chosen)
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in known:
        if row["team"] in chosen.teams and row["time"].month == 9:
            sums[row["team"], row["model"]] += row["cost"]
    found = {(group["team"], group["model"]): group["cost"] for group in result.facts["groups"]}
    assert found == {key: six_decimals(cost) for key, cost in sums.items()}
    assert list(found.values()) == sorted(found.values(), key=Decimal, reverse=True)
    assert result.facts["cost"] == six_decimals(sum(sums.values(), Decimal(0)))


async def test_every_token_class_is_counted_once(small_data: DataHandle, known: list[Row]) -> None:
    facts = (await spend_breakdown(make_context(small_data))).facts
    assert facts["tokens"] == {
        "input": sum(row["input_tokens"] for row in known),
        "cached_read": sum(row["cached_read_tokens"] for row in known),
        "cache_write": sum(row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"] for row in known),
        "output": sum(row["output_tokens"] for row in known),
        "reasoning": sum(row["reasoning_tokens"] for row in known),
    }


async def test_unpriced_calls_are_counted_and_named(tmp_path: Path) -> None:
    rows = [make_row(model="gpt-4o", input_tokens=1_000_000), make_row(model="house-model", input_tokens=5)]
    facts = (await spend_breakdown(make_context(make_data(tmp_path, rows)))).facts
    assert (facts["cost"], facts["unpriced_requests"], facts["unpriced_models"]) == (
        "2.500000",
        1,
        ["house-model"],
    )
    assert {group["model"]: group["cost"] for group in facts["groups"]} == {
        "gpt-4o": "2.500000",
        "house-model": None,
    }


async def test_rows_without_a_team_are_a_group_of_their_own(tmp_path: Path) -> None:
    rows = [make_row(team=None, input_tokens=10), make_row(team="support", input_tokens=20)]
    facts = (await spend_breakdown(make_context(make_data(tmp_path, rows)), by=(Dimension.TEAM,))).facts
    assert [group["team"] for group in facts["groups"]] == ["support", "(none)"]
    assert facts["groups_total"] == 2


async def test_weeks_are_exact_and_only_whole_ones_are_compared(small_data: DataHandle, known: list[Row]) -> None:
    facts = (await spend_trend(make_context(small_data), period=Period.WEEK)).facts
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in known:
        day = row["time"].date()
        sums[(day - timedelta(days=day.weekday())).isoformat()] += row["cost"]
    assert {point["start"]: point["cost"] for point in facts["points"]} == {
        start: six_decimals(cost) for start, cost in sums.items()
    }
    first, *middle, last = facts["points"]
    assert (first["complete"], first["change_percent"]) == (True, None)
    assert (last["complete"], last["change_percent"]) == (False, None)
    for before, point in zip([first, *middle], middle, strict=False):
        change = (Decimal(point["cost"]) / Decimal(before["cost"]) - 1) * 100
        assert math.isclose(Decimal(point["change_percent"]), change, abs_tol=0.06)


async def test_the_parts_of_a_split_add_up_to_each_period(small_data: DataHandle) -> None:
    result = await spend_trend(make_context(small_data), period=Period.MONTH, split_by=Dimension.USER)
    facts = result.facts
    assert len(facts["series"]) == 7
    assert facts["series"][-1]["name"] == "(other)"
    for number, point in enumerate(facts["points"]):
        parts = sum(Decimal(part["points"][number] or 0) for part in facts["series"])
        assert abs(parts - Decimal(point["cost"])) < Decimal("0.00001")


async def test_a_period_without_calls_is_not_compared_across(tmp_path: Path) -> None:
    rows = [make_row(time=f"2026-09-0{day} 12:00:00", input_tokens=1000 * day) for day in (1, 2, 4)]
    facts = (await spend_trend(make_context(make_data(tmp_path, rows)), period=Period.DAY)).facts
    assert [point["change_percent"] for point in facts["points"]] == [None, "100.0", None]


async def test_latency_percentiles_are_exact_and_leave_failed_calls_out(
    small_data: DataHandle, known: list[Row]
) -> None:
    facts = (await latency_profile(make_context(small_data))).facts
    assert facts["failed_left_out"]
    for group in facts["groups"]:
        values = sorted(row["latency_ms"] for row in known if row["model"] == group["model"] and not row["error"])
        assert group["measured"] == len(values)
        for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
            assert abs(group[name] - interpolate(values, share)) <= 0.5
        assert abs(group["mean_ms"] - sum(values) / len(values)) <= 0.5


def interpolate(values: list[int], share: float) -> float:
    """The percentile between the two values it lies between."""
    place = share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


async def test_failed_calls_are_measured_when_they_are_asked_for(small_data: DataHandle) -> None:
    facts = (await latency_profile(make_context(small_data), filters=Filters(statuses=("error",)))).facts
    assert facts["measured"] > 0
    assert not facts["failed_left_out"]


@pytest.mark.parametrize("name", OVER_DATA)
async def test_no_match_is_a_result_and_not_an_error(name: str, small_data: DataHandle) -> None:
    result = await call(name, small_data, filters=Filters(teams=("nobody",)))
    assert result.block.rows == ()
    assert result.facts["requests"] == 0
    assert result.block.summary.startswith("No rows")


@pytest.mark.parametrize("name", [name for name in OVER_DATA if name not in WITH_OTHER_DAYS])
async def test_a_period_outside_the_data_is_a_result_and_not_an_error(name: str, small_data: DataHandle) -> None:
    result = await call(name, small_data, filters=Filters(first_day=date(2031, 1, 1)))
    assert result.facts["requests"] == 0


@pytest.mark.parametrize("name", tool_names())
async def test_a_result_is_json_and_says_where_it_comes_from(name: str, small_data: DataHandle) -> None:
    data = json.loads(json.dumps((await call(name, small_data)).as_data()))
    block, source = data["block"], data["block"]["source"]
    assert source["price_version"].startswith("genai-prices ")
    if name != "price_lookup":
        assert source["dataset"] == "Small, version 1"
        assert source["demo"] is True
        assert source["rows_scanned"] == small_data.rows or name in WITH_OTHER_DAYS
        assert "SELECT" in source["sql"]
    keys = {column["key"] for column in block["columns"]}
    assert not block["chart"] or {block["chart"]["x"], *block["chart"]["series"]} <= keys
    assert block["rows"]
    assert all(len(row) == len(block["columns"]) for row in block["rows"])


@pytest.mark.parametrize("name", tool_names())
async def test_the_same_question_gives_the_same_bytes(name: str, small_data: DataHandle) -> None:
    answers = {json.dumps((await call(name, small_data)).as_data()) for _ in range(4)}
    assert len(answers) == 1


@pytest.mark.parametrize("name", [name for name in tool_names() if name not in WITHOUT_DATA])
async def test_a_tool_without_data_says_what_to_do(name: str) -> None:
    with pytest.raises(NoDataChosen, match="Choose one"):
        await call(name, None)


async def call(name: str, data: DataHandle | None, **values: Any) -> ToolResult:
    """Calls a tool with what it cannot do without."""
    return await tool_named(name).function(make_context(data), **ARGUMENTS.get(name, {}), **values)


async def test_the_planted_jump_is_found_on_its_day_with_its_cause(demo_data: DataHandle) -> None:
    jump = (await spend_trend(make_context(demo_data))).facts["jump"]
    assert jump["day"] == "2026-09-16"
    assert jump["direction"] == "up"
    first, second = jump["drivers"][:2]
    assert (first["feature"], first["model"]) == ("reply-drafts", "claude-opus-4-8")
    assert (second["feature"], second["model"]) == ("reply-drafts", "claude-haiku-4-5")


def test_a_level_series_with_a_weekly_rhythm_has_no_jump() -> None:
    week = [Decimal(value) for value in (10, 11, 12, 11, 10, 3, 2)]
    assert find_jump(week * 6) is None
    assert find_jump(week) is None
    assert find_jump([]) is None


def test_a_step_in_a_weekly_rhythm_is_found_on_its_day() -> None:
    week = [Decimal(value) for value in (10, 11, 12, 11, 10, 3, 2)]
    series = week * 3 + [value * 2 for value in week * 3]
    jump = find_jump(series)
    assert jump is not None
    assert jump.index == 21
    assert jump.after == jump.before * 2
