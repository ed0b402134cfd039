"""What stands out is found on its day, and its cause adds up; expected figures are worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.errors import DataLacking
from agents.prices import OwnPrice, PriceBook
from agents.tools import tool_named
from agents.usage.anomalies import Rules, find_anomalies
from agents.usage.causes import Metric
from agents.usage.filters import Filters
from tests.agents.conftest import make_context, make_data, make_row

anomaly_scan = tool_named("anomaly_scan").function
FIRST = date(2026, 9, 1)
JUMP = date(2026, 9, 15)
WEEK = (10, 11, 12, 11, 10, 3, 2)
Row = tuple[Any, ...]


def each_day(days: int = 28) -> Iterator[tuple[int, date]]:
    """The days of a small data set, by number."""
    return ((number, FIRST + timedelta(days=number)) for number in range(days))


def calls(day: date, count: int, **values: Any) -> list[Row]:
    """So many calls around noon."""
    noon = datetime(day.year, day.month, day.day, 12)
    return [make_row(time=str(noon + timedelta(minutes=number)), **values) for number in range(count)]


def of_level(before: int, after: int, **values: Any) -> list[Row]:
    """Four weeks of calls whose number changes in the middle."""
    return [row for _, day in each_day() for row in calls(day, before if day < JUMP else after, **values)]


async def scan(data: DataHandle, **arguments: Any) -> dict[str, Any]:
    """The facts of a scan."""
    prices = arguments.pop("prices", PriceBook())
    return (await anomaly_scan(make_context(data, prices=prices), **arguments)).facts


def decimals(values: list[int]) -> list[Decimal]:
    return [Decimal(value) for value in values]


async def test_the_planted_switch_of_models_is_the_largest_jump_with_its_cause(demo_data: DataHandle) -> None:
    facts = await scan(demo_data)
    found = facts["anomalies"][0]
    assert (found["kind"], found["day"], found["direction"], found["cause"]) == ("jump", "2026-09-16", "up", "mix")
    assert found["switched"] == {
        "feature": "reply-drafts",
        "from_model": "claude-haiku-4-5",
        "to_model": "claude-opus-4-8",
    }
    # docs/demo-data.md: 11.17 and 15.06 a day.
    assert (found["before"][:5], found["after"][:5]) == ("11.16", "15.06")
    assert found["drivers"][0]["model"] == "claude-opus-4-8"
    assert sum(map(Decimal, found["effects"].values())) == Decimal(found["after"]) - Decimal(found["before"])


async def test_the_planted_outage_is_located_by_hour_provider_and_kind(demo_data: DataHandle) -> None:
    facts = await scan(demo_data, metric=Metric.ERRORS)
    (found,) = facts["anomalies"]
    assert (found["kind"], found["day"], found["last_day"]) == ("spike", "2026-10-08", "2026-10-08")
    assert (found["from_hour"], found["to_hour"]) == ("2026-10-08T09:00", "2026-10-08T14:00")
    assert (found["provider"], found["kinds"]) == ("google", [{"kind": "overloaded", "failed_requests": 84}])
    # docs/demo-data.md: google 84 of 179, the others 4 of 364.
    assert (found["requests"], found["failed_percent_inside"], found["failed_percent_of_others"]) == (
        179,
        "46.9",
        "1.1",
    )
    assert Decimal(found["failed_percent_outside"]) < 2


async def test_the_four_parts_of_a_change_are_exact(tmp_path: Path) -> None:
    """Before: 4 calls of 100,000 tokens at 2.50 a million. After: 6 of 150,000 at 4.00, and 2 calls to a new model."""
    rows = [row for _, day in each_day() if day < JUMP for row in calls(day, 4, input_tokens=100_000)]
    for _, day in each_day():
        if day >= JUMP:
            rows += calls(day, 6, input_tokens=150_000)
            rows += calls(day, 2, input_tokens=1_000_000, model="gpt-4o-mini")
    book = PriceBook((OwnPrice(1, "openai", "gpt-4o", "input", Decimal(4), valid_from=JUMP),))
    (found,) = (await scan(make_data(tmp_path, rows), prices=book))["anomalies"]
    assert (found["day"], found["before"], found["after"]) == ("2026-09-15", "1.000000", "3.900000")
    # Volume: twice the calls. Mix: 6 at 0.25 and 2 at 0.15 against 8 at 0.25. Price: 0.9 million at 1.50 more.
    # Tokens: 6 calls of 50,000 more at 2.50.
    assert found["effects"] == {
        "price": "1.350000",
        "volume": "1.000000",
        "mix": "-0.200000",
        "tokens_per_call": "0.750000",
    }
    assert (found["cause"], found["change_percent"], found["switched"]) == ("price", "290.0", None)
    assert [(item["model"], item["before"], item["after"]) for item in found["drivers"]] == [
        ("gpt-4o", "1.000000", "3.600000"), ("gpt-4o-mini", "0.000000", "0.300000"),
    ]  # fmt: skip


async def test_more_calls_of_the_same_kind_are_volume(tmp_path: Path) -> None:
    data = make_data(tmp_path, of_level(4, 2, input_tokens=100_000))
    (found,) = (await scan(data))["anomalies"]
    assert (found["direction"], found["cause"], found["change_percent"]) == ("down", "volume", "-50.0")
    assert found["effects"]["volume"] == "-0.500000"
    (asked,) = (await scan(data, metric=Metric.REQUESTS))["anomalies"]
    assert (asked["day"], asked["before"], asked["after"], asked["cause"]) == ("2026-09-15", "4.0", "2.0", "volume")
    assert asked["drivers"] == [
        {"feature": "chat", "model": "gpt-4o", "provider": "openai", "before": "4.0", "after": "2.0", "change": "-2.0"}
    ]


async def test_a_switch_of_models_is_named_by_feature(tmp_path: Path) -> None:
    rows = [row for _, day in each_day() for row in calls(day, 3, input_tokens=10_000, feature="search")]
    for _, day in each_day():
        model = "gpt-4o-mini" if day < JUMP else "gpt-4o"
        rows += calls(day, 5, input_tokens=100_000, feature="drafts", model=model)
    (found,) = (await scan(make_data(tmp_path, rows)))["anomalies"]
    assert found["cause"] == "mix"
    assert found["switched"] == {"feature": "drafts", "from_model": "gpt-4o-mini", "to_model": "gpt-4o"}


async def test_around_a_day_only_its_neighbours_are_looked_at(demo_data: DataHandle) -> None:
    near = await scan(demo_data, around=date(2026, 9, 10))
    assert [item["day"] for item in near["anomalies"]] == ["2026-09-16"]
    assert (near["looked_from"], near["looked_to"]) == ("2026-08-31", "2026-09-20")
    far = await scan(demo_data, around=date(2026, 10, 20))
    assert (far["anomalies"], far["note"]) == ([], "Nothing stands out from 2026-10-10 to 2026-10-30.")


async def test_a_day_outside_of_the_data_is_said_to_be_outside(tmp_path: Path) -> None:
    result = await anomaly_scan(make_context(make_data(tmp_path, of_level(4, 8))), around=date(2027, 1, 1))
    assert result.facts["anomalies"] == []
    assert result.block.summary == (
        "These rows reach from 2026-09-01 to 2026-09-28; they say nothing about 2027-01-01."
    )
    assert (result.block.rows, result.block.chart) == ((), None)


def test_two_levels_and_a_day_that_stands_out_are_told_apart() -> None:
    series = [value * factor for factor in (1, 2, 4) for _ in range(4) for value in WEEK]
    series[10] += 25
    found = find_anomalies(decimals(series), Rules())
    assert [(item.kind, item.first, item.last, item.upward) for item in found] == [
        ("jump", 56, 56, True), ("jump", 28, 28, True), ("spike", 10, 10, True),
    ]  # fmt: skip
    # 59 a week more by the second level (118 after, 59 before, times two); the odd day 25.
    assert [round(item.size, 6) for item in found] == [Decimal(118), Decimal(59), Decimal(25)]


def test_a_day_that_stands_out_does_not_hide_a_new_level() -> None:
    series = list(WEEK) * 3 + [value * 2 for value in WEEK] * 3
    series[12] = 400
    found = find_anomalies(decimals(series), Rules())
    assert {(item.kind, item.first) for item in found} == {("jump", 21), ("spike", 12)}


def test_an_odd_day_of_the_first_week_makes_no_new_level_after_it() -> None:
    series = list(WEEK) * 5
    series[3] = 100
    found = find_anomalies(decimals(series), Rules())
    assert [(item.kind, item.first) for item in found] == [("spike", 3)]


def test_days_next_to_each_other_stand_out_together() -> None:
    series = list(WEEK) * 6
    series[15:18] = [60, 60, 60]
    (found,) = find_anomalies(decimals(series), Rules())
    assert (found.kind, found.first, found.last) == ("spike", 15, 17)
    assert set(found.before_days).isdisjoint(found.after_days)


def test_a_steady_rhythm_has_nothing_that_stands_out() -> None:
    assert find_anomalies(decimals(list(WEEK) * 6), Rules()) == []
    assert find_anomalies([], Rules()) == []


def test_a_slow_growth_is_no_new_level() -> None:
    series = [Decimal(value) * (100 + day) / 100 for day, value in enumerate(list(WEEK) * 8)]
    assert find_anomalies(series, Rules()) == []


async def test_a_last_day_that_is_cut_off_is_no_news(tmp_path: Path) -> None:
    rows = [row for number, day in each_day() for row in calls(day, 10 if number < 27 else 2, input_tokens=100_000)]
    facts = await scan(make_data(tmp_path / "last", rows))
    assert facts["anomalies"] == []
    rows = [row for number, day in each_day() for row in calls(day, 2 if number == 20 else 10, input_tokens=100_000)]
    facts = await scan(make_data(tmp_path / "middle", rows))
    assert [(item["day"], item["direction"]) for item in facts["anomalies"]] == [("2026-09-21", "down")]


@pytest.mark.parametrize(
    ("after", "cause"),
    [
        ({"latency_ms": 3000}, "speed"),
        ({"latency_ms": 3000, "output_tokens": 150}, "tokens_per_call"),
        ({"latency_ms": 3000, "model": "gpt-4o-mini"}, "mix"),
    ],
)
async def test_slower_answers_have_a_cause(tmp_path: Path, after: dict[str, Any], cause: str) -> None:
    rows: list[Row] = []
    for _, day in each_day():
        rows += calls(day, 4, latency_ms=500, output_tokens=50)
        values = {"latency_ms": 1000, "output_tokens": 50} | (after if day >= JUMP else {})
        rows += calls(day, 4, feature="drafts", **values)
    (found,) = (await scan(make_data(tmp_path, rows), metric=Metric.LATENCY))["anomalies"]
    assert (found["day"], found["before"], found["after"], found["unit"]) == ("2026-09-15", 1000, 3000, "ms")
    assert (found["cause"], found["drivers"][0]["feature"]) == (cause, "drafts")


async def test_a_few_failures_are_chance(tmp_path: Path) -> None:
    rows = [row for _, day in each_day() for row in calls(day, 10)]
    rows += calls(JUMP, 3, status="error", error="timeout")
    assert (await scan(make_data(tmp_path, rows), metric=Metric.ERRORS))["anomalies"] == []


async def test_failures_that_last_have_a_provider_and_kinds_but_no_hours(tmp_path: Path) -> None:
    rows = [row for _, day in each_day() for row in calls(day, 20)]
    for _, day in each_day():
        failed = 4 if day >= JUMP else 0
        rows += calls(day, 10 - failed, provider="google", model="gemini-2.5-pro")
        rows += calls(day, failed, provider="google", model="gemini-2.5-pro", status="503")
    (found,) = (await scan(make_data(tmp_path, rows), metric=Metric.ERRORS))["anomalies"]
    assert (found["kind"], found["day"], found["from_hour"]) == ("jump", "2026-09-15", None)
    # 4 of 30 calls a day; 4 of 10 of the provider's own in the week that is compared.
    assert (found["before"], found["after"], found["failed_percent_inside"]) == ("0.0", "13.3", "40.0")
    assert (found["provider"], found["kinds"]) == ("google", [{"kind": "status 503", "failed_requests": 28}])


async def test_totals_by_day_are_scanned_for_cost_and_marked(tmp_path: Path) -> None:
    day_total = {"grain": "bucket", "requests": 100, "request_id": None, "status": None}
    rows = [
        make_row(time=f"{day} 00:00:00", input_tokens=1_000_000 if day < JUMP else 2_000_000, **day_total)
        for _, day in each_day()
    ]
    data = make_data(tmp_path, rows)
    facts = await scan(data)
    (found,) = facts["anomalies"]
    assert (found["day"], found["before"], found["after"]) == ("2026-09-15", "2.500000", "5.000000")
    assert (found["cause"], facts["estimate"], facts["requests"]) == ("tokens_per_call", True, 2800)
    for metric, words in ((Metric.LATENCY, "latency needs one row per call"), (Metric.ERRORS, "errors needs one row")):
        with pytest.raises(DataLacking, match=words):
            await scan(data, metric=metric)


async def test_calls_without_a_latency_or_a_status_are_said_to_lack_it(tmp_path: Path) -> None:
    data = make_data(tmp_path, [make_row(status=None)])
    with pytest.raises(DataLacking, match="latency_ms, which latency needs"):
        await scan(data, metric=Metric.LATENCY)
    with pytest.raises(DataLacking, match="status or error"):
        await scan(data, metric=Metric.ERRORS)


async def test_only_the_filtered_rows_are_scanned(tmp_path: Path) -> None:
    rows = of_level(4, 8, team="support", input_tokens=100_000)
    rows += of_level(4, 4, team="search", input_tokens=100_000)
    data = make_data(tmp_path, rows)
    assert (await scan(data, filters=Filters(teams=("search",))))["anomalies"] == []
    (found,) = (await scan(data, filters=Filters(teams=("support",))))["anomalies"]
    assert (found["before"], found["after"]) == ("1.000000", "2.000000")


async def test_few_days_are_said_to_be_few(tmp_path: Path) -> None:
    rows = [row for _, day in each_day(5) for row in calls(day, 2, input_tokens=1000)]
    facts = await scan(make_data(tmp_path, rows))
    assert facts["note"] == (
        "Nothing stands out from 2026-09-01 to 2026-09-05. 5 days are few: to tell a new level takes 14."
    )


async def test_requests_without_a_price_are_not_in_the_cost_and_said_so(tmp_path: Path) -> None:
    facts = await scan(make_data(tmp_path, of_level(2, 2, model="house-model", input_tokens=5)))
    assert facts["note"] == (
        "Nothing stands out from 2026-09-01 to 2026-09-28. 56 requests have no known price and are not in the cost."
    )


@pytest.mark.parametrize("metric", list(Metric))
async def test_no_match_is_a_result(metric: Metric, small_data: DataHandle) -> None:
    for filters in (Filters(teams=("nobody",)), Filters(first_day=date(2031, 1, 1))):
        result = await anomaly_scan(make_context(small_data), metric=metric, filters=filters)
        assert (result.facts["requests"], result.facts["anomalies"], result.block.rows) == (0, [], ())
        assert result.block.summary == "No rows match these filters."


@pytest.mark.parametrize("metric", list(Metric))
async def test_the_same_scan_gives_the_same_bytes(metric: Metric, small_data: DataHandle) -> None:
    answers = {json.dumps((await anomaly_scan(make_context(small_data), metric=metric)).as_data()) for _ in range(3)}
    assert len(answers) == 1
