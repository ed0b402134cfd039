"""JSON objects of any origin, one a line or in a list: a key for each field, nested ones with dots between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agents.usage.mapping import Getter, describe_match, open_mapped_reader, propose_mapping
from agents.usage.naming import value_at
from agents.usage.records import Format, Match, Reader, Reading, Record, Sample

DEEPEST: Final = 4
MOST_KEYS: Final = 300
LOOKED_AT: Final = 50


def recognise(sample: Sample) -> Match | None:
    """Objects with a time and something to count."""
    return describe_match(propose(sample)) if sample.kind == "json" else None


def propose(sample: Sample) -> Reading:
    """The likeliest key of each field."""
    return propose_mapping(list_keys(sample.records), sample.records, key_getter)


def open_reader(reading: Reading) -> Reader:
    """The reader of mapped objects."""
    return open_mapped_reader(reading, key_getter)


def list_keys(records: Sequence[Record]) -> list[str]:
    """The keys of the first records, those of objects inside objects with dots between."""
    found: dict[str, None] = {}
    for record in records[:LOOKED_AT]:
        for key in flat_keys(record):
            found.setdefault(key)
            if len(found) >= MOST_KEYS:
                return list(found)
    return list(found)


def flat_keys(record: Mapping[str, Any], before: str = "", depth: int = 1) -> Iterator[str]:
    """The keys of everything in an object, objects included: an error may be one."""
    for key, value in record.items():
        yield f"{before}{key}"
        if isinstance(value, Mapping) and depth < DEEPEST:
            yield from flat_keys(value, f"{before}{key}.", depth + 1)


def key_getter(key: str) -> Getter:
    """Finds the value of a key; dots lead into objects, unless the key itself has dots."""
    if "." not in key:
        return lambda record: record.get(key)
    path = key.split(".")

    def get(record: Record) -> Any:
        found = value_at(record, *path)
        return record.get(key) if found is None else found

    return get


FORMAT = Format("json_records", "JSON records", recognise, open_reader, propose)
