"""What a run may know and use: who asks, which data version, which prices, which limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID


class PinnedPrices(Protocol):
    """The prices one run is computed with from its first figure to its last; `agents.prices` makes them."""

    @property
    def version(self) -> str:
        """Names exactly these prices."""

    def rows_for(self, pairs: Iterable[tuple[str, str]]) -> Sequence[Any]:
        """The price rows of these (provider, model) pairs."""


@dataclass(slots=True)
class Consumption:
    """What the queries of one run took together; written on the run's event loop only."""

    queries: int = 0
    rows_scanned: int = 0
    peak_bytes: int = 0

    def add(self, rows_scanned: int, peak_bytes: int) -> None:
        """Counts one query; peaks do not add up, the highest one is kept."""
        self.queries += 1
        self.rows_scanned += rows_scanned
        self.peak_bytes = max(self.peak_bytes, peak_bytes)

    def as_usage(self) -> dict[str, int]:
        """The figures as a run's usage shows them; nothing for a run without a query."""
        if not self.queries:
            return {}
        return {
            "queries": self.queries,
            "rows_scanned": self.rows_scanned,
            "query_peak_bytes": self.peak_bytes,
        }


@dataclass(frozen=True, slots=True)
class DataProfile:
    """What occurs in a data set version: its names, and how many of its rows have which grain and column.

    `grains` and `filled` are empty in profiles stored before they were counted: unknown, not zero.
    """

    models: tuple[tuple[str, str], ...] = ()
    teams: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    users: int = 0
    grains: Mapping[str, int] = field(default_factory=dict)
    filled: Mapping[str, int] = field(default_factory=dict)

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers of the models."""
        return tuple(sorted({provider for provider, _ in self.models}))

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models without their providers."""
        return tuple(sorted({model for _, model in self.models}))

    def has_grain(self, grain: str) -> bool:
        """Whether any row is of this grain; true where it was never counted."""
        return not self.grains or self.grains.get(grain, 0) > 0

    def has_column(self, column: str) -> bool:
        """Whether any row has a value in this column; true where it was never counted."""
        return self.filled.get(column, 1) > 0

    def as_data(self) -> dict[str, Any]:
        """The profile as stored beside the version."""
        return {
            "models": [list(pair) for pair in self.models],
            "teams": list(self.teams),
            "features": list(self.features),
            "statuses": list(self.statuses),
            "users": self.users,
            "grains": dict(self.grains),
            "filled": dict(self.filled),
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> DataProfile:
        """Reads what `as_data` wrote."""
        return cls(
            models=tuple((str(provider), str(model)) for provider, model in data.get("models", ())),
            teams=tuple(data.get("teams", ())),
            features=tuple(data.get("features", ())),
            statuses=tuple(data.get("statuses", ())),
            users=int(data.get("users", 0)),
            grains=read_counts(data.get("grains")),
            filled=read_counts(data.get("filled")),
        )


def read_counts(data: Any) -> dict[str, int]:
    """Counts by name; none where an older profile has none."""
    return {str(name): int(count) for name, count in (data or {}).items()}


@dataclass(frozen=True, slots=True)
class DataHandle:
    """One pinned version of a data set: everything a query or a model needs, and no database."""

    data_set_id: str
    title: str
    demo: bool
    version: int
    parts: tuple[Path, ...]
    rows: int
    first_day: date
    last_day: date
    profile: DataProfile


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What the asking person's tier allows one run."""

    memory_bytes: int = 512 * 1024 * 1024
    query_seconds: float = 20.0
    time_seconds: float = 180.0
    model_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class RunContext:
    """The frame of one run; tools get it and nothing else."""

    user_id: UUID
    thread_id: UUID
    run_id: UUID
    prices: PinnedPrices
    request_id: str = ""
    data: DataHandle | None = None
    limits: RunLimits = field(default_factory=RunLimits)
    consumed: Consumption = field(default_factory=Consumption)
    # Results are remembered under this name; who checks an answer uses another than who wrote it. Empty: they are not.
    remembered_as: str = "run"
