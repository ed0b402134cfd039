"""Opens DuckDB on exactly one data set version, locked: no other file, no setting can be changed."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from agents.prices import PriceBook, PriceRow
from agents.usage.rows import COLUMNS

PRICE_CLASSES = ("input", "cached_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "request")
TOKEN_CLASSES = PRICE_CLASSES[:-1]
# 15 decimals hold every list price of one token without rounding that shows.
PRICE_TYPE = "DECIMAL(18,15)"
SPILL_FACTOR = 4


@contextmanager
def open_version(parts: Sequence[Path], memory_bytes: int, prices: PriceBook) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the views `usage` and `priced`; its spill folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="netra-query-") as spill_folder:
        connection = duckdb.connect(config=connection_settings(spill_folder, memory_bytes))
        try:
            create_views(connection, parts, prices)
            lock(connection, parts)
            yield connection
        finally:
            connection.close()


def connection_settings(spill_folder: str, memory_bytes: int) -> dict[str, Any]:
    """Limits every query gets: two threads, its memory, its own bounded spill folder."""
    return {
        "threads": 2,
        "memory_limit": f"{memory_bytes}B",
        "temp_directory": spill_folder,
        "max_temp_directory_size": f"{memory_bytes * SPILL_FACTOR}B",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def lock(connection: duckdb.DuckDBPyConnection, parts: Sequence[Path]) -> None:
    """From here on only the parts can be read, and no setting can be changed back."""
    listed = ", ".join(quote_text(str(part)) for part in parts)
    connection.execute("SET enable_profiling = 'no_output'")
    connection.execute(f"SET allowed_paths = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def create_views(connection: duckdb.DuckDBPyConnection, parts: Sequence[Path], prices: PriceBook) -> None:
    """`usage` is the rows as imported; `priced` adds each row's cost at the book's prices."""
    listed = ", ".join(quote_text(str(part)) for part in parts)
    columns = ", ".join(COLUMNS)
    connection.execute(f"CREATE VIEW usage AS SELECT {columns} FROM read_parquet([{listed}])")
    load_prices(connection, prices)
    connection.execute(priced_view())


def load_prices(connection: duckdb.DuckDBPyConnection, prices: PriceBook) -> None:
    """Fills the table `prices` for the models that occur in the data."""
    pairs = connection.execute("SELECT DISTINCT provider, model FROM usage").fetchall()
    classes = ", ".join(f"{name}_price {PRICE_TYPE}" for name in PRICE_CLASSES)
    connection.execute(
        "CREATE TABLE prices (provider VARCHAR, model VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP,"
        f" day_from BIGINT, day_to BIGINT, tokens_above BIGINT, tokens_to BIGINT, {classes})"
    )
    rows = prices.rows_for((provider, model) for provider, model in pairs if provider and model)
    if rows:
        marks = ", ".join(f"({', '.join('?' * (8 + len(PRICE_CLASSES)))})" for _ in rows)
        connection.execute(f"INSERT INTO prices VALUES {marks}", [value for row in rows for value in price_values(row)])


def price_values(row: PriceRow) -> list[Any]:
    """A price row in the order of the table's columns."""
    prices = [getattr(row.prices, name) for name in PRICE_CLASSES]
    keys = [row.provider, row.model, row.valid_from, row.valid_to, row.day_from, row.day_to]
    return [*keys, row.tokens_above, row.tokens_to, *prices]


def priced_view() -> str:
    """The statement of the view `priced`: one row of usage, its one price row, its cost.

    A class that was used and has no price makes the whole row unpriced (NULL), never cheaper. A bucket sums
    many requests, so it is priced at the base tier.
    """
    terms = " + ".join(
        f"CASE WHEN coalesce(u.{name}_tokens, 0) = 0 THEN 0 ELSE u.{name}_tokens::DECIMAL(15,0) * p.{name}_price END"
        for name in TOKEN_CLASSES
    )
    size = " + ".join(
        f"coalesce(u.{name}_tokens, 0)" for name in ("input", "cached_read", "cache_write_5m", "cache_write_1h")
    )
    return f"""
        CREATE VIEW priced AS
        SELECT u.*,
               CASE WHEN p.model IS NULL OR u.grain = 'cost' THEN NULL
                    ELSE {terms} + u.requests::DECIMAL(15,0) * p.request_price END AS cost
        FROM usage u
        LEFT JOIN prices p
          ON u.provider = p.provider AND u.model = p.model
         AND u.time >= p.valid_from AND u.time < p.valid_to
         AND epoch_us(u.time) % 86400000000 >= p.day_from AND epoch_us(u.time) % 86400000000 < p.day_to
         AND (CASE WHEN u.grain = 'call' THEN {size} ELSE 0 END) > p.tokens_above
         AND (CASE WHEN u.grain = 'call' THEN {size} ELSE 0 END) <= p.tokens_to
    """


def quote_text(text: str) -> str:
    """A SQL string literal; used for the parts' own paths only."""
    return "'" + text.replace("'", "''") + "'"
