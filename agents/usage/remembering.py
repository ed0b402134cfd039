"""Remembers, for a few minutes, what a query over an immutable version at pinned prices has said."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

LONGEST_SECONDS: Final = 600.0
MOST_CELLS: Final = 1_000_000
Kept = TypeVar("Kept")


class Memory(Generic[Kept]):
    """The newest results, bounded by their cells and their age; what was asked first is forgotten first."""

    def __init__(self, most_cells: int = MOST_CELLS, longest_seconds: float = LONGEST_SECONDS) -> None:
        self.most_cells = most_cells
        self.longest_seconds = longest_seconds
        self.cells = 0
        self.kept: OrderedDict[Hashable, tuple[float, int, Kept]] = OrderedDict()
        self.lock = threading.Lock()

    def find(self, key: Hashable) -> Kept | None:
        """What was kept under this key and is not too old."""
        with self.lock:
            self.forget_old()
            found = self.kept.get(key)
            return None if found is None else found[2]

    def keep(self, key: Hashable, result: Kept, cells: int) -> None:
        """Keeps a result, if it is not larger than everything that may be kept."""
        with self.lock:
            if key in self.kept or cells > self.most_cells:
                return
            self.kept[key] = (time.monotonic(), cells, result)
            self.cells += cells
            while self.cells > self.most_cells:
                self.forget_first()

    def forget_old(self) -> None:
        """Drops what is too old."""
        while self.kept and next(iter(self.kept.values()))[0] < time.monotonic() - self.longest_seconds:
            self.forget_first()

    def forget_first(self) -> None:
        """Drops what was kept first."""
        _, (_, cells, _) = self.kept.popitem(last=False)
        self.cells -= cells
