"""What a tool needs: data without it gets a sentence that names what is missing, never a guess."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle, DataProfile
from agents.engine.ports import MemoryLedger
from agents.engine.specs import Needs
from agents.engine.tools import ToolSession, run_tool
from agents.errors import DataLacking
from agents.tools import tool_named, tool_names
from agents.usage.filters import Dimension, Filters
from agents.usage.needs import FIELDS, require_needs
from agents.usage.profile import FILLED, GRAINS
from agents.usage.rows import COLUMNS
from tests.agents.conftest import make_context, make_data, make_row

BUCKET = {"grain": "bucket", "requests": 40, "request_id": None, "input_tokens": 90_000, "output_tokens": 800}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "run_sql": {"sql": "SELECT 1"},
    "price_lookup": {"model": "gpt-4o"},
    "growth_forecast": {"growth_percent_low": Decimal(30)},
}
BARE = {"status": None, "user_name": None, "team": None, "feature": None}


@pytest.fixture
def buckets(tmp_path: Path) -> DataHandle:
    """Daily totals without anything but tokens and models."""
    return make_data(tmp_path, [make_row(**BUCKET, **BARE, time=f"2026-09-{day:02d} 00:00:00") for day in range(1, 15)])


def test_a_profile_counts_grains_and_filled_columns(tmp_path: Path) -> None:
    rows = [
        make_row(input_tokens=5, latency_ms=100, first_token_ms=20, prompt_hash="a", session="s"),
        make_row(team=None, feature="", error="timeout", status="error"),
        make_row(**BUCKET, **BARE),
        make_row(grain="cost", requests=0, billed_cost="1.5", currency="EUR", model=None, **BARE),
    ]
    profile = make_data(tmp_path, rows).profile
    assert profile.grains == {"call": 2, "bucket": 1, "cost": 1}
    assert profile.filled == {
        **{"tokens": 2, "provider": 4, "model": 3, "status": 2, "error": 1, "user_name": 2, "team": 1, "feature": 1},
        **{"prompt_hash": 1, "session": 1, "latency_ms": 1, "first_token_ms": 1, "billed_cost": 1},
    }
    assert DataProfile.from_data(json.loads(json.dumps(profile.as_data()))) == profile


def test_a_profile_from_before_the_counts_refuses_nothing() -> None:
    old = DataProfile.from_data({"models": [["openai", "gpt-4o"]], "teams": ["support"]})
    assert (old.grains, old.filled) == ({}, {})
    for name in tool_names():
        require_needs(old, tool_named(name).needs)


async def test_latency_of_daily_totals_names_the_missing_grain(buckets: DataHandle) -> None:
    with pytest.raises(DataLacking) as caught:
        await tool_named("latency_profile").function(make_context(buckets))
    assert caught.value.sentence == (
        "This data has totals by hour or day, no single calls; latency needs one row per call with latency_ms."
    )


async def test_errors_of_calls_without_a_status_name_the_field(tmp_path: Path) -> None:
    data = make_data(tmp_path, [make_row(status=None)])
    with pytest.raises(DataLacking, match="No row of this data has status or error, which a question about errors"):
        await tool_named("error_profile").function(make_context(data))


@pytest.mark.parametrize("name", [name for name in tool_names() if tool_named(name).needs != Needs()])
async def test_every_tool_refuses_data_without_what_it_declares(name: str, tmp_path: Path) -> None:
    """Declared and enforced are the same: each grain and each column is taken away, one after the other."""
    tool = tool_named(name)
    full = make_row(input_tokens=5, latency_ms=100, error="x")
    lacking = [make_row(**({"grain": other} | BARE)) for other in GRAINS if other not in (tool.needs.grains or GRAINS)]
    lacking += [take_away(full, column) for column in tool.needs.columns]
    assert lacking or set(tool.needs.grains) == set(GRAINS)
    for number, row in enumerate(lacking):
        data = make_data(tmp_path / str(number), [row])
        with pytest.raises(DataLacking):
            await tool.function(make_context(data), **ARGUMENTS.get(name, {}))


def take_away(row: tuple[Any, ...], column: str) -> tuple[Any, ...]:
    """The row without the column, or without each of those that stand for it."""
    named = dict(zip(COLUMNS, row, strict=True))
    if column == "tokens":
        return tuple((named | {name: 0 for name in COLUMNS if name.endswith("_tokens")}).values())
    return tuple((named | dict.fromkeys(column.split("|"))).values())


@pytest.mark.parametrize("name", ["spend_breakdown", "latency_profile", "error_profile"])
async def test_grouping_by_what_no_row_has_is_refused(name: str, tmp_path: Path) -> None:
    data = make_data(tmp_path, [make_row(team=None, latency_ms=5)])
    with pytest.raises(DataLacking, match="No row of this data names a team, so nothing"):
        await tool_named(name).function(make_context(data), by=(Dimension.TEAM,))


async def test_the_model_is_told_what_is_missing_and_the_run_goes_on(buckets: DataHandle) -> None:
    session = ToolSession(make_context(buckets), MemoryLedger())
    with pytest.raises(Exception, match="latency needs one row per call with latency_ms"):
        await run_tool(tool_named("latency_profile"), session, "call-1", {})


async def test_a_runs_queries_are_added_up(small_data: DataHandle) -> None:
    context = make_context(small_data)
    assert context.consumed.as_usage() == {}
    await tool_named("spend_breakdown").function(context)
    first = context.consumed.as_usage()
    assert first["rows_scanned"] == small_data.rows
    assert first["query_peak_bytes"] > 0
    await tool_named("spend_trend").function(context)
    both = context.consumed.as_usage()
    assert both["queries"] >= 3
    assert both["rows_scanned"] > 2 * small_data.rows
    assert both["query_peak_bytes"] >= first["query_peak_bytes"]


async def test_gaps_name_each_missing_field_with_its_reason_and_sources(buckets: DataHandle) -> None:
    result = await tool_named("data_gaps").function(make_context(buckets))
    facts = result.facts
    assert facts["grains"] == {"call": 0, "bucket": 14, "cost": 0}
    answerable = {item["question"]: item["answerable"] for item in facts["questions"]}
    assert answerable["What do we spend, on which models, and how does it trend?"]
    assert not answerable["How fast are answers (p50, p95, p99)?"]
    missing = {item["field"]: item for item in facts["missing"]}
    assert {"one row per call", "latency_ms", "team", "status or error", "billed cost and currency"} <= set(missing)
    assert set(missing["latency_ms"]["sources"]) == {"OpenAI", "Anthropic", "LiteLLM", "Langfuse"}
    assert all(item["why"] for item in missing.values())


async def test_gaps_within_filters_are_those_of_the_filtered_rows(tmp_path: Path) -> None:
    rows = [make_row(team="a", latency_ms=5), make_row(team="b")]
    data = make_data(tmp_path, rows)
    for team, filled in (("a", "100.0"), ("b", "0.0")):
        facts = (await tool_named("data_gaps").function(make_context(data), filters=Filters(teams=(team,)))).facts
        assert facts["filled_percent"]["latency_ms"] == filled


async def test_without_data_everything_is_missing() -> None:
    result = await tool_named("data_gaps").function(make_context(None))
    assert not any(item["answerable"] for item in result.facts["questions"])
    assert len(result.facts["missing"]) == len(FIELDS)


def test_every_field_says_where_each_source_has_it() -> None:
    for field in FIELDS.values():
        assert set(field.sources) == {"OpenAI", "Anthropic", "LiteLLM", "Langfuse"}
    counted = {column for name in FIELDS for column in name.split("|")} - set(GRAINS)
    assert counted <= set(FILLED)
