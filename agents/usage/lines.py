"""What every reader of files gives: records at their places, or why something there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final, Literal

import orjson

from agents.usage.records import Record

LONGEST_RECORD_BYTES: Final = 16 * 1024 * 1024
# What is kept of a record that could not be used.
SHOWN_CHARACTERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """A record at its place: the number of its line, or of the item in a document."""

    number: int
    record: Record | None
    # For a record that cannot even be read: why, and what stands there.
    problem: str = ""
    text: str = ""

    def shown(self) -> str:
        """The record as text, shortened."""
        if self.record is None:
            return self.text[:SHOWN_CHARACTERS]
        return orjson.dumps(self.record, default=str, option=orjson.OPT_NON_STR_KEYS).decode()[:SHOWN_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Shape:
    """How the records of a file are told apart."""

    kind: Literal["table", "lines", "document"]
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    # Where the records lie in a document, as ijson names it; empty: the document is the only record.
    path: str = ""

    def describe(self) -> str:
        """What kind of file it is, for people."""
        if self.kind == "table":
            names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
            return f"a table with {len(self.columns)} columns, separated by {names[self.delimiter]} ({self.encoding})"
        if self.kind == "lines":
            return "JSON, one object a line"
        return (
            f"one JSON document, its records below `{self.path.removesuffix('.item')}`"
            if self.path
            else "one JSON object"
        )


def bounded_lines(stream: IO[bytes]) -> Iterator[bytes | None]:
    """Lines with their ends; None for one that is too long, the rest of which is passed over."""
    while line := stream.readline(LONGEST_RECORD_BYTES):
        if len(line) < LONGEST_RECORD_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_RECORD_BYTES)
        yield None
