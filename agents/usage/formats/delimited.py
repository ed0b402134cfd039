"""Tables of any origin (CSV, TSV): a column for each field, found by its name or chosen by a person."""

from __future__ import annotations

from agents.usage.mapping import Getter, describe_match, open_mapped_reader, propose_mapping
from agents.usage.records import Format, Match, Reader, Reading, Sample


def recognise(sample: Sample) -> Match | None:
    """A table with a time and something to count."""
    return describe_match(propose(sample)) if sample.kind == "table" else None


def propose(sample: Sample) -> Reading:
    """The likeliest column of each field."""
    return propose_mapping(sample.columns, sample.records, column_getter)


def open_reader(reading: Reading) -> Reader:
    """The reader of a mapped table."""
    return open_mapped_reader(reading, column_getter)


def column_getter(column: str) -> Getter:
    """Finds a cell."""
    return lambda record: record.get(column)


FORMAT = Format("delimited", "Table (CSV or TSV)", recognise, open_reader, propose)
