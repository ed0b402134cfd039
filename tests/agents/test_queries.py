"""The sandbox: one SELECT over one version, within its limits."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from datetime import date
from pathlib import Path

import pytest

from agents.engine.context import DataHandle
from agents.errors import QueryFailed, QueryMemoryExceeded, QueryRefused, QueryTimedOut, ToolArgumentsWrong
from agents.usage.filters import Filters
from agents.usage.queries import Query, QueryLimits, run_query
from tests.agents.conftest import make_data, make_row

ENDLESS = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range * b.range % 7 = 3"
HOSTILE = (
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('{other}')",
    "SELECT * FROM read_parquet('{other}')",
    "SELECT * FROM read_parquet('{own}/../*/*.parquet')",
    "SELECT getenv('HOME')",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW usage",
    "COPY (SELECT 1) TO '{target}'",
    "COPY usage TO '{target}'",
    "EXPORT DATABASE '{target}'",
    "ATTACH '{target}'",
    "CREATE TABLE mine (a INTEGER)",
    "DROP VIEW usage",
    "INSERT INTO prices SELECT * FROM prices",
    "UPDATE prices SET input_price = 0",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "SELECT 1) SELECT 2 FROM (SELECT 3",
)


@pytest.mark.parametrize("statement", HOSTILE)
async def test_a_hostile_statement_is_refused(statement: str, small_data: DataHandle, tmp_path: Path) -> None:
    other = make_data(tmp_path / "other", [make_row()]).parts[0]
    target = tmp_path / "stolen"
    hostile = statement.format(other=other, own=small_data.parts[0].parent, target=target)
    with pytest.raises((QueryRefused, QueryFailed)):
        await run_query(small_data, Query(hostile), QueryLimits())
    assert not target.exists()


async def test_the_view_does_not_tell_where_the_files_lie(small_data: DataHandle) -> None:
    result = await run_query(small_data, Query("SELECT * FROM calls LIMIT 1"), QueryLimits())
    assert not any("/" in str(value) for value in result.rows[0])


async def test_a_query_is_stopped_at_its_time_limit(small_data: DataHandle) -> None:
    started = time.monotonic()
    with pytest.raises(QueryTimedOut):
        await run_query(small_data, Query(ENDLESS), QueryLimits(time_seconds=0.3))
    assert time.monotonic() - started < 5


async def test_a_query_ends_when_nobody_waits_for_it(small_data: DataHandle) -> None:
    """Both query threads are blocked, then left: the next query gets one of them at once."""
    for _ in range(2):
        waiting = asyncio.create_task(run_query(small_data, Query(ENDLESS), QueryLimits(time_seconds=60)))
        await asyncio.wait({waiting}, timeout=0.3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(10):
        await run_query(small_data, Query("SELECT 1"), QueryLimits())


async def test_the_event_loop_goes_on_during_a_query(small_data: DataHandle) -> None:
    waiting = asyncio.create_task(run_query(small_data, Query(ENDLESS), QueryLimits(time_seconds=0.5)))
    gaps: list[float] = []
    while not waiting.done():
        before = time.monotonic()
        await asyncio.wait({waiting}, timeout=0.01)
        gaps.append(time.monotonic() - before)
    assert isinstance(waiting.exception(), QueryTimedOut)
    assert max(gaps) < 0.4


async def test_a_query_beyond_its_memory_is_refused(small_data: DataHandle) -> None:
    statement = "SELECT count(*) FROM (SELECT DISTINCT repeat(md5(range::VARCHAR), 20) FROM range(3000000))"
    with pytest.raises(QueryMemoryExceeded):
        await run_query(small_data, Query(statement), QueryLimits(memory_bytes=20_000_000))


async def test_what_a_query_spills_is_gone_afterwards(
    small_data: DataHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    statement = (
        "SELECT max(place) FROM (SELECT row_number() OVER (ORDER BY md5(range::VARCHAR)) AS place FROM range(1500000))"
    )
    result = await run_query(small_data, Query(statement), QueryLimits(memory_bytes=60_000_000))
    assert result.rows == ((1_500_000,),)
    assert list_files(tmp_path) == []


def list_files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_missing_part_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    data = make_data(tmp_path / "gone", [make_row()])
    shutil.rmtree(tmp_path / "gone")
    with pytest.raises(QueryFailed, match="cannot be read"):
        await run_query(data, Query("SELECT 1"), QueryLimits())


async def test_filter_values_are_parameters(tmp_path: Path) -> None:
    names = ["it's", "'); DROP VIEW usage; --", "line\nbreak", "plain"]
    data = make_data(tmp_path, [make_row(team=name) for name in names])
    for name in names:
        query = Query("SELECT team, count(*) FROM calls GROUP BY team", Filters(teams=(name,)))
        result = await run_query(data, query, QueryLimits())
        assert result.rows == ((name, 1),)
        assert result.rows_scanned == 1
        assert name == "plain" or name not in result.sql.split("\n-- ")[0]


async def test_days_of_a_filter_are_inclusive(tmp_path: Path) -> None:
    moments = (
        "2026-08-31 23:59:59.999",
        "2026-09-01 00:00:00",
        "2026-09-02 23:59:59.999",
        "2026-09-03 00:00:00",
    )
    data = make_data(tmp_path, [make_row(time=moment) for moment in moments])
    chosen = Filters(first_day=date(2026, 9, 1), last_day=date(2026, 9, 2))
    result = await run_query(data, Query("SELECT count(*) FROM calls", chosen), QueryLimits())
    assert result.rows == ((2,),)


async def test_filters_of_different_kinds_must_all_match(small_data: DataHandle) -> None:
    chosen = Filters(teams=("support", "search"), models=("gpt-4o",), statuses=("ok",))
    query = Query("SELECT DISTINCT team, model, status FROM calls ORDER BY ALL", chosen)
    result = await run_query(small_data, query, QueryLimits())
    assert result.rows == (("support", "gpt-4o", "ok"),)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ToolArgumentsWrong):
        Filters(first_day=date(2026, 9, 2), last_day=date(2026, 9, 1)).as_condition()


async def test_the_last_day_there_is_does_not_break_a_filter(small_data: DataHandle) -> None:
    query = Query("SELECT count(*) FROM calls", Filters(last_day=date.max))
    assert (await run_query(small_data, query, QueryLimits())).rows == ((small_data.rows,),)


async def test_a_result_names_its_statement_rows_prices_and_memory(small_data: DataHandle) -> None:
    query = Query("SELECT count(*) AS calls FROM calls", Filters(teams=("support",)))
    result = await run_query(small_data, query, QueryLimits())
    assert result.columns == ("calls",)
    assert result.rows_scanned == result.rows[0][0]
    assert result.price_version.startswith("genai-prices ")
    assert '-- $team_values = ["support"]' in result.sql
    assert result.peak_bytes > 0
