"""Which rows a question is about; values travel as query parameters, never inside the statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import ConfigDict

from agents.errors import ToolArgumentsWrong


class Dimension(StrEnum):
    """What rows can be grouped by."""

    MODEL = "model"
    PROVIDER = "provider"
    TEAM = "team"
    FEATURE = "feature"
    USER = "user"
    STATUS = "status"

    @property
    def column(self) -> str:
        """The column behind it (`user` alone is a function in SQL)."""
        return "user_name" if self is Dimension.USER else self.value


@dataclass(frozen=True, slots=True)
class Filters:
    """Keep only rows that match every filter given; inside one filter any of its values may match."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    first_day: date | None = None
    """First day of the period (UTC, inclusive)."""
    last_day: date | None = None
    """Last day of the period (UTC, inclusive)."""
    models: tuple[str, ...] = ()
    """Exact model names as they occur in the data."""
    providers: tuple[str, ...] = ()
    """Exact provider names as they occur in the data."""
    teams: tuple[str, ...] = ()
    """Exact team names as they occur in the data."""
    features: tuple[str, ...] = ()
    """Exact feature names as they occur in the data."""
    users: tuple[str, ...] = ()
    """Exact user names as they occur in the data."""
    statuses: tuple[str, ...] = ()
    """Exact call statuses as they occur in the data, for example ok or error."""

    def values(self) -> dict[Dimension, tuple[str, ...]]:
        """The filtered dimensions with their values."""
        named = {
            Dimension.MODEL: self.models,
            Dimension.PROVIDER: self.providers,
            Dimension.TEAM: self.teams,
            Dimension.FEATURE: self.features,
            Dimension.USER: self.users,
            Dimension.STATUS: self.statuses,
        }
        return {dimension: tuple(chosen) for dimension, chosen in named.items() if chosen}

    def as_condition(self) -> tuple[str, dict[str, Any]]:
        """A SQL condition with named parameters, and the parameters' values."""
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ToolArgumentsWrong("The period's first day lies after its last day.")
        conditions: list[str] = []
        parameters: dict[str, Any] = {}
        if self.first_day:
            conditions.append("time >= $first_day::DATE")
            parameters["first_day"] = self.first_day
        if self.last_day:
            conditions.append("time < $last_day::DATE + INTERVAL 1 DAY")
            parameters["last_day"] = self.last_day
        for dimension, chosen in self.values().items():
            conditions.append(f"{dimension.column} IN (SELECT unnest(${dimension.value}_values::VARCHAR[]))")
            parameters[f"{dimension.value}_values"] = list(chosen)
        return " AND ".join(conditions) or "TRUE", parameters

    def describe(self) -> dict[str, list[str]]:
        """The filtered dimensions as plain data for facts."""
        return {dimension.value: list(chosen) for dimension, chosen in self.values().items()}
