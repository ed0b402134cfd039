"""What a file is, told from its beginning, with its first rows as they would be read; nothing is stored."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from accounts.errors import NetraError
from agents.usage.archives import find_members, printable
from agents.usage.checks import check_row
from agents.usage.formats import formats
from agents.usage.intake import recognise
from agents.usage.mapping import FIELDS
from agents.usage.records import Format, Reading, Unusable, UsageRow, Wish
from agents.usage.rejects import Reject
from agents.usage.sources import Source, open_source

HEAD_BYTES: Final = 256 * 1024
SHOWN_ROWS: Final = 8
LOOKED_AT: Final = 50
NOTHING: Final[dict[str, Any]] = {
    "format": None,
    "title": "",
    "why": "",
    "shape": "",
    "columns": [],
    "mapping": {},
    "options": {},
    "notes": [],
    "rows": [],
    "rejects": [],
    "error": None,
}


def recognise_head(head: bytes, name: str, wish: Wish, *, cut: bool) -> dict[str, Any]:
    """Everything the mapping form shows; what is wrong with the file stands in `error`."""
    answer = {**NOTHING, "fields": list_fields(), "formats": list_formats()}
    with tempfile.TemporaryDirectory(prefix="netra-detect-") as folder:
        upload = Path(folder) / "head"
        upload.write_bytes(trim(head) if cut else head)
        try:
            member = find_members(upload, printable(name))[0]
            source = open_source(member, cut=cut)
            columns = list_columns(source)
            answer |= {"shape": source.shape.describe(), "columns": columns}
            format, found = recognise(source, wish)
            answer |= {**found.as_data(), "columns": columns}
            answer |= try_out(source, format, Reading(found.mapping, found.options))
        except NetraError as error:
            answer["error"] = {"code": error.code, "message": error.sentence}
    return answer


def trim(head: bytes) -> bytes:
    """The beginning without the half line at its end, where it has lines."""
    end = head.rfind(b"\n")
    return head[: end + 1] if end > len(head) // 2 else head


def list_columns(source: Source) -> list[str]:
    """What a field can be mapped to: the columns of a table, or the keys of the objects, nested ones with dots."""
    if source.shape.columns:
        return list(source.shape.columns)
    return sorted({key for record in source.sample().records[:LOOKED_AT] for key in flat_keys(record)})[:300]


def flat_keys(record: Any, before: str = "", depth: int = 3) -> Iterator[str]:
    """The names of everything in an object that is no object itself."""
    for key, value in record.items():
        if isinstance(value, dict) and depth > 1:
            yield from flat_keys(value, f"{before}{key}.", depth - 1)
        else:
            yield f"{before}{key}"


def try_out(source: Source, format: Format, reading: Reading) -> dict[str, Any]:
    """The first rows and rejects of a source."""
    reader = format.open_reader(reading)
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for line in islice(source.lines(), LOOKED_AT):
        try:
            if line.record is None:
                raise Unusable(line.problem)
            for row in reader(line.record):
                check_row(row)
                rows.append(show(row))
        except Unusable as unusable:
            rejects.append(Reject(source.member.name, line.number, str(unusable), line.shown()).as_data())
    return {"rows": rows[:SHOWN_ROWS], "rejects": rejects[:SHOWN_ROWS]}


def show(row: UsageRow) -> dict[str, Any]:
    """What is in a row, without what is not."""
    return {name: value for name, value in asdict(row).items() if value is not None and name != "source_total"}


def list_fields() -> list[dict[str, Any]]:
    """Our fields, for the mapping form."""
    return [asdict(field) for field in FIELDS]


def list_formats() -> list[dict[str, str]]:
    """Every format, for those who know better."""
    return [{"name": format.name, "title": format.title} for format in formats()]
