"""What must hold for any rows: nothing is lost or counted twice, and neither order nor splitting changes a figure."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.errors import NoUsableRows, UploadUnreadable
from agents.usage.intake import take_in
from agents.usage.records import PART_NAME, Intake, Progress, Wish
from tests.agents.bringing import as_lines, usage

TOKENS = st.integers(0, 10**6)
CALLS = st.lists(
    st.builds(
        lambda number, given, cached, out, broken: {
            **usage(number),
            "input_tokens": given + cached,
            "cached_tokens": cached,
            "output_tokens": -1 if broken else out,
            "total_tokens": given + cached + out,
        },
        st.integers(0, 10_000),
        TOKENS,
        TOKENS,
        TOKENS,
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda call: call["request_id"],
)
Part = tuple[Intake | None, list[tuple[Any, ...]]]


def bring_in(folder: Path, name: str, calls: Sequence[dict[str, Any]], earlier: Sequence[Path] = ()) -> Intake | None:
    """One import into a folder of its own; None when there is no usable row."""
    own = folder / name
    own.mkdir()
    upload = own / "upload"
    upload.write_bytes(as_lines(calls))
    try:
        return take_in(upload, "usage.jsonl", Wish(), own, Progress(), earlier=earlier)
    except (NoUsableRows, UploadUnreadable):
        return None


def rows_of(folder: Path, *names: str) -> list[tuple[Any, ...]]:
    """All rows of these imports in a fixed order."""
    parts = [str(part) for name in names if (part := folder / name / PART_NAME).exists()]
    if not parts:
        return []
    with duckdb.connect() as connection:
        return connection.read_parquet(parts).order("ALL").fetchall()


def sums_of(folder: Path, name: str) -> tuple[int, ...]:
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(folder / name / PART_NAME)).aggregate(
            "count(*), sum(input_tokens), sum(cached_read_tokens), sum(output_tokens)"
        )
        (row,) = found.fetchall()
    return tuple(int(value) for value in row)


@settings(max_examples=25, deadline=None)
@given(CALLS)
def test_every_record_is_kept_or_rejected_and_every_token_counted(calls: list[dict[str, Any]]) -> None:
    good = [call for call in calls if call["output_tokens"] >= 0]
    with tempfile.TemporaryDirectory() as name:
        intake = bring_in(Path(name), "whole", calls)
        if intake is None:
            assert good == []
            return
        assert (intake.rows_read, intake.rows_kept, intake.rows_rejected) == (
            len(calls),
            len(good),
            len(calls) - len(good),
        )
        assert sums_of(Path(name), "whole") == (
            len(good),
            sum(call["input_tokens"] - call["cached_tokens"] for call in good),
            sum(call["cached_tokens"] for call in good),
            sum(call["output_tokens"] for call in good),
        )


@settings(max_examples=15, deadline=None)
@given(CALLS, st.integers(0, 2**32), st.integers(0, 30))
def test_neither_order_nor_splitting_nor_repeating_changes_the_rows(
    calls: list[dict[str, Any]], seed: int, cut: int
) -> None:
    shuffled = list(calls)
    random.Random(seed).shuffle(shuffled)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bring_in(folder, "whole", calls)
        bring_in(folder, "shuffled", shuffled)
        bring_in(folder, "twice", [*calls, *shuffled])
        bring_in(folder, "first", calls[:cut])
        first = [folder / "first" / PART_NAME] if (folder / "first" / PART_NAME).exists() else []
        bring_in(folder, "rest", calls[cut:], first)
        again = (
            bring_in(folder, "again", shuffled, [folder / "whole" / PART_NAME]) if rows_of(folder, "whole") else None
        )
        whole = rows_of(folder, "whole")
        assert rows_of(folder, "shuffled") == whole
        assert rows_of(folder, "twice") == whole
        assert rows_of(folder, "first", "rest") == whole
        assert again is None or (again.rows_kept, again.rows_repeated) == (0, len(whole))


@settings(max_examples=10, deadline=None)
@given(CALLS, st.integers(0, 30))
def test_rows_without_an_id_are_never_merged(calls: list[dict[str, Any]], cut: int) -> None:
    nameless = [{**call, "request_id": None, "output_tokens": abs(call["output_tokens"])} for call in calls]
    nameless = [{**call, "total_tokens": call["input_tokens"] + call["output_tokens"]} for call in nameless] * 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bring_in(folder, "whole", nameless)
        bring_in(folder, "first", nameless[:cut])
        bring_in(folder, "rest", nameless[cut:])
        whole = rows_of(folder, "whole")
        assert len(whole) == len(nameless)
        assert Counter(rows_of(folder, "first", "rest")) == Counter(whole)
