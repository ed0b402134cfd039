"""Forecasts: the coming days at the present level, worked out by hand from few rows."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.errors import DataLacking, ToolArgumentsWrong
from agents.tools import tool_named
from agents.usage.filters import Filters
from tests.agents.conftest import make_context, make_data, make_row

growth_forecast = tool_named("growth_forecast").function
MONDAY = date(2026, 9, 7)
MEGA = 1_000_000
Row = tuple[Any, ...]


def each_day(days: int, tokens: Any = MEGA, **values: Any) -> list[Row]:
    """One call a day from a Monday on; `tokens` may depend on the day's number."""
    return [
        make_row(
            time=f"{MONDAY + timedelta(days=number)} 12:00:00",
            input_tokens=tokens(number) if callable(tokens) else tokens,
            **values,
        )
        for number in range(days)
    ]


async def forecast(data: DataHandle, low: int = 30, high: int | None = None, **arguments: Any) -> dict[str, Any]:
    """The facts of a forecast."""
    upper = None if high is None else Decimal(high)
    return (await growth_forecast(make_context(data), Decimal(low), upper, **arguments)).facts


async def test_a_steady_level_goes_on_and_growth_is_added(tmp_path: Path) -> None:
    """28 days at 2.50 a day: ten days cost 25, with 200 % more requests 75."""
    facts = await forecast(make_data(tmp_path, each_day(28)), 200, days=10)
    flat, grown = facts["scenarios"]
    assert flat == {
        "growth_percent": "0", "requests": 10, "cost_low": "25.000000", "cost": "25.000000",
        "cost_high": "25.000000", "extra_low": "0.000000", "extra_high": "0.000000",
    }  # fmt: skip
    assert (grown["growth_percent"], grown["requests"], grown["cost"]) == ("200", 30, "75.000000")
    assert (grown["extra_low"], grown["extra_high"]) == ("50.000000", "50.000000")
    assert (facts["forecast_first_day"], facts["forecast_last_day"]) == ("2026-10-05", "2026-10-14")
    assert (facts["base"]["days"], facts["base"]["cost"], facts["confidence"]) == (28, "70.000000", "high")
    assert facts["base"]["trend_percent"] == "0.0"


