"""Rows on their way into Parquet: written in pieces, each request counted once, ordered by time; memory is bounded."""

# ruff: noqa: S608 - statements are built from our own paths and column names

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TextIO

import duckdb

from agents.usage.records import UsageRow
from agents.usage.rows import COLUMNS
from agents.usage.sandbox import quote_text

ROWS_A_PIECE: Final = 200_000
MEMORY_BYTES: Final = 192 * 1024 * 1024
ROWS_A_GROUP: Final = 122_880
# In the order of the columns; written as CSV, whose empty field is the missing value.
values_of = attrgetter(*COLUMNS)
Opened = Callable[[duckdb.DuckDBPyConnection], None]
# Of several rows of one request the one with the most output is complete; of equals the last, which has seen most.
COMPLETENESS: Final = """{'output': output_tokens + reasoning_tokens, 'input': input_tokens + cached_read_tokens,
                     'time': epoch_us(time), 'place': place}"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the rows of a draft."""

    rows: int
    repeated: int


class Draft:
    """The rows of one import in its folder, until they are one sorted part."""

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._folder = folder
        self._pieces: list[Path] = []
        self._file: TextIO | None = None
        self._write: Callable[[Sequence[Any]], Any] = lambda values: None
        self._rows_in_piece = 0

    def add(self, row: UsageRow) -> None:
        """Keeps a checked row."""
        if self._file is None:
            self._file = self._csv_path().open("w", newline="", encoding="utf-8")
            self._write = csv.writer(self._file).writerow
        self._write(values_of(row))
        self.rows += 1
        self._rows_in_piece += 1
        if self._rows_in_piece >= ROWS_A_PIECE:
            self._close_piece()

    def finish(self, earlier: Sequence[Path], target: Path, opened: Opened) -> Kept:
        """Writes the part of all rows that are not in the earlier parts; `opened` may interrupt the work."""
        self._close_piece()
        if not self._pieces:
            return Kept(0, 0)
        with self._database() as connection:
            opened(connection)
            connection.execute(f"CREATE VIEW draft AS SELECT * FROM {parquet(self._pieces)}")
            find_repeated(connection)
            rows = write_part(connection, earlier, target)
        return Kept(rows, self.rows - rows)

    def discard(self) -> None:
        """Closes what is open; the folder is the caller's."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _csv_path(self) -> Path:
        return self._folder / f"piece-{len(self._pieces):05}.csv"

    def _close_piece(self) -> None:
        if self._file is None:
            return
        self._file.close()
        self._file = None
        self._rows_in_piece = 0
        source, number = self._csv_path(), len(self._pieces)
        target = source.with_suffix(".parquet")
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
        with self._database() as connection:
            connection.execute(
                f"""COPY (SELECT *, {number * ROWS_A_PIECE} + row_number() OVER () AS place
                          FROM read_csv({quote_text(str(source))}, header = false, auto_detect = false, nullstr = '',
                                        delim = ',', quote = '"', escape = '"', columns = {{{columns}}}))
                    TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"""
            )
        source.unlink()
        self._pieces.append(target)

    @contextmanager
    def _database(self) -> Iterator[duckdb.DuckDBPyConnection]:
        spill = self._folder / "spill"
        settings: dict[str, Any] = {"threads": 2, "memory_limit": f"{MEMORY_BYTES}B", "temp_directory": str(spill)}
        with duckdb.connect(config={**settings, "preserve_insertion_order": False}) as connection:
            yield connection


def parquet(paths: Sequence[Path]) -> str:
    """The files as a table in SQL."""
    return f"read_parquet([{', '.join(quote_text(str(path)) for path in paths)}])"


def find_repeated(connection: duckdb.DuckDBPyConnection) -> None:
    """The table `repeated`: requests that occur more than once, and the place of the row that is kept."""
    connection.execute(
        f"""CREATE TABLE repeated AS
            SELECT request_id, (max({COMPLETENESS})).place AS place
            FROM draft WHERE request_id IS NOT NULL GROUP BY request_id HAVING count(*) > 1"""
    )


def write_part(connection: duckdb.DuckDBPyConnection, earlier: Sequence[Path], target: Path) -> int:
    """Writes each request once, ordered by time, and gives the number of rows."""
    columns = ", ".join(f"draft.{name}" for name in COLUMNS)
    known = f"AND request_id NOT IN (SELECT request_id FROM {parquet(earlier)} WHERE request_id IS NOT NULL)"
    found = connection.execute(
        f"""COPY (SELECT {columns} FROM draft LEFT JOIN repeated USING (request_id)
                  WHERE (repeated.place IS NULL OR repeated.place = draft.place)
                    AND (request_id IS NULL OR (TRUE {known if earlier else ""}))
                  ORDER BY draft.time, request_id)
            TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS_A_GROUP})"""
    ).fetchone()
    return int(found[0]) if found else 0
