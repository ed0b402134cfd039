"""The faults, a file a family; each is found by its being here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.campaign.scene import Scene


@dataclass(frozen=True)
class Fault:
    """One row: its number and name in the list, how often it is done, and what plays it."""

    row: int
    name: str
    cycles: int
    play: Callable[[Scene], None]
    # By how much events may be later than the same flow shows in its calm moments; judged at the end.
    most_lag_seconds: float | None = None
    # What this machine has not got and the row needs; empty where it can be played.
    lacks: Callable[[], str] = str


def find_faults() -> list[Fault]:
    """Every fault of every file, by row."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return sorted((fault for module in modules for fault in module.FAULTS), key=lambda fault: (fault.row, fault.name))
