"""Rows that could not be used: counted all, the first of them kept with line, reason and row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

MOST_KEPT: Final = 10_000
MOST_REASONS: Final = 50
FILE_NAME: Final = "rejects.jsonl"


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that could not be used."""

    file: str
    line: int
    reason: str
    row: str

    def as_data(self) -> dict[str, Any]:
        """The reject as clients get it."""
        return {"file": self.file, "line": self.line, "reason": self.reason, "row": self.row}


class RejectFile:
    """Writes rejects into an import's folder."""

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self._reasons: Counter[str] = Counter()
        self._file = (folder / FILE_NAME).open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, reject: Reject) -> None:
        """Counts it, and keeps it while there is room."""
        if self.count < MOST_KEPT:
            self._file.write(orjson.dumps(reject.as_data(), option=orjson.OPT_APPEND_NEWLINE))
        self.count += 1
        self._reasons[general(reject.reason)] += 1
        if len(self._reasons) > 20 * MOST_REASONS:
            self._reasons = Counter(dict(self._reasons.most_common(MOST_REASONS)))

    def reasons(self) -> list[dict[str, Any]]:
        """The reasons with their numbers, the most frequent first."""
        found = sorted(self._reasons.items(), key=lambda item: (-item[1], item[0]))
        return [{"reason": reason, "rows": rows} for reason, rows in found[:MOST_REASONS]]


def general(reason: str) -> str:
    """The reason without the figures and values of its row, so that equal faults are counted together."""
    words = ("…" if any(character.isdigit() for character in word) else word for word in reason.split())
    return " ".join(words)[:200]


def read_rejects(folder: Path, after: int, limit: int) -> list[dict[str, Any]]:
    """The kept rejects of an import, from one place on."""
    path = folder / FILE_NAME
    if not path.is_file():
        return []
    with path.open("rb") as file:
        return [orjson.loads(line) for line in islice(file, after, after + limit)]


def iterate_rejects(folder: Path) -> Iterator[bytes]:
    """The kept rejects as lines of JSON."""
    path = folder / FILE_NAME
    if path.is_file():
        with path.open("rb") as file:
            yield from file
