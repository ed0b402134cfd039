"""Describes a finished version: how much is in it, and which names occur."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from agents.engine.context import DataProfile
from agents.prices import TOKEN_CLASSES, PriceBook
from agents.usage.sandbox import open_version

MOST_NAMES = 500
PROFILE_MEMORY_BYTES = 512 * 1024 * 1024
GRAINS: Final = ("call", "bucket", "cost")
NAMED: Final = ("provider", "model", "status", "error", "user_name", "team", "feature", "prompt_hash", "session")
MEASURED: Final = ("latency_ms", "first_token_ms", "billed_cost")
# The condition under which a row counts as having each of these.
FILLED: Final = {
    "tokens": " + ".join(f"coalesce({name}_tokens, 0)" for name in TOKEN_CLASSES) + " > 0",
    **{name: f"coalesce({name}, '') <> ''" for name in NAMED},
    **{name: f"{name} IS NOT NULL" for name in MEASURED},
}


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """What is recorded about a version when it is made."""

    rows: int
    first_day: date
    last_day: date
    bytes: int
    profile: DataProfile


def summarise_parts(parts: Sequence[Path]) -> VersionSummary:
    """Reads the parts once through the sandbox."""
    with open_version(parts, PROFILE_MEMORY_BYTES, PriceBook(), models=()) as connection:
        count, first, last, users = fetch_rows(
            connection, "SELECT count(*), min(time)::DATE, max(time)::DATE, count(DISTINCT user_name) FROM usage"
        )[0]
        profile = DataProfile(
            models=list_models(connection),
            teams=list_names(connection, "team"),
            features=list_names(connection, "feature"),
            statuses=list_names(connection, "status"),
            users=users,
            grains=count_grains(connection),
            filled=count_filled(connection),
        )
    size = sum(part.stat().st_size for part in parts)
    return VersionSummary(rows=count, first_day=first, last_day=last, bytes=size, profile=profile)


def fetch_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a short result."""
    return connection.execute(sql).fetchall()


def list_models(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str], ...]:
    """The (provider, model) pairs that occur."""
    return tuple(
        (provider, model)
        for provider, model in fetch_rows(
            connection,
            "SELECT DISTINCT provider, model FROM usage"
            f" WHERE provider <> '' AND model <> '' ORDER BY 1, 2 LIMIT {MOST_NAMES}",
        )
    )


def list_names(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[str, ...]:
    """The names that occur in a column."""
    sql = f"SELECT DISTINCT {column} FROM usage WHERE {column} <> '' ORDER BY 1 LIMIT {MOST_NAMES}"
    return tuple(name for (name,) in fetch_rows(connection, sql))


def count_grains(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows are single calls, totals of many calls, and billed amounts."""
    counted = dict(fetch_rows(connection, "SELECT grain, count(*) FROM usage GROUP BY grain ORDER BY grain"))
    return {grain: int(counted.get(grain, 0)) for grain in GRAINS}


def count_filled(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows have a value in each column a question may need."""
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in FILLED.values())
    (row,) = fetch_rows(connection, f"SELECT {counts} FROM usage")
    return dict(zip(FILLED, (int(count) for count in row), strict=True))
