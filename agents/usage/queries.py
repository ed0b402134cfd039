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
from typing import Any, Final

import duckdb

from agents.engine.context import DataHandle, PinnedPrices
from agents.errors import QueryFailed, QueryMemoryExceeded, QueryTimedOut
from agents.prices import PriceBook
from agents.usage.filters import Filters
from agents.usage.profile import MOST_NAMES
from agents.usage.remembering import Memory
from agents.usage.sandbox import Pairs, open_version
from agents.usage.statements import bound_cells, check_guest, check_select, describe_statement, say_error

QUERIES_AT_ONCE = 2
INTERRUPT_AGAIN_SECONDS = 0.02
MOST_ROWS = 10_000
MOST_BYTES = 8 * 1024 * 1024
ROWS_A_FETCH = 250
LIST_PRICES: Final = PriceBook()


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What one query may use."""

    memory_bytes: int = 512 * 1024 * 1024
    time_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT over `calls`, the rows of the version that pass the filters, each with its `cost`.

    `priced`: false for a statement that uses no `cost`, which is then not computed.
    `guest`: the statement was written by a person or a model, so only what is known to be harmless is executed.
    """

    select: str
    filters: Filters = field(default_factory=Filters)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    priced: bool = True
    guest: bool = False
    most_rows: int = MOST_ROWS


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows and the proof behind them; `cut`: there were more rows, or more bytes, than a result may have."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    sql: str
    rows_scanned: int
    price_version: str
    seconds: float
    peak_bytes: int
    cut: bool = False

    def as_dicts(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


remembered_results: Final[Memory[QueryResult]] = Memory()


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
    data: DataHandle, query: Query, limits: QueryLimits, prices: PinnedPrices = LIST_PRICES
) -> QueryResult:
    """The query's result; cancelling the wait stops the query as well."""
    (result,) = await run_queries(data, [query], limits, prices)
    return result


async def run_queries(
    data: DataHandle,
    queries: Sequence[Query],
    limits: QueryLimits,
    prices: PinnedPrices = LIST_PRICES,
    remembered_as: str = "",
) -> list[QueryResult]:
    """The results of several queries through one connection, within the time limit of one.

    With a name to remember them under, results of the last minutes are not computed again: a version never changes,
    and neither do the prices of a book.
    """
    stop = Stop(limits.time_seconds)
    work = asyncio.get_running_loop().run_in_executor(
        query_threads(), recall_or_execute, data, queries, limits, prices, stop, remembered_as
    )
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.wanted.set()
        work.cancel()
        raise


def recall_or_execute(  # noqa: PLR0917
    data: DataHandle, queries: Sequence[Query], limits: QueryLimits, prices: PinnedPrices, stop: Stop, name: str
) -> list[QueryResult]:
    """What is remembered, and the rest computed; looked up here, so that of many who ask at once one computes."""
    keys = [name_query(name, data, query, prices) for query in queries]
    found: dict[Any, QueryResult] = {key: result for key in keys if key and (result := remembered_results.find(key))}
    missing = [(key, query) for key, query in zip(keys, queries, strict=True) if key not in found]
    if not missing:
        return [found[key] for key in keys]
    computed = execute_queries(data, [query for _, query in missing], limits, prices, stop)
    for (key, _), result in zip(missing, computed, strict=True):
        if key:
            remembered_results.keep(key, result, len(result.rows) * len(result.columns))
    fresh = iter(computed)
    return [found[key] if key in found else next(fresh) for key in keys]


def name_query(name: str, data: DataHandle, query: Query, prices: PinnedPrices) -> tuple[Any, ...] | None:
    """What a result depends on; None for what is not remembered: no name given, or a statement of a guest."""
    if not name or query.guest:
        return None
    values = json.dumps(query.parameters, sort_keys=True, default=str)
    return name, data.parts, prices.version, query.select, query.filters, values, query.priced, query.most_rows


def execute_queries(
    data: DataHandle, queries: Sequence[Query], limits: QueryLimits, prices: PinnedPrices, stop: Stop
) -> list[QueryResult]:
    """Runs in a query thread, watched until its end."""
    with (
        translate_errors(),
        open_version(data.parts, limits.memory_bytes, prices, known_models(data)) as connection,
    ):
        watcher = threading.Thread(target=stop.watch, args=(connection,), daemon=True)
        watcher.start()
        try:
            return [fetch(connection, query, prices.version) for query in queries]
        finally:
            stop.finish()
            watcher.join()


def known_models(data: DataHandle) -> Pairs | None:
    """The models of the data where its profile lists them all, which saves a scan."""
    models = data.profile.models
    return models if 0 < len(models) < MOST_NAMES else None


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
        raise QueryFailed(f"The query could not be executed: {say_error(error)}") from error


def fetch(connection: duckdb.DuckDBPyConnection, query: Query, price_version: str) -> QueryResult:
    """The rows, and how many rows of data stand behind them."""
    started = time.monotonic()
    condition, values = query.filters.as_condition()
    source = "priced" if query.priced else "usage"
    calls = f"WITH calls AS (\n  SELECT * FROM {source} WHERE {condition}\n)\n"
    parameters = {**values, **query.parameters}
    select = prepare_select(connection, query, calls, parameters)
    counted = connection.execute(f"SELECT count(*) FROM usage WHERE {condition}", values).fetchone()
    cursor = connection.execute(calls + select, parameters or None)
    columns = tuple(item[0] for item in cursor.description or ())
    rows, cut = fetch_rows(cursor, query.most_rows)
    return QueryResult(
        columns=columns,
        rows=rows,
        sql=describe_statement(calls + select, parameters),
        rows_scanned=int(counted[0]) if counted else 0,
        price_version=price_version,
        seconds=time.monotonic() - started,
        peak_bytes=read_peak_memory(connection),
        cut=cut,
    )


def prepare_select(
    connection: duckdb.DuckDBPyConnection, query: Query, calls: str, parameters: Mapping[str, Any]
) -> str:
    """The statement as it will be executed, once it is known to be one SELECT and, from a guest, harmless."""
    select = check_select(connection, query.select)
    if query.guest:
        check_guest(connection, select)
        select = bound_cells(connection, select, calls, parameters, query.most_rows)
    check_select(connection, calls + select)
    return select


def fetch_rows(cursor: duckdb.DuckDBPyConnection, most_rows: int) -> tuple[tuple[tuple[Any, ...], ...], bool]:
    """The first rows, as many and as large as a result may have; and whether there were more."""
    rows: list[tuple[Any, ...]] = []
    size = 0
    while len(rows) <= most_rows:
        fetched = cursor.fetchmany(min(ROWS_A_FETCH, most_rows + 1 - len(rows)))
        if not fetched:
            return tuple(rows), False
        for row in fetched:
            size += sum(len(value) if isinstance(value, str | bytes) else 16 for value in row)
            if size > MOST_BYTES:
                return tuple(rows), True
            rows.append(row)
    return tuple(rows[:most_rows]), True


def read_peak_memory(connection: duckdb.DuckDBPyConnection) -> int:
    """The most memory the connection's last statement held; none for one answered from statistics alone."""
    profile = json.loads(connection.get_profiling_information("json"))
    return int(profile.get("system", {}).get("peak_buffer_memory", 0))
