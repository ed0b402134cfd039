"""Whatever stands in a record, a reader gives rows or a sentence, never another exception; and its rows add up."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.usage.checks import check_row
from agents.usage.formats import detect, format_named
from agents.usage.records import Record, Sample, Unusable, UsageRow
from tests.agents.formats.reading import NAMES, TOKENS, reader_for, source_of
from tests.slices import one_in

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**53, 2**64, 10**400, 10**5000, -1, float("nan"), float("inf"), 1e308, 0.5]),
    st.sampled_from(["", "NaN", "1e400", "\ud800", "\x00", "{", "[", "{}", "2026-99-99", "9" * 50, "=1+1", "x" * 5000]),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    st.just([[[{}]]]),
)


@cache
def sample_of(name: str) -> Sample:
    return source_of(name).sample()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a record."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, inner in items for place in places(inner, (*path, key))]


def put(record: Any, place: tuple[Any, ...], value: Any) -> None:
    """Puts the value at its place."""
    for key in place[:-1]:
        record = record[key]
    record[place[-1]] = value


def draw_broken(data: st.DataObject, name: str) -> Record:
    """A record of the sample with a few odd values."""
    record = deepcopy(dict(data.draw(st.sampled_from(sample_of(name).records))))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(record)))
        put(record, place, deepcopy(data.draw(ODD)))
    return record


@pytest.mark.parametrize("name", one_in(3, NAMES))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_readers_raise_nothing_but_unusable(name: str, data: st.DataObject) -> None:
    format = detect(sample_of(name)).format or ""
    read = reader_for(sample_of(name), format)
    for _ in range(2):
        problem = ""
        rows: list[UsageRow] = []
        try:
            rows = list(read(draw_broken(data, name)))
            for row in rows:
                check_row(row)
        except Unusable as unusable:
            problem = str(unusable)
            rows = []
        assert bool(problem) or all(adds_up(row) for row in rows)
        assert len(problem) < 400


def adds_up(row: UsageRow) -> bool:
    """Whether a row is what the source said, and can be written."""
    repr(row).encode("utf-8")
    return row.source_total in (None, sum(getattr(row, token) for token in TOKENS))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_recognising_and_proposing_raise_nothing(name: str, data: st.DataObject) -> None:
    sample = sample_of(name)
    broken = Sample(sample.kind, tuple(draw_broken(data, name) for _ in range(3)), sample.columns)
    found = detect(broken)
    if found.format:
        format = format_named(found.format)
        assert format.propose is None or format.propose(broken).mapping
