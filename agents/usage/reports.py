"""Reports of providers: pages of buckets, each with the results of its time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agents.usage.naming import objects_at


def list_results(record: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The results of a page or of one bucket, each with its bucket."""
    for bucket in objects_at(record, "data") or [record]:
        for result in objects_at(bucket, "results") or objects_at(bucket, "result"):
            yield bucket, result