async def test_the_range_is_how_the_cost_of_a_request_varied_by_week(tmp_path: Path) -> None:
    """Weeks of 0.8, 1.0, 1.0 and 1.2 million tokens a call, so 20 % around the mean."""
    sizes = (800_000, MEGA, MEGA, 1_200_000)
    data = make_data(tmp_path, each_day(28, lambda number: sizes[number // 7]))
    facts = await forecast(data, 50, 100, days=28)
    costs = [(item["cost_low"], item["cost"], item["cost_high"]) for item in facts["scenarios"]]
    assert costs == [
        ("56.000000", "70.000000", "84.000000"),
        ("84.000000", "105.000000", "126.000000"),
        ("112.000000", "140.000000", "168.000000"),
    ]
    assert [(item["extra_low"], item["extra_high"]) for item in facts["scenarios"]][1:] == [
        ("28.000000", "42.000000"), ("56.000000", "84.000000"),
    ]  # fmt: skip
    assert facts["variation"] == {"step": "week", "low_percent": "-20.0", "high_percent": "20.0"}
    # The earlier half cost 0.9, the later one 1.1: 22.2 % more, so the level is not steady.
    assert (facts["base"]["trend_percent"], facts["confidence"]) == ("22.2", "medium")
    assert any("by week in the base days (-20.0 % to +20.0 %)" in sentence for sentence in facts["assumptions"])


async def test_coming_days_have_the_rhythm_of_their_weekdays(tmp_path: Path) -> None:
    """5 a weekday, nothing at weekends; the five days that follow are Monday to Friday, seven are still five."""
    rows = [row for number, row in enumerate(each_day(28, 2 * MEGA)) if number % 7 < 5]
    data = make_data(tmp_path, rows)
    # The data ends on a Friday, so the first coming day is a Saturday.
    week = (await forecast(data, days=7))["scenarios"][0]
    weekend = (await forecast(data, days=2))["scenarios"][0]
    assert (week["cost"], weekend["cost"]) == ("25.000000", "0.000000")


async def test_the_base_begins_after_the_last_jump(tmp_path: Path) -> None:
    data = make_data(tmp_path, each_day(42, lambda number: MEGA if number < 28 else 4 * MEGA))
    facts = await forecast(data, days=1)
    assert (facts["base"]["since_jump"], facts["base"]["days"]) == ("2026-10-05", 14)
    assert facts["scenarios"][0]["cost"] == "10.000000"
    assert any("lies after 2026-10-05" in sentence for sentence in facts["assumptions"])


async def test_a_last_day_that_is_cut_off_is_left_out(tmp_path: Path) -> None:
    whole = [row for _ in range(4) for row in each_day(14)]
    rows = [*whole, make_row(time=f"{MONDAY + timedelta(days=14)} 08:00:00", input_tokens=10 * MEGA)]
    facts = await forecast(make_data(tmp_path, rows), days=1)
    assert (facts["base"]["left_out_day"], facts["base"]["last_day"]) == ("2026-09-21", "2026-09-20")
    assert facts["scenarios"][0]["cost"] == "10.000000"


async def test_few_days_are_a_short_basis(tmp_path: Path) -> None:
    """Days of 1 and 3 million tokens: 2.50 and 7.50, the mean 5, so from half to one and a half."""
    data = make_data(tmp_path, each_day(2, lambda number: (MEGA, 3 * MEGA)[number]))
    facts = await forecast(data, days=30)
    # Monday and Tuesday as they were, the other weekdays at the mean; from Wednesday on 30 days have 4 of each.
    assert facts["scenarios"][0]["cost"] == "150.000000"
    assert (facts["scenarios"][0]["cost_low"], facts["scenarios"][0]["cost_high"]) == ("75.000000", "225.000000")
    assert (facts["confidence"], facts["base"]["trend_percent"]) == ("low", None)
    assert any(sentence.startswith("the base is short: 2 days") for sentence in facts["assumptions"])


async def test_of_a_single_day_the_range_is_assumed(tmp_path: Path) -> None:
    facts = await forecast(make_data(tmp_path, each_day(1)), days=2)
    flat = facts["scenarios"][0]
    assert (flat["cost_low"], flat["cost"], flat["cost_high"]) == ("4.000000", "5.000000", "6.000000")
    assert facts["variation"]["step"] == "assumed"


async def test_models_and_features_keep_their_share(tmp_path: Path) -> None:
    """A dear model at 7.50 a day and a cheap one at 0.15, of 7.65 a day together; ten days, twice the requests."""
    rows = each_day(28, 3 * MEGA, feature="chat") + each_day(28, model="gpt-4o-mini", feature="search")
    facts = await forecast(make_data(tmp_path, rows), 100, days=10)
    first, second = facts["by_model"]
    assert (first["model"], first["share_percent"], second["model"]) == ("gpt-4o", "98.0", "gpt-4o-mini")
    assert [item["cost"] for item in first["scenarios"]] == ["75.000000", "150.000000"]
    assert [(item["feature"], item["scenarios"][1]["cost"]) for item in facts["by_feature"]] == [
        ("chat", "150.000000"), ("search", "3.000000"),
    ]  # fmt: skip


async def test_data_without_features_has_no_list_of_them(tmp_path: Path) -> None:
    facts = await forecast(make_data(tmp_path, each_day(14, feature=None)))
    assert (facts["by_feature"], len(facts["by_model"])) == ([], 1)


async def test_requests_without_a_price_are_unknown_and_not_free(tmp_path: Path) -> None:
    result = await growth_forecast(make_context(make_data(tmp_path, each_day(14, model="house-model"))), Decimal(30))
    flat = result.facts["scenarios"][0]
    assert (flat["cost"], flat["requests"], result.facts["base"]["cost"]) == (None, 30, None)
    assert result.block.summary == "No request of the base days has a known price."
    assert any("14 requests of the base days have no known price" in item for item in result.facts["assumptions"])


async def test_totals_by_day_are_an_estimate(tmp_path: Path) -> None:
    rows = each_day(28, grain="bucket", requests=40, request_id=None)
    facts = await forecast(make_data(tmp_path, rows), days=7)
    assert (facts["estimate"], facts["requests"], facts["scenarios"][0]["requests"]) == (True, 28 * 40, 280)
    assert facts["scenarios"][0]["cost"] == "17.500000"


async def test_only_the_filtered_rows_are_forecast(tmp_path: Path) -> None:
    rows = each_day(28, team="a") + each_day(28, 2 * MEGA, team="b")
    facts = await forecast(make_data(tmp_path, rows), days=1, filters=Filters(teams=("b",)))
    assert (facts["scenarios"][0]["cost"], facts["filters"]) == ("5.000000", {"team": ["b"]})


async def test_the_demo_data_is_forecast_from_its_last_four_weeks(demo_data: DataHandle) -> None:
    facts = await forecast(demo_data, 30, 50)
    assert (facts["base"]["first_day"], facts["base"]["last_day"]) == ("2026-10-04", "2026-10-31")
    low, high = (Decimal(facts["scenarios"][place]["cost"]) for place in (1, 2))
    assert abs(high / low - Decimal("1.5") / Decimal("1.3")) < Decimal("0.0001")
    # 15 to 16 USD a day since the switch of models: 30 days cost between 450 and 490.
    assert 450 < Decimal(facts["scenarios"][0]["cost"]) < 490


async def test_growth_the_wrong_way_round_is_refused(small_data: DataHandle) -> None:
    with pytest.raises(ToolArgumentsWrong, match="upper growth is lower"):
        await forecast(small_data, 50, 30)


async def test_rows_without_tokens_cannot_be_forecast(tmp_path: Path) -> None:
    with pytest.raises(DataLacking, match="input and output tokens, which a forecast needs"):
        await forecast(make_data(tmp_path, [make_row()]))


async def test_no_match_is_a_result(small_data: DataHandle) -> None:
    for filters in (Filters(teams=("nobody",)), Filters(first_day=date(2031, 1, 1))):
        result = await growth_forecast(make_context(small_data), Decimal(30), filters=filters)
        assert (result.facts["requests"], result.facts["scenarios"], result.block.rows) == (0, [], ())
        assert result.block.summary == "No rows match these filters."


async def test_the_same_forecast_gives_the_same_bytes(small_data: DataHandle) -> None:
    context = make_context(small_data)
    answers = {json.dumps((await growth_forecast(context, Decimal(30), Decimal(50))).as_data()) for _ in range(3)}
    assert len(answers) == 1
