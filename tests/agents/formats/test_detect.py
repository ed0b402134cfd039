"""Which format a sample is: a vendor's before the generic ones, and what was seen where none fits."""

from __future__ import annotations

import pytest

from agents.errors import UnknownFormat
from agents.usage.formats import detect, format_named, formats
from agents.usage.records import Sample
from tests.agents.formats.reading import NAMES, source_of

GENERIC = {"delimited", "json_records"}


def table(*columns: str, **values: str) -> Sample:
    record = {column: values.get(column, "1") for column in columns}
    return Sample("table", (record,), columns)


@pytest.mark.parametrize("name", NAMES)
def test_each_sample_is_its_own_format_and_every_format_has_one(name: str) -> None:
    found = detect(source_of(name).sample())
    assert found.format == name.rsplit(".", 1)[0]
    assert found.title == format_named(found.format).title
    assert found.why.endswith(".")


def test_every_format_has_a_sample() -> None:
    assert {name.rsplit(".", 1)[0] for name in NAMES} == {format.name for format in formats()}


@pytest.mark.parametrize("name", NAMES)
def test_a_vendors_format_is_surer_than_a_generic_one(name: str) -> None:
    found = detect(source_of(name).sample())
    others = [score for other, score in found.candidates.items() if other in GENERIC and other != found.format]
    assert all(score < found.candidates[found.format or ""] for score in others)


def test_formats_are_found_by_name() -> None:
    assert [format.name for format in formats()] == sorted(format.name for format in formats())
    assert format_named("otel").name == "otel"
    with pytest.raises(UnknownFormat):
        format_named("excel")


def test_the_unknown_says_what_was_seen() -> None:
    found = detect(table("a", "b"))
    assert (found.format, "“a”, “b”" in found.why) == (None, True)
    found = detect(Sample("json", ({"x": 1}, {"y": 2})))
    assert (found.format, "keys “x”, “y”" in found.why) == (None, True)


def test_many_columns_are_not_all_named() -> None:
    assert "and 10 more" in detect(table(*(f"c{number}" for number in range(30)))).why


@pytest.mark.parametrize(
    ("columns", "known"),
    [
        (("timestamp", "input_tokens"), True),
        (("timestamp", "cost"), True),
        (("timestamp", "requests"), True),
        (("timestamp", "model"), False),
        (("input_tokens", "output_tokens"), False),
        (("timestamp", "total_tokens"), False),
    ],
)
def test_generic_data_needs_a_time_and_a_figure(columns: tuple[str, ...], known: bool) -> None:
    assert (detect(table(*columns, timestamp="2026-09-01")).format is not None) is known


def test_a_sample_without_records_is_no_format() -> None:
    assert detect(Sample("json", ())).format is None
    assert detect(Sample("table", (), ("a",))).format is None
