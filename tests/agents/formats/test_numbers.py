"""Figures are read where they mean one thing only, and refused with a sentence where they do not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.usage.numbers import (
    find_inclusion,
    guess_duration_unit,
    make_disjoint,
    names_part_of_input,
    read_cost,
    read_count,
    read_milliseconds,
    take_part,
)
from agents.usage.records import Unusable, UsageRow
from tests.agents.formats.reading import numbered

COUNTS = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("value", "count"),
    numbered(
        (0, 0),
        (12, 12),
        (12.0, 12),
        ("12", 12),
        (" 12 ", 12),
        ("12.0", 12),
        ("1e3", 1000),
        ("1,234", 1234),
        ("1,234,567", 1_234_567),
        ("1.234.567", 1_234_567),
        ("1'234", 1234),
        ("1\u00a0234", 1234),
        (2**53, 2**53),
        (None, None),
        ("", None),
        ("null", None),
        ("N/A", None),
        ("-", None),
    ),
)
def test_counts_are_read(value: Any, count: int | None) -> None:
    assert read_count(value, "The number") == count


@pytest.mark.parametrize(
    "value",
    numbered(
        *(True, -1, "-1", 1.5, "1.5", "1.234", "12,34", "1,2345", "abc", "1e400", "1e-3", float("nan"), float("inf")),
        *("NaN", "inf", 2**53 + 1, "9" * 30, 10**5000, [], {}, [1], "1 2", "0x10", "१२x", "1" * 200),
    ),
)
def test_other_counts_are_refused_with_the_field_and_the_value(value: Any) -> None:
    with pytest.raises(Unusable, match=r"^The number of tokens is “.*”, which is no usable number.$"):
        read_count(value, "The number of tokens")


def test_a_long_value_is_shortened() -> None:
    with pytest.raises(Unusable) as refused:
        read_count("x" * 5000, "The number")
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize(
    ("value", "cost", "currency"),
    numbered(
        (1, "1", None),
        (0.1, "0.1", None),
        (1e-7, "0.0000001", None),
        ("0.0012", "0.0012", None),
        ("1.234", "1.234", None),
        ("$1,234.56", "1234.56", "USD"),
        ("1.234,56 €", "1234.56", "EUR"),
        ("0,5", "0.5", None),
        ("USD 3", "3", "USD"),
        ("3.5 GBP", "3.5", "GBP"),
        ("-$2.50", "-2.5", "USD"),
        ("(2.50)", "-2.5", None),
        ("-1.5", "-1.5", None),
        ("-1e-7", "-0.0000001", None),
        ("0.1234567891234", "0.123456789", None),
        ("1,234,567", "1234567", None),
        ("12e-3", "0.012", None),
    ),
)
def test_costs_are_read_with_their_currency(value: Any, cost: str, currency: str | None) -> None:
    assert read_cost(value, "The cost") == (Decimal(cost).quantize(Decimal("1e-9")), currency)


@pytest.mark.parametrize("value", [None, "", " ", "null"])
def test_a_missing_cost_is_none(value: Any) -> None:
    assert read_cost(value, "The cost") is None


@pytest.mark.parametrize(
    "value",
    numbered(
        *(
            True,
            "abc",
            "1,234",
            "1.2.3",
            "NaN",
            "Infinity",
            float("nan"),
            float("inf"),
            1e10,
            10**5000,
            "1e400",
            "7.8e91338001",
            "-7.8e91338001",
            [],
            {},
        ),
        *("$", "--1", "-$-2", "(-1)", "1" * 300, "USD USD 1"),
    ),
)
def test_other_costs_are_refused(value: Any) -> None:
    with pytest.raises(Unusable, match=r"^The cost is “"):
        read_cost(value, "The cost")


@pytest.mark.parametrize(
    ("value", "factor", "milliseconds"),
    numbered(
        (350, 1.0, 350),
        (1.5, 1000.0, 1500),
        ("1.5", 1000.0, 1500),
        ("350ms", 1000.0, 350),
        ("1.5 s", 1.0, 1500),
        ("2m", 1.0, 120_000),
        ("00:00:01.5", 1.0, 1500),
        ("01:30", 1.0, 90_000),
        ("", 1.0, None),
        (None, 1.0, None),
    ),
)
def test_durations_are_read(value: Any, factor: float, milliseconds: int | None) -> None:
    assert read_milliseconds(value, "The latency", factor) == milliseconds


@pytest.mark.parametrize("value", numbered(True, -1, "x", "1,5", float("nan"), 10**12, 10**5000, [], "1.2.3s"))
def test_other_durations_are_refused(value: Any) -> None:
    with pytest.raises(Unusable, match=r"^The latency is "):
        read_milliseconds(value, "The latency")


@pytest.mark.parametrize(
    ("column", "values", "unit"),
    numbered(
        ("latency_ms", (1.5, 2.5), "ms"),
        ("Duration (s)", (100, 200), "s"),
        ("durationSec", (100,), "s"),
        ("latency", (0.5, 3.2), "s"),
        ("latency", (500, 3200), "ms"),
        ("latency", (512.5, 3200.1), "ms"),
        ("elapsed_ns", (1,), "ns"),
    ),
)
def test_the_unit_of_a_duration_is_told_by_name_or_size(column: str, values: tuple[float, ...], unit: str) -> None:
    assert guess_duration_unit(column, values) == unit


def test_a_part_larger_than_its_whole_is_refused() -> None:
    with pytest.raises(Unusable, match=r"^900 cached tokens are more than the 100 input tokens they are part of.$"):
        take_part(900, 100, "cached", "input")


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.booleans(), st.booleans())
def test_classes_add_up_to_what_the_source_said(
    plain: int, read: int, written: int, output: int, reasoning: int, input_inclusive: bool, output_inclusive: bool
) -> None:
    row = UsageRow("call", cached_read_tokens=read, cache_write_5m_tokens=written, reasoning_tokens=reasoning)
    row.input_tokens = plain + (read + written if input_inclusive else 0)
    row.output_tokens = output + (reasoning if output_inclusive else 0)
    make_disjoint(row, input_inclusive=input_inclusive, output_inclusive=output_inclusive)
    assert (row.input_tokens, row.output_tokens) == (plain, output)


@pytest.mark.parametrize("cached_inside", [True, False])
@pytest.mark.parametrize("reasoning_inside", [True, False])
def test_totals_tell_what_is_a_part_of_what(cached_inside: bool, reasoning_inside: bool) -> None:
    total = 150 + (0 if cached_inside else 40) + (0 if reasoning_inside else 7)
    row = {"input_tokens": 100, "output_tokens": 50, "cached_read_tokens": 40, "reasoning_tokens": 7}
    assert find_inclusion([{**row, "total_tokens": total}] * 3) == (cached_inside, reasoning_inside)


def test_totals_that_tell_nothing_decide_nothing() -> None:
    assert find_inclusion([{"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}]) == (None, None)
    assert find_inclusion([{"input_tokens": 1, "output_tokens": 1}]) == (None, None)
    assert find_inclusion([{"input_tokens": 1, "output_tokens": 1, "total_tokens": 99}]) == (None, None)


@pytest.mark.parametrize(
    ("column", "inside"),
    [
        ("cached_tokens", True),
        ("usage.prompt_tokens_details.cached_tokens", True),
        ("cached_input_tokens", True),
        ("cache_read_input_tokens", False),
        ("cache_creation_input_tokens", False),
        ("cached_read_tokens", False),
    ],
)
def test_names_tell_what_the_input_includes(column: str, inside: bool) -> None:
    assert names_part_of_input(column) is inside
