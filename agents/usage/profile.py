"""Describes a finished version: how much is in it, and which names occur."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from agents.engine.context import DataProfile
from agents.prices import PriceBook
from agents.usage.sandbox import open_version

MOST_NAMES = 500
PROFILE_MEMORY_BYTES = 512 * 1024 * 1024


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
    with open_version(parts, PROFILE_MEMORY_BYTES, PriceBook()) as connection:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql).fetchall()

        def names(column: str) -> tuple[str, ...]:
            found = rows(f"SELECT DISTINCT {column} FROM usage WHERE {column} <> '' ORDER BY 1 LIMIT {MOST_NAMES}")
            return tuple(name for (name,) in found)

        count, first, last, users = rows(
            "SELECT count(*), min(time)::DATE, max(time)::DATE, count(DISTINCT user_name) FROM usage"
        )[0]
        models = rows(
            "SELECT DISTINCT provider, model FROM usage"
            f" WHERE provider <> '' AND model <> '' ORDER BY 1, 2 LIMIT {MOST_NAMES}"
        )
        profile = DataProfile(
            models=tuple((provider, model) for provider, model in models),
            teams=names("team"),
            features=names("feature"),
            statuses=names("status"),
            users=users,
        )
    size = sum(part.stat().st_size for part in parts)
    return VersionSummary(rows=count, first_day=first, last_day=last, bytes=size, profile=profile)
