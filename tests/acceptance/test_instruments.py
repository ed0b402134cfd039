"""What the suite measures with can say no: an invented number, a broken table, a missing section, a wrong total."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from agents.usage.demo_plan import DemoTruths
from agents.usage.demo_rows import generate_rows
from tests.acceptance.checking import SAVING_RANGE, find_markup, opens_with_words
from tests.acceptance.companies import COMPANIES
from tests.acceptance.cutting import NAMES, cut
from tests.acceptance.figures import differ
from tests.acceptance.oracle import FEATURE, Truth, find_percentile, one_request
from tests.acceptance.reading import find_invented, find_section, list_tables, read_sections
from tests.agents.conftest import make_row

FACTS = {"cost": "1216.816875", "models": ["gpt-5.4-mini"], "p95_ms": 25698, "day": "2026-09-16", "failed": 84}


def call(**values: Any) -> tuple[Any, ...]:
    """One call of gpt-4o: 2.50 a million tokens in, 10 out."""
    return make_row(**{"input_tokens": 1_000_000, "output_tokens": 100_000, "latency_ms": 100} | values)


def test_a_number_of_no_source_is_invented() -> None:
    text = "It cost $1,216.82 in 7,331 calls, 26 s at p95, $1.2k, on 2026-09-16 with gpt-5.4-mini; 84 failed."
    assert find_invented(text, [FACTS]) == ["7,331"]


def test_a_day_of_no_source_is_invented() -> None:
    assert find_invented("From 2026-09-16 to 2026-09-17.", [FACTS]) == ["2026-09-17"]


def test_numbers_of_lists_and_names_are_no_figures() -> None:
    assert find_invented("14. first\n15. second: p99 of gpt-5.4-mini, v77", [FACTS]) == []


def test_a_rounded_number_is_known_and_one_beside_it_is_not() -> None:
    assert find_invented("$1,217 or 1216.8 or 25,698 ms", [FACTS]) == []
    assert find_invented("$1,218 or 1216.9 or 25,699 ms", [FACTS]) == ["1,218", "1216.9", "25,699"]


def test_sections_are_found_by_their_headings() -> None:
    text = "Opening.\n\n### What this rests on\n\nRows.\n\n**Better:**\n\nMore."
    assert [(item.heading, item.body) for item in read_sections(text)] == [
        ("", "Opening."),
        ("What this rests on", "Rows."),
        ("Better", "More."),
    ]
    assert find_section(text, "recommendation") is None


def test_a_bar_that_is_not_escaped_makes_another_cell() -> None:
    table = "| a | b |\n| --- | ---: |\n| x \\| y | 1 |\n| x | y | 2 |\n"
    assert [len(row) for row in list_tables(table)[0]] == [2, 2, 3]


def test_markup_is_markup_only_where_it_is_not_escaped() -> None:
    assert find_markup("`<b>` \\<script\\> \\[x\\](y) a < b") == []
    assert find_markup("<script> [x](y) ![z](w)") == ["<s", "](", "![", "]("]


def test_a_saving_is_a_range_of_money() -> None:
    assert SAVING_RANGE.search("saves $1.20 to $3,400.00 in 30 days")
    assert not SAVING_RANGE.search("saves $1.20 in 30 days")


def test_a_table_is_no_summary() -> None:
    assert opens_with_words("Five words are a sentence.")
    assert not opens_with_words("| a | b | c | d | e |")


def test_a_figure_beside_the_right_one_is_a_fault() -> None:
    assert list(differ("x", "1.000001", "1.000002")) == []
    assert list(differ("x", "1.00001", "1.00002")) == ["x is 1.00001, the rows say 1.00002"]
    assert list(differ("x", None, 1)) == ["x is None, the rows say 1"]


def test_costs_add_up_by_hand() -> None:
    truth = Truth([call(feature="a"), call(feature="b", time="2026-09-03 00:30:00"), call(feature="b")])
    assert truth.cost == Decimal("10.5")
    assert truth.cost_by(FEATURE) == {"a": Decimal("3.5"), "b": Decimal("7.0")}
    assert list(truth.daily_cost.values()) == [Decimal(7), Decimal(0), Decimal("3.5")]
    assert truth.busiest_minute(one_request) == 2


def test_percentiles_lie_between_their_neighbours() -> None:
    assert find_percentile([40, 10, 20, 30], 0.5) == 25
    assert find_percentile([0, 100], 0.95) == 95


def test_a_repeat_is_a_prompt_that_came_before() -> None:
    times = ("2026-09-01 10:00:00", "2026-09-01 11:00:00", "2026-09-04 11:00:00")
    truth = Truth([*(call(time=time, prompt_hash="p") for time in times), call(prompt_hash="q")])
    assert (len(truth.repeats()), len(truth.repeats(timedelta(days=1)))) == (2, 1)


def test_rows_that_are_added_up_keep_their_totals_and_nothing_of_single_calls() -> None:
    (total,) = cut([call(prompt_hash="p"), call(prompt_hash="q", input_tokens=5)], ["call", "feature"])
    values = dict(zip(NAMES, total, strict=True))
    assert (values["grain"], values["requests"], values["input_tokens"]) == ("bucket", 2, 1_000_005)
    assert {values[name] for name in ("feature", "latency_ms", "prompt_hash", "status", "session")} == {None}


def test_the_companies_have_nothing_in_common_with_the_demo() -> None:
    truths = [company.truths for company in COMPANIES]
    assert truths[0] == DemoTruths()
    for name in (
        "last_day",
        "calls",
        "jump_date",
        "jump_feature",
        "oversized_feature",
        "repeated_share",
        "error_start",
    ):
        assert len({getattr(item, name) for item in truths}) == len(truths), name
    features = [plan.name for item in truths for plan in item.features]
    assert len(set(features)) == len(features)


def test_the_planted_truths_are_in_the_rows() -> None:
    truths = COMPANIES[3].truths
    truth = Truth(generate_rows(truths))
    assert truth.week_from(truths.jump_date) > 2 * truth.week_before(truths.jump_date)
    own = truth.where(feature=truths.repeated_feature)
    assert abs(len(own.repeats()) / len(own) - truths.repeated_share) < 0.03
