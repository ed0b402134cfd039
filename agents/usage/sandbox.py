"""Opens DuckDB on exactly one data set version, locked: no other file, no setting can be changed."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from agents.engine.context import PinnedPrices
from agents.prices import PRICE_CLASSES, TOKEN_CLASSES, PriceRow
from agents.usage.rows import COLUMNS

Pairs = Sequence[tuple[str, str]]
# 15 decimals hold every price of one token without rounding that shows; a request may cost more than a token.
TOKEN_PRICE_TYPE = "DECIMAL(18,15)"  # noqa: S105 - a type, not a password
REQUEST_PRICE_TYPE = "DECIMAL(18,12)"
PRICE_COLUMNS = {
    "provider": "VARCHAR",
    "model": "VARCHAR",
    "valid_from": "TIMESTAMP",
    "valid_to": "TIMESTAMP",
    "day_from": "BIGINT",
    "day_to": "BIGINT",
    "tokens_above": "BIGINT",
    "tokens_to": "BIGINT",
    **{f"{name}_price": TOKEN_PRICE_TYPE for name in TOKEN_CLASSES},
    "request_price": REQUEST_PRICE_TYPE,
}
SPILL_FACTOR = 4
# Prices are looked up one by one in Python; the models beyond these, the rarest, stay unpriced.
MOST_PRICED_MODELS = 2_000
# The largest count that fits the product with a price; no call and no bucket comes near it.
COUNT_TYPE = "DECIMAL(15,0)"


@contextmanager
def open_version(
    parts: Sequence[Path], memory_bytes: int, prices: PinnedPrices, models: Pairs | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the views `usage` and `priced`; its spill folder is gone afterwards.

    `models` are the (provider, model) pairs of the data where they are known already.
    """
    with tempfile.TemporaryDirectory(prefix="netra-query-") as spill_folder:
        connection = duckdb.connect(config=connection_settings(spill_folder, memory_bytes))
        try:
            bound_spill(connection, memory_bytes)
            create_views(connection, parts, prices, models)
            lock(connection, parts)
            yield connection
        finally:
            connection.close()


def connection_settings(spill_folder: str, memory_bytes: int) -> dict[str, Any]:
    """Limits every query gets: two threads, its memory, its own spill folder."""
    return {
        "threads": 2,
        "memory_limit": f"{memory_bytes}B",
        "temp_directory": spill_folder,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
    }


def bound_spill(connection: duckdb.DuckDBPyConnection, memory_bytes: int) -> None:
    """Bounds the spill folder: given when the database is opened, the limit is shown but not kept."""
    connection.execute(f"SET max_temp_directory_size = '{memory_bytes * SPILL_FACTOR}B'")


def lock(connection: duckdb.DuckDBPyConnection, parts: Sequence[Path]) -> None:
    """From here on only the parts can be read, and no setting can be changed back."""
    listed = ", ".join(quote_text(str(part)) for part in parts)
    connection.execute("SET enable_profiling = 'no_output'")
    connection.execute(f"SET allowed_paths = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def create_views(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Path], prices: PinnedPrices, models: Pairs | None
) -> None:
    """`usage` is the rows as imported; `priced` adds each row's cost at the book's prices."""
    listed = ", ".join(quote_text(str(part)) for part in parts)
    columns = ", ".join(COLUMNS)
    connection.execute(f"CREATE VIEW usage AS SELECT {columns} FROM read_parquet([{listed}])")
    load_prices(connection, prices, find_models(connection) if models is None else models)
    connection.execute(priced_view())


def find_models(connection: duckdb.DuckDBPyConnection) -> Pairs:
    """The models that occur in the data, the most used first."""
    return connection.execute(
        "SELECT provider, model FROM usage WHERE provider <> '' AND model <> ''"
        f" GROUP BY provider, model ORDER BY count(*) DESC, provider, model LIMIT {MOST_PRICED_MODELS}"
    ).fetchall()


def load_prices(connection: duckdb.DuckDBPyConnection, prices: PinnedPrices, models: Pairs) -> None:
    """Fills the table `prices` for these models."""
    columns = ", ".join(f"{name} {kind}" for name, kind in PRICE_COLUMNS.items())
    connection.execute(f"CREATE TABLE prices ({columns})")
    rows = [price_values(row) for row in prices.rows_for(models)]
    if rows:
        # One parameter a column: a statement with a mark for each value takes longer to read than to execute.
        marks = ", ".join(f"unnest(?::{kind}[])" for kind in PRICE_COLUMNS.values())
        connection.execute(f"INSERT INTO prices SELECT {marks}", [list(column) for column in zip(*rows, strict=True)])


def price_values(row: PriceRow) -> list[Any]:
    """A price row in the order of the table's columns."""
    prices = [getattr(row.prices, name) for name in PRICE_CLASSES]
    keys = [row.provider, row.model, row.valid_from, row.valid_to, row.day_from, row.day_to]
    return [*keys, row.tokens_above, row.tokens_to, *prices]


def priced_view() -> str:
    """The statement of the view `priced`: one row of usage, its one price row, its cost.

    A class that was used and has no price makes the whole row unpriced (NULL), never cheaper; so does a count
    too large to be true. A bucket sums many requests, so it is priced at the base tier.
    """
    terms = " + ".join(
        f"CASE WHEN coalesce(u.{name}_tokens, 0) = 0 THEN 0"
        f" ELSE TRY_CAST(u.{name}_tokens AS {COUNT_TYPE}) * p.{name}_price END"
        for name in TOKEN_CLASSES
    )
    size = " + ".join(
        f"coalesce(u.{name}_tokens, 0)" for name in ("input", "cached_read", "cache_write_5m", "cache_write_1h")
    )
    return f"""
        CREATE VIEW priced AS
        SELECT u.*,
               CASE WHEN p.model IS NULL OR u.grain = 'cost' THEN NULL
                    ELSE {terms} + TRY_CAST(u.requests AS {COUNT_TYPE}) * p.request_price END AS cost
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
