"""Hostile statements: each is refused with a sentence or stopped in time, and takes a bounded amount of memory."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agents.engine.context import DataHandle
from agents.errors import QueryFailed, QueryMemoryExceeded, QueryRefused, QueryTimedOut
from agents.usage.queries import MOST_BYTES, MOST_ROWS, Query, QueryLimits, QueryResult, run_query
from agents.usage.vocabulary import LONGEST_STATEMENT, MOST_CELL_CHARACTERS
from tests.agents.conftest import make_data, make_row

SECONDS = 1.0
LIMITS = QueryLimits(memory_bytes=128 * 1024 * 1024, time_seconds=SECONDS)
MEBIBYTE = 1024 * 1024
BLOCK_BYTES = 256 * 1024
# What an interpreter with DuckDB takes above its start, besides what a query may take.
OVERHEAD_BYTES = 256 * MEBIBYTE

# {own} and {other}: this data set's part and somebody else's; {target}: a file that must not appear.
READS = (
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_ndjson_objects('/etc/passwd')",
    "SELECT * FROM read_parquet('{other}')",
    "SELECT * FROM parquet_scan('{own}')",
    "SELECT * FROM parquet_metadata('{own}')",
    "SELECT * FROM parquet_kv_metadata('{other}')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM '{other}'",
    "WITH x AS (SELECT * FROM '{other}') SELECT * FROM x",
    "SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 'auth_user')",
    "SELECT * FROM read_csv('https://example.com/x.csv')",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT * FROM query('SELECT * FROM usage')",
    "SELECT * FROM query_table('usage')",
)
LEAKS = (
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_temporary_files()",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT current_setting('allowed_paths')",
    "SELECT getenv('HOME')",
    "SELECT getvariable('x')",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM prices",
    "SELECT * FROM usage",
    "SELECT * FROM priced",
    "SELECT * FROM (DESCRIBE usage)",
    "SELECT * FROM (SUMMARIZE calls)",
    "WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings",
)
CHANGES = (
    "ATTACH '{target}'",
    "DETACH memory",
    "COPY (SELECT 1) TO '{target}'",
    "COPY calls TO '{target}' (FORMAT parquet)",
    "EXPORT DATABASE '{target}'",
    "IMPORT DATABASE '{target}'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "PRAGMA enable_external_access",
    "SET memory_limit = '100GB'",
    "SET lock_configuration = false",
    "RESET memory_limit",
    "RESET lock_configuration",
    "SET VARIABLE x = 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW usage",
    "CREATE TABLE mine (a INTEGER)",
    "CREATE TABLE mine AS SELECT * FROM calls",
    "CREATE MACRO mine() AS 1",
    "CREATE SECRET (TYPE s3)",
    "DROP VIEW usage",
    "ALTER TABLE prices ADD COLUMN a INTEGER",
    "INSERT INTO prices SELECT * FROM prices",
    "UPDATE prices SET input_price = 0",
    "DELETE FROM prices",
    "TRUNCATE prices",
    "MERGE INTO prices USING prices p ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM prices RETURNING *) SELECT * FROM gone",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "USE memory",
    "BEGIN TRANSACTION",
    "CALL pragma_version()",
    "PREPARE mine AS SELECT 1",
    "EXECUTE mine",
    "DESCRIBE calls",
    "SUMMARIZE calls",
    "EXPLAIN ANALYZE SELECT 1",
    "SHOW TABLES",
    "PIVOT calls ON team USING sum(cost)",
    "SELECT 1) SELECT 2 FROM (SELECT 3",
    "SELECT 1 /* ; */ ; DROP VIEW usage -- SELECT",
    "SELECT 1 -- \n; COPY (SELECT 1) TO '{target}'",
    "SELECT 1 /* never closed",
    "SELECT $1",
    "SELECT ?",
    "SELECT $nobody",
    "",
    ";",
)
# Cheap to write, dear to execute; those the database cannot bound by itself are refused.
BOMBS = (
    "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range * b.range % 7 = 3",
    "SELECT count(*) FROM calls a, calls b, calls c, calls d WHERE a.latency_ms + b.latency_ms > c.latency_ms",
    "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT sum(x) FROM t",
    "WITH RECURSIVE t(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM t) SELECT max(length(x)) FROM t",
    "SELECT sum(range) FROM range(1000000000000)",
    "SELECT max(generate_series) FROM generate_series(1, 1000000000000)",
    "SELECT len(range(300000000))",
    "SELECT unnest(generate_series(1, 1000000000))",
    "SELECT length(repeat('x', 3000000000))",
    "SELECT max(repeat('x', 20000000) || range) FROM range(1000)",
    "SELECT length(lpad('x', 2000000000, 'y'))",
    "SELECT length(rpad('x', 2000000000, 'y'))",
    "SELECT length(format('{{:1000000000}}', 'a'))",
    "SELECT length(printf('%1000000000d', 1))",
    "SELECT length(bitstring('1', 2000000000))",
    "SELECT list_aggregate(range(100000000), 'string_agg')",
    "SELECT list_sort(range(100000000))[1]",
    "SELECT list_transform(range(20000), lambda x: range(20000))",
    "SELECT string_agg(md5(range::VARCHAR), '') FROM range(100000000)",
    "SELECT list(md5(range::VARCHAR)) FROM range(100000000)",
    "SELECT array_agg(a.request_id) FROM calls a, calls b",
    "SELECT histogram(range) FROM range(100000000)",
    "SELECT count(DISTINCT md5(range::VARCHAR)) FROM range(500000000)",
    "SELECT max(place) FROM (SELECT row_number() OVER (ORDER BY md5(range::VARCHAR)) AS place FROM range(100000000))",
    "SELECT mode(md5(range::VARCHAR)) FROM range(100000000)",
    "SELECT max(range, 999999) FROM range(100000000)",
    "SELECT quantile_cont(range, 0.5) FROM range(100000000)",
    "SELECT count_if(regexp_matches(team || range, '(a|aa|aaa|.*)*c')) FROM calls, range(1000000)",
    "SELECT regexp_replace(repeat('a', 20000000), 'a', repeat('b', 100), 'g')",
    "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))",
    "SELECT to_json(range(100000000))",
    "SELECT * FROM (SELECT team || team AS a FROM (SELECT team || team AS team FROM (SELECT team || team AS team"
    " FROM (SELECT team || team AS team FROM calls))))",
    "WITH a AS (SELECT * FROM calls, calls b), c AS (SELECT 1 FROM a, a b, a d), d AS (SELECT 1 FROM c, c b, c e)"
    " SELECT 1 FROM d, d b, d f",
    "WITH a AS (SELECT 1), b AS (SELECT 1 FROM a, a x, a y), c AS (SELECT 1 FROM b, b x, b y, b z)"
    " SELECT 1 FROM c, c x",
    "SELECT *, *, *, *, *, *, *, *, *, * FROM calls",
    f"SELECT {','.join(['1'] * 4000)}",
    f"SELECT {'(' * 4900}1{')' * 4900}",
    f"SELECT {'1+' * 4900}1",
    f"SELECT '{'x' * LONGEST_STATEMENT}'",
)
REFUSALS = (QueryRefused, QueryFailed, QueryTimedOut, QueryMemoryExceeded)


# Harmless in a statement of our own: they read nothing but this data set.
ALLOWED_TO_US = frozenset(
    (
        "SELECT * FROM parquet_scan('{own}')",
        "SELECT * FROM parquet_metadata('{own}')",
        "SELECT * FROM query('SELECT * FROM usage')",
        "SELECT * FROM query_table('usage')",
        "DESCRIBE calls",
        "SUMMARIZE calls",
        "SHOW TABLES",
        "PIVOT calls ON team USING sum(cost)",
    )
)
WHO_ASKS_WHAT = [
    *((statement, True) for statement in (*READS, *CHANGES)),
    *((statement, False) for statement in (*READS, *CHANGES) if statement not in ALLOWED_TO_US),
]


async def run_guest(data: DataHandle, statement: str, limits: QueryLimits = LIMITS) -> QueryResult:
    """Runs a statement that a person or a model wrote."""
    return await run_query(data, Query(statement, guest=True), limits)


def test_there_are_many_of_them() -> None:
    assert len({*READS, *LEAKS, *CHANGES, *BOMBS}) >= 120


@pytest.mark.parametrize(("statement", "guest"), WHO_ASKS_WHAT)
async def test_files_and_changes_are_refused_whoever_writes_the_statement(
    statement: str, guest: bool, small_data: DataHandle, tmp_path: Path
) -> None:
    other = make_data(tmp_path / "other", [make_row()]).parts[0]
    target = tmp_path / "stolen"
    hostile = statement.format(other=other, own=small_data.parts[0], target=target)
    with pytest.raises((QueryRefused, QueryFailed)) as caught:
        await run_query(small_data, Query(hostile, guest=guest), LIMITS)
    assert not target.exists()
    assert_sentence(caught.value.sentence, small_data)


def assert_sentence(sentence: str, data: DataHandle) -> None:
    """It is one, and it does not tell where our files lie."""
    assert re.match(r"[A-Z].*[.\w)\"'!?;]$", sentence, re.DOTALL), sentence
    assert len(sentence) < 400
    for place in (data.parts[0], data.parts[0].parent):
        assert str(place) not in sentence
    assert "/tmp/" not in sentence
    assert "netra-query-" not in sentence


@pytest.mark.parametrize("statement", LEAKS)
async def test_a_guest_learns_nothing_about_the_server(statement: str, small_data: DataHandle) -> None:
    with pytest.raises((QueryRefused, QueryFailed)) as caught:
        await run_guest(small_data, statement)
    assert_sentence(caught.value.sentence, small_data)


@pytest.mark.parametrize("statement", BOMBS, ids=[statement[:60] for statement in BOMBS])
async def test_a_bomb_is_refused_or_stopped_in_time(statement: str, small_data: DataHandle) -> None:
    started = time.monotonic()
    with pytest.raises(REFUSALS) as caught:
        await run_guest(small_data, statement)
    assert time.monotonic() - started < SECONDS + 1
    assert_sentence(caught.value.sentence, small_data)


CHILD = """
import asyncio, json, resource, sys
from datetime import date
from pathlib import Path
sys.path.insert(0, {project!r})
from agents.engine.context import DataHandle, DataProfile
from accounts.errors import NetraError
from agents.usage.queries import Query, QueryLimits, run_query

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

