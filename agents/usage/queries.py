"""Runs one SELECT over a pinned data set version: sandboxed, limited, off the event loop."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from agents.engine.context import DataHandle
from agents.errors import QueryFailed, QueryMemoryExceeded, QueryRefused, QueryTimedOut
from agents.prices import PriceBook, current_price_book
from agents.usage.filters import Filters
from agents.usage.sandbox import open_version

QUERIES_AT_ONCE = 2
INTERRUPT_AGAIN_SECONDS = 0.02
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What one query may use."""

    memory_bytes: int = 512 * 1024 * 1024
    time_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT over `calls`, the rows of the version that pass the filters, each with its `cost`."""

    select: str
    filters: Filters = field(default_factory=Filters)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows and the proof behind them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    sql: str
    rows_scanned: int
    price_version: str
    seconds: float
    peak_bytes: int

    def as_dicts(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Stop:
    """Ends a running query: at its time limit, or when whoever waits for it leaves."""

    def __init__(self, time_seconds: float) -> None:
        self.time_seconds = time_seconds
        self.timed_out = False
        self.wanted = threading.Event()
        self.finished = threading.Event()

    def watch(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Interrupts again and again: one interrupt between two statements would be lost."""
        if not self.wanted.wait(self.time_seconds):
            self.timed_out = True
        while not self.finished.wait(INTERRUPT_AGAIN_SECONDS):
            connection.interrupt()

    def finish(self) -> None:
        """The query is over; the watching thread ends."""
        self.finished.set()
        self.wanted.set()


@cache
def query_threads() -> ThreadPoolExecutor:
    """The process's query threads; their number is the number of queries at once."""
    return ThreadPoolExecutor(max_workers=QUERIES_AT_ONCE, thread_name_prefix="usage-query")


async def run_query(
    data: DataHandle, query: Query, limits: QueryLimits, prices: PriceBook | None = None
) -> QueryResult:
    """The query's result; cancelling the wait stops the query as well."""
    (result,) = await run_queries(data, [query], limits, prices)
    return result


async def run_queries(
    data: DataHandle, queries: Sequence[Query], limits: QueryLimits, prices: PriceBook | None = None
) -> list[QueryResult]:
    """The results of several queries through one connection, within the time limit of one."""
    stop = Stop(limits.time_seconds)
    book = prices or current_price_book()
    work = asyncio.get_running_loop().run_in_executor(
        query_threads(), execute_queries, data.parts, queries, limits, book, stop
    )
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.wanted.set()
        work.cancel()
        raise


def execute_queries(
    parts: Sequence[Path], queries: Sequence[Query], limits: QueryLimits, prices: PriceBook, stop: Stop
) -> list[QueryResult]:
    """Runs in a query thread, watched until its end."""
    with translate_errors(), open_version(parts, limits.memory_bytes, prices) as connection:
        watcher = threading.Thread(target=stop.watch, args=(connection,), daemon=True)
        watcher.start()
        try:
            return [fetch(connection, query, prices.version) for query in queries]
        finally:
            stop.finish()
            watcher.join()


@contextmanager
def translate_errors() -> Iterator[None]:
    """The database's errors as sentences; none of them names one of our own files."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise QueryTimedOut() from error
    except duckdb.OutOfMemoryException as error:
        raise QueryMemoryExceeded() from error
    except duckdb.IOException as error:
        raise QueryFailed("The files of this data set cannot be read. Import it again.") from error
    except duckdb.Error as error:
        raise QueryFailed(f"The query could not be executed: {first_line(error)}") from error


def fetch(connection: duckdb.DuckDBPyConnection, query: Query, price_version: str) -> QueryResult:
    """The rows, and how many rows of data stand behind them."""
    started = time.monotonic()
    select = check_select(connection, query.select)
    condition, values = query.filters.as_condition()
    sql = f"WITH calls AS (\n  SELECT * FROM priced WHERE {condition}\n)\n{select}"
    check_select(connection, sql)
    counted = connection.execute(f"SELECT count(*) FROM usage WHERE {condition}", values).fetchone()
    parameters = {**values, **query.parameters}
    cursor = connection.execute(sql, parameters or None)
    columns = tuple(item[0] for item in cursor.description or ())
    rows = tuple(cursor.fetchmany(MOST_ROWS))
    return QueryResult(
        columns=columns,
        rows=rows,
        sql=describe_statement(sql, parameters),
        rows_scanned=int(counted[0]) if counted else 0,
        price_version=price_version,
        seconds=time.monotonic() - started,
        peak_bytes=read_peak_memory(connection),
    )


def check_select(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The statement without its closing semicolon, if it is exactly one SELECT."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryFailed(f"The query could not be read: {first_line(error)}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryRefused()
    return sql.strip().rstrip(";").strip()


def describe_statement(sql: str, parameters: Mapping[str, Any]) -> str:
    """The statement as shown to people; the values stand in comments, each on one line."""
    listed = [f"-- ${name} = {json.dumps(value, default=str)}" for name, value in parameters.items()]
    return "\n".join([sql.strip(), *listed])


def read_peak_memory(connection: duckdb.DuckDBPyConnection) -> int:
    """The most memory the connection's last statement held."""
    profile = json.loads(connection.get_profiling_information("json"))
    return int(profile["system"]["peak_buffer_memory"])


def first_line(error: Exception) -> str:
    """The database's own words, without its hints."""
    return str(error).strip().partition("\n")[0][:300]
