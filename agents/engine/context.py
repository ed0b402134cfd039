"""What a run may know and use: who asks, which data version, which prices, which limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DataProfile:
    """The names that occur in a data set version, so that a question can be matched against them."""

    models: tuple[tuple[str, str], ...] = ()
    teams: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    users: int = 0

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers of the models."""
        return tuple(sorted({provider for provider, _ in self.models}))

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models without their providers."""
        return tuple(sorted({model for _, model in self.models}))

    def as_data(self) -> dict[str, Any]:
        """The profile as stored beside the version."""
        return {
            "models": [list(pair) for pair in self.models],
            "teams": list(self.teams),
            "features": list(self.features),
            "statuses": list(self.statuses),
            "users": self.users,
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
        )


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


@dataclass(frozen=True, slots=True)
class RunContext:
    """The frame of one run; tools get it and nothing else."""

    user_id: UUID
    thread_id: UUID
    run_id: UUID
    request_id: str = ""
    data: DataHandle | None = None
    price_version: str = ""
    limits: RunLimits = field(default_factory=RunLimits)
