"""Reads the samples as an import does, and in a plain way of its own for the figures they are compared with."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.usage.archives import find_members
from agents.usage.checks import check_row
from agents.usage.formats import Detection, detect, format_named
from agents.usage.records import Reader, Reading, Sample, UsageRow
from agents.usage.sources import Source, open_source

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.name for path in SAMPLES.iterdir())
TOKENS = (
    *("input_tokens", "cached_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"),
    *("output_tokens", "reasoning_tokens"),
)


def numbered(*cases: Any) -> list[Any]:
    """Cases of a test under a kind and a number: odd values make no good names, and may look alike."""
    parts = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [pytest.param(*case, id=f"{type(case[0]).__name__}{place}") for place, case in enumerate(parts)]


@dataclass(frozen=True)
class Taken:
    """A sample as an import reads it."""

    found: Detection
    rows: list[UsageRow]


def source_of(name: str) -> Source:
    """The sample as a file of an upload."""
    path = SAMPLES / name
    return open_source(find_members(path, name)[0])


def reader_for(sample: Sample, name: str) -> Reader:
    """The reader of a format, with what it proposes."""
    format = format_named(name)
    return format.open_reader(format.propose(sample) if format.propose else Reading())


def take(name: str) -> Taken:
    """Every row of a sample, checked as an import checks them."""
    source = source_of(name)
    found = detect(source.sample())
    assert found.format
    read = reader_for(source.sample(), found.format)
    rows = [row for line in source.lines() if line.record is not None for row in read(line.record)]
    for row in rows:
        check_row(row)
    return Taken(found, rows)


def table(name: str, delimiter: str = ",") -> list[dict[str, str]]:
    """The lines of a sample."""
    with (SAMPLES / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def document(name: str) -> Any:
    """A sample that is one JSON document."""
    return json.loads((SAMPLES / name).read_text())


def lines(name: str) -> list[dict[str, Any]]:
    """A sample with a JSON object a line."""
    return [json.loads(line) for line in (SAMPLES / name).read_text().splitlines()]


def totals(rows: Iterable[UsageRow]) -> dict[str, int]:
    """Requests and tokens of all rows; what is nought is left out."""
    listed = list(rows)
    found = {name: sum(getattr(row, name) for row in listed) for name in ("requests", *TOKENS)}
    return {name: count for name, count in found.items() if count}


def total_cost(rows: Iterable[UsageRow]) -> Decimal:
    """What all rows were billed."""
    return sum((row.billed_cost for row in rows if row.billed_cost is not None), Decimal(0))


def once(rows: Iterable[UsageRow]) -> list[UsageRow]:
    """Each request once, with its most complete row, as an import keeps it."""
    kept: dict[Any, UsageRow] = {}
    for row in rows:
        key = row.request_id or id(row)
        if key not in kept or row.output_tokens > kept[key].output_tokens:
            kept[key] = row
    return list(kept.values())


def told(row: UsageRow) -> dict[str, Any]:
    """What a row says, without what it does not."""
    return {name: value for name, value in asdict(row).items() if value not in (None, 0)}