async def main():
    part = Path({part!r})
    data = DataHandle("1", "t", False, 1, (part,), 1, date(2026, 8, 3), date(2026, 10, 31), DataProfile())
    limits = QueryLimits(memory_bytes={memory}, time_seconds={seconds})
    await run_query(data, Query("SELECT sum(cost) FROM calls"), limits)
    before, ends = peak(), []
    for statement in json.loads(sys.stdin.read()):
        try:
            await run_query(data, Query(statement, guest=True), limits)
            ends.append("finished")
        except NetraError as error:
            ends.append(error.code)
    print(json.dumps({{"grown": peak() - before, "ends": ends}}))

asyncio.run(main())
"""


@pytest.mark.long
def test_the_memory_of_a_process_that_takes_all_bombs_stays_bounded(small_data: DataHandle) -> None:
    project = str(Path(__file__).resolve().parents[2])
    source = CHILD.format(project=project, part=str(small_data.parts[0]), memory=LIMITS.memory_bytes, seconds=SECONDS)
    done = subprocess.run(
        [sys.executable, "-c", source],
        input=json.dumps(BOMBS), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert "finished" not in told["ends"]
    assert told["grown"] < LIMITS.memory_bytes + OVERHEAD_BYTES


async def test_what_spills_stays_within_its_bound_and_is_gone_afterwards(
    small_data: DataHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("agents.usage.sandbox.SPILL_FACTOR", 1)
    limits = replace(LIMITS, memory_bytes=64 * MEBIBYTE, time_seconds=30)
    working = asyncio.create_task(run_guest(small_data, SPILLING, limits))
    largest = 0
    while not working.done():
        await asyncio.wait({working}, timeout=0.02)
        largest = max(largest, measure_folder(tmp_path))
    assert isinstance(working.exception(), QueryMemoryExceeded)
    # The limit counts the blocks that are stored; the header of each file comes on top.
    assert 0 < largest <= limits.memory_bytes + BLOCK_BYTES
    assert measure_folder(tmp_path) == 0
    assert list_folder(tmp_path) == []


SPILLING = """SELECT max(place) FROM (
  SELECT row_number() OVER (ORDER BY md5(range::VARCHAR), md5((range + 1)::VARCHAR)) AS place FROM range(8000000)
)"""


def measure_folder(folder: Path) -> int:
    """The bytes on disk below the folder, of files that may vanish meanwhile."""
    done = subprocess.run(["du", "-sB1", "--apparent-size", str(folder)], capture_output=True, text=True, check=False)
    files = [path for path in folder.rglob("*") if path.suffix == ".tmp"]
    return int(done.stdout.split()[0]) if files and done.stdout else 0


def list_folder(folder: Path) -> list[Path]:
    """What is left in it."""
    return list(folder.iterdir())


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT model, sum(cost) AS cost, count(*) AS number FROM calls GROUP BY model ORDER BY cost DESC, model",
        "WITH days AS (SELECT date_trunc('day', time) AS day, sum(cost) AS cost FROM calls GROUP BY ALL)"
        " SELECT day, cost, cost - lag(cost) OVER (ORDER BY day) AS change FROM days ORDER BY day",
        "SELECT team, quantile_cont(latency_ms, 0.95) FILTER (WHERE status = 'ok') AS p95 FROM calls GROUP BY team"
        " HAVING count(*) > 5 ORDER BY team",
        "SELECT DISTINCT ON (team) team, model, cost FROM calls ORDER BY team, cost DESC NULLS LAST, request_id",
        "SELECT team FROM calls UNION SELECT feature FROM calls ORDER BY 1",
        "SELECT a.team, count(*) FROM calls a JOIN calls b USING (request_id) GROUP BY a.team ORDER BY a.team",
        "SELECT CASE WHEN cost > 0.01 THEN 'dear' ELSE 'cheap' END AS kind, count(*) FROM calls GROUP BY 1 ORDER BY 1",
        "SELECT team || '/' || feature AS place, extract(hour FROM time) AS hour, count(*) FROM calls"
        " WHERE model LIKE 'gpt%' AND time >= DATE '2026-09-01' AND team IN ('support', 'search')"
        " GROUP BY ALL ORDER BY ALL",
        "SELECT * EXCLUDE (extra) FROM calls ORDER BY request_id LIMIT 3;  -- the first ones",
        "SELECT x FROM (VALUES (1), (2)) AS t(x) ORDER BY x",
        "SELECT count(*) FROM range(10)",
    ],
)
async def test_what_people_really_ask_is_executed(statement: str, small_data: DataHandle) -> None:
    result = await run_guest(small_data, statement, QueryLimits())
    assert result.rows
    assert not result.cut


async def test_the_order_of_a_guests_rows_is_kept(small_data: DataHandle) -> None:
    statement = "SELECT request_id, time FROM calls ORDER BY time DESC, request_id"
    result = await run_guest(small_data, statement, QueryLimits())
    assert list(result.rows) == sorted(result.rows, key=lambda row: (row[1], row[0]), reverse=True)


async def test_a_result_has_only_so_many_rows(small_data: DataHandle) -> None:
    query = "SELECT a.request_id FROM calls a, range(3) ORDER BY ALL"
    result = await run_guest(small_data, query, QueryLimits())
    assert len(result.rows) == MOST_ROWS
    assert result.cut
    few = await run_query(small_data, Query(query, guest=True, most_rows=7), QueryLimits())
    assert (len(few.rows), few.cut) == (7, True)


async def test_a_result_has_only_so_many_bytes(tmp_path: Path) -> None:
    data = make_data(tmp_path, [make_row(extra="x" * 20_000) for _ in range(100)])
    wide = "SELECT extra, extra, extra FROM calls, range(40)"
    bounded = await run_guest(data, wide, QueryLimits())
    assert bounded.cut
    assert {len(cell) for row in bounded.rows for cell in row} == {MOST_CELL_CHARACTERS}
    ours = await run_query(data, Query(wide), QueryLimits())
    for result in (bounded, ours):
        assert sum(len(cell) for row in result.rows for cell in row) <= MOST_BYTES
        assert result.cut


async def test_a_broken_part_is_an_error_without_its_path(tmp_path: Path) -> None:
    data = make_data(tmp_path, [make_row()])
    data.parts[0].write_bytes(b"PAR1 no parquet at all PAR1")
    with pytest.raises(QueryFailed) as caught:
        await run_query(data, Query("SELECT * FROM calls"), LIMITS)
    assert_sentence(caught.value.sentence, data)


async def test_an_error_that_quotes_a_path_quotes_it_without(small_data: DataHandle) -> None:
    with pytest.raises(QueryFailed) as caught:
        await run_query(small_data, Query(f"SELECT CAST('{small_data.parts[0]}' AS INTEGER)"), LIMITS)
    assert "(a file)" in caught.value.sentence
    assert_sentence(caught.value.sentence, small_data)
