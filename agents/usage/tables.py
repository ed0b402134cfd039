"""Tables: their delimiter, encoding and columns found out, and their rows one by one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import IO, Final

from agents.errors import UploadUnreadable
from agents.usage.lines import Line, Shape, bounded_lines

LONGEST_FIELD_CHARACTERS: Final = 1024 * 1024
MOST_COLUMNS: Final = 500
DELIMITERS: Final = ",;\t|"
csv.field_size_limit(LONGEST_FIELD_CHARACTERS)


def find_table(head: bytes, name: str) -> Shape:
    """The delimiter, the encoding and the columns of a table."""
    encoding = find_encoding(head)
    # The last line of the head may be half a line.
    text = head.decode(encoding, "replace")
    lines = text.splitlines()[:50] or [text]
    delimiter = find_delimiter(lines)
    columns = next(csv.reader(lines, delimiter=delimiter), [])
    if len(columns) < 2:
        raise UploadUnreadable(
            f"{name} is neither JSON nor a table: its first line has one column. It begins with: {text.strip()[:120]}"
        )
    if len(columns) > MOST_COLUMNS:
        raise UploadUnreadable(f"{name} has {len(columns):,} columns; up to {MOST_COLUMNS} are read.")
    return Shape("table", delimiter, name_columns(columns), encoding)


def find_encoding(head: bytes) -> str:
    """UTF-8 where the text is that; else what Windows writes in Western countries."""
    try:
        # Half a character may stand at the end of the head.
        head[: head.rfind(b"\n") + 1 or None].decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def find_delimiter(lines: list[str]) -> str:
    """The separator that gives most lines the same number of columns, and the most of them."""

    def worth(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        alike = sum(count == counts[0] for count in counts) if counts and counts[0] > 1 else 0
        return alike, counts[0] if counts else 0

    return max(DELIMITERS, key=worth)


def name_columns(columns: list[str]) -> tuple[str, ...]:
    """The names of the columns, each once; one without a name gets its place."""
    named: list[str] = []
    for place, column in enumerate(columns, 1):
        name = column.strip() or f"column {place}"
        named.append(f"{name} ({place})" if name in named else name)
    return tuple(named)


def read_table(stream: IO[bytes], shape: Shape) -> Iterator[Line]:
    """One record a row; rows with another number of columns, or none at all, are told."""
    texts = decoded_lines(stream, shape.encoding)
    before = 0
    columns, width = shape.columns, len(shape.columns)
    is_first = True
    while True:
        rows = csv.reader(texts, delimiter=shape.delimiter)
        try:
            for row in rows:
                if is_first:
                    is_first = False
                elif len(row) == width:
                    yield Line(before + rows.line_num, dict(zip(columns, row, strict=True)))
                elif row:
                    yield refuse_row(before + rows.line_num, row, shape)
            return
        except csv.Error as error:
            # A quote that never closes: what it swallowed is one bad row, and the next line begins a new one.
            before += rows.line_num
            yield Line(before, None, f"The row cannot be read: {error}.")


def refuse_row(number: int, row: list[str], shape: Shape) -> Line:
    """A row that does not fit the header."""
    sentence = f"The row has {len(row)} columns, the header {len(shape.columns)}."
    return Line(number, None, sentence, shape.delimiter.join(row))


def decoded_lines(stream: IO[bytes], encoding: str) -> Iterator[str]:
    """The lines as text; one that is too long becomes an empty line, which is no row."""
    for line in bounded_lines(stream):
        yield "\n" if line is None else line.decode(encoding, "replace").replace("\x00", "")
