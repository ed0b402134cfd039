"""The newer tools: their figures are those of an independent computation in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.errors import NoDataChosen, QueryRefused, ToolArgumentsWrong
from agents.prices import OwnPrice, PriceBook
from agents.tools import tool_named
from agents.usage.effects import Pair, split_change
from agents.usage.filters import Dimension, Filters
from tests.agents.conftest import make_context, make_data, make_row
from tests.agents.test_tools import Row, cost_of, name_columns

error_profile = tool_named("error_profile").function
compare_periods = tool_named("compare_periods").function
model_catalogue = tool_named("model_catalogue").function
price_lookup = tool_named("price_lookup").function
spend_breakdown = tool_named("spend_breakdown").function
spend_trend = tool_named("spend_trend").function
run_sql = tool_named("run_sql").function


@pytest.fixture(scope="session")
def known(small_rows: list[tuple[Any, ...]]) -> list[Row]:
    """The small data set with each row's cost."""
    return [row | {"cost": cost_of(row)} for row in name_columns(small_rows)]


def six_decimals(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.000001"), ROUND_HALF_UP))


async def test_errors_are_counted_by_group_and_kind(small_data: DataHandle, known: list[Row]) -> None:
    facts = (await error_profile(make_context(small_data), by=(Dimension.PROVIDER,))).facts
    failed = [row for row in known if row["error"]]
    assert facts["failed_requests"] == len(failed)
    kinds = Counter(row["error"] for row in failed)
    assert {item["kind"]: item["failed_requests"] for item in facts["kinds"]} == kinds
    for group in facts["groups"]:
        own = [row for row in known if row["provider"] == group["provider"]]
        assert group["requests"] == len(own)
        assert group["failed_requests"] == sum(bool(row["error"]) for row in own)
    assert [item["failed_requests"] for item in facts["groups"]] == sorted(
        (item["failed_requests"] for item in facts["groups"]), reverse=True
    )


async def test_the_worst_hour_is_that_of_the_planted_outage(demo_data: DataHandle) -> None:
    facts = (await error_profile(make_context(demo_data), by=(Dimension.PROVIDER,))).facts
    assert "2026-10-08T09:00" <= facts["peak"]["start"] < "2026-10-08T14:00"
    worst = max(facts["groups"], key=lambda group: Decimal(group["failed_percent"]))
    assert (worst["provider"], worst["main_kind"]) == ("google", "overloaded")


async def test_a_retry_costs_what_a_call_to_the_same_model_costs(small_data: DataHandle, known: list[Row]) -> None:
    facts = (await error_profile(make_context(small_data))).facts
    total = Decimal(0)
    for model in {row["model"] for row in known}:
        own = [row for row in known if row["model"] == model]
        good = [row["cost"] for row in own if not row["error"]]
        total += sum(good, Decimal(0)) / len(good) * (len(own) - len(good))
    assert abs(Decimal(facts["retry_cost"]) - total) < Decimal("0.000002")


@pytest.mark.parametrize(
    ("values", "failed"),
    [
        ({"status": "ok"}, 0), ({"status": "200"}, 0), ({"status": "429"}, 1), ({"status": "503"}, 1),
        ({"status": "ERROR"}, 1), ({"status": None, "error": "timeout"}, 1), ({"status": "ok", "error": "late"}, 1),
        ({"status": "4000"}, 0),
    ],
)  # fmt: skip
async def test_a_call_has_failed_by_its_error_or_by_its_status(
    tmp_path: Path, values: dict[str, Any], failed: int
) -> None:
    data = make_data(tmp_path, [make_row(latency_ms=5, **values)])
    context = make_context(data)
    assert (await error_profile(context)).facts["failed_requests"] == failed
    assert (await spend_breakdown(context)).facts["failed_requests"] == failed
    assert (await tool_named("latency_profile").function(context)).facts["requests"] == 1 - failed


async def test_data_without_a_failed_call_says_so(tmp_path: Path) -> None:
    result = await error_profile(make_context(make_data(tmp_path, [make_row()])))
    assert (result.facts["peak"], result.facts["kinds"], result.facts["retry_cost"]) == (None, [], None)
    assert result.block.summary.startswith("None of 1 calls failed")


async def test_two_periods_have_their_exact_costs(small_data: DataHandle, known: list[Row]) -> None:
    september = {"before_first_day": date(2026, 9, 1), "before_last_day": date(2026, 9, 30)}
    october = {"after_first_day": date(2026, 10, 1), "after_last_day": date(2026, 10, 31)}
    facts = (
        await compare_periods(make_context(small_data), **september, **october, by=Dimension.FEATURE, top=50)
    ).facts
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in known:
        sums[row["time"].month, row["feature"]] += row["cost"]
    for side, month in (("before", 9), ("after", 10)):
        rows = [row for row in known if row["time"].month == month]
        assert facts[side]["cost"] == six_decimals(sum((row["cost"] for row in rows), Decimal(0)))
        assert facts[side]["requests"] == len(rows)
        assert facts[side]["output_tokens"] == sum(row["output_tokens"] + row["reasoning_tokens"] for row in rows)
        for group in facts["groups"]:
            assert group[f"{side}_cost"] == six_decimals(sums[month, group["feature"]])
    effects = sum(Decimal(value) for value in facts["effects"].values())
    assert abs(effects - Decimal(facts["change_cost"])) <= Decimal("0.000003")
    assert facts["rest_change_cost"] == "0.000000"


async def test_without_days_the_last_week_is_compared_with_the_one_before(small_data: DataHandle) -> None:
    facts = (await compare_periods(make_context(small_data))).facts
    assert (facts["after"]["first_day"], facts["after"]["last_day"]) == ("2026-10-25", "2026-10-31")
    assert (facts["before"]["first_day"], facts["before"]["last_day"]) == ("2026-10-18", "2026-10-24")


async def test_days_between_the_periods_are_left_out(small_data: DataHandle, known: list[Row]) -> None:
    days = {"before_first_day": date(2026, 8, 10), "before_last_day": date(2026, 8, 11)}
    days |= {"after_first_day": date(2026, 10, 1), "after_last_day": date(2026, 10, 2)}
    facts = (await compare_periods(make_context(small_data), **days)).facts
    wanted = {date(2026, 8, 10), date(2026, 8, 11), date(2026, 10, 1), date(2026, 10, 2)}
    assert facts["requests"] == sum(row["time"].date() in wanted for row in known)


async def test_periods_that_overlap_are_refused(small_data: DataHandle) -> None:
    with pytest.raises(ToolArgumentsWrong, match="must end before"):
        await compare_periods(
            make_context(small_data),
            after_first_day=date(2026, 10, 1),
            before_first_day=date(2026, 9, 1),
            before_last_day=date(2026, 10, 1),
        )


def test_the_parts_of_a_change_say_what_moved_it() -> None:
    zero, ten = Decimal(0), Decimal(10)
    more = split_change([Pair(10, 20, ten, ten * 2)])
    assert (more.volume, more.mix, more.rate) == (ten, zero, zero)
    dearer = split_change([Pair(10, 10, ten, ten * 3)])
    assert (dearer.volume, dearer.mix, dearer.rate) == (zero, zero, ten * 2)
    shifted = split_change([Pair(10, 0, ten, zero), Pair(10, 20, ten * 3, ten * 6)])
    assert (shifted.volume, shifted.mix, shifted.rate) == (zero, ten * 2, zero)
    new = split_change([Pair(10, 10, ten, ten), Pair(0, 10, zero, ten * 5)])
    assert (new.volume, new.mix, new.rate) == (ten, ten * 4, zero)
    first = split_change([Pair(0, 10, zero, ten)])
    assert (first.volume, first.mix, first.rate) == (ten, zero, zero)


async def test_the_catalogue_lists_the_models_of_the_data_with_their_prices(
    small_data: DataHandle, known: list[Row]
) -> None:
    facts = (await model_catalogue(make_context(small_data))).facts
    assert {item["model"] for item in facts["models"]} == {row["model"] for row in known}
    gpt = next(item for item in facts["models"] if item["model"] == "gpt-4o")
    assert (gpt["prices"]["input"], gpt["prices"]["output"], gpt["context_window"]) == ("2.5", "10", 128_000)
    assert gpt["requests"] == sum(row["model"] == "gpt-4o" for row in known)


async def test_the_catalogue_searches_the_price_book_without_data() -> None:
    facts = (await model_catalogue(make_context(None), search="openai 5.4 mini")).facts
    assert "gpt-5.4-mini" in [item["model"] for item in facts["models"]]
    assert all("openai" in item["provider"] for item in facts["models"][:1])
    with pytest.raises(NoDataChosen):
        await model_catalogue(make_context(None))


async def test_a_price_has_its_periods_and_tiers(small_data: DataHandle) -> None:
    facts = (await price_lookup(make_context(small_data), model="o3", provider="openai")).facts
    days = [(cell["valid_from"], cell["valid_to"], cell["prices"]["input"]) for cell in facts["models"][0]["prices"]]
    assert days == [(None, "2025-06-09", "10"), ("2025-06-10", None, "2")]
    tiers = (await price_lookup(make_context(small_data), model="gpt-5.4", day=date(2026, 9, 1))).facts["models"][0]
    assert [(cell["input_tokens_above"], cell["prices"]["input"]) for cell in tiers["prices"]] == [
        (None, "2.5"), (272_000, "5"),
    ]  # fmt: skip


async def test_an_own_price_is_marked_and_the_version_says_so(small_data: DataHandle) -> None:
    book = PriceBook((OwnPrice(1, "openai", "gpt-4o", "input", Decimal("1.5")),))
    context = make_context(small_data, prices=book)
    facts = (await price_lookup(context, model="gpt-4o")).facts
    (cell,) = facts["models"][0]["prices"]
    assert (cell["prices"]["input"], cell["own_prices"]) == ("1.5", ["input"])
    assert facts["price_version"] == book.version
    spent = await spend_breakdown(context)
    assert spent.block.source.price_version == book.version
    assert Decimal(spent.facts["cost"]) < Decimal((await spend_breakdown(make_context(small_data))).facts["cost"])


async def test_a_price_nobody_knows_is_said_with_similar_names() -> None:
    result = await price_lookup(make_context(None), model="gpt-5.4 mini")
    assert result.facts["models"] == []
    assert "openai/gpt-5.4-mini" in result.facts["similar"]
    assert result.block.summary == "No price is known for gpt-5.4 mini."


async def test_totals_of_many_calls_are_marked_as_an_estimate(tmp_path: Path) -> None:
    call = make_row(input_tokens=1_000_000)
    bucket = make_row(grain="bucket", requests=9, input_tokens=2_000_000)
    both = (await spend_breakdown(make_context(make_data(tmp_path / "both", [call, bucket])))).facts
    assert (both["estimate"], both["estimated_requests"], both["cost"]) == (True, 9, "7.500000")
    assert "base tier" in both["estimate_reason"]
    calls = await spend_trend(make_context(make_data(tmp_path / "calls", [call])))
    assert (calls.facts["estimate"], calls.facts["estimate_reason"]) == (False, None)


async def test_billed_cost_stands_beside_the_list_price_by_currency(tmp_path: Path) -> None:
    rows = [
        make_row(team="a", input_tokens=1_000_000, billed_cost="2.25", currency="USD"),
        make_row(team="b", input_tokens=1_000_000, billed_cost="3", currency="EUR"),
        make_row(team="b", grain="cost", requests=5, billed_cost="0.5", currency="EUR", model=None),
        make_row(team="a", input_tokens=1_000_000),
    ]
    result = await spend_breakdown(make_context(make_data(tmp_path, rows)), by=(Dimension.TEAM,))
    facts = result.facts
    assert (facts["cost"], facts["requests"], facts["unpriced_requests"]) == ("7.500000", 3, 0)
    assert facts["billed"] == [
        {"currency": "EUR", "cost": "3.500000"}, {"currency": "USD", "cost": "2.250000"},
    ]  # fmt: skip
    groups = {group["team"]: group["billed"] for group in facts["groups"]}
    assert groups == {
        "a": [{"currency": "USD", "cost": "2.250000"}], "b": [{"currency": "EUR", "cost": "3.500000"}],
    }  # fmt: skip
    assert result.block.columns[-1].key == "billed"


async def test_a_bill_alone_is_reported_and_not_priced(tmp_path: Path) -> None:
    rows = [make_row(grain="cost", requests=0, billed_cost="12.5", currency="USD", model=None)]
    result = await spend_breakdown(make_context(make_data(tmp_path, rows)), by=(Dimension.PROVIDER,))
    assert (result.facts["cost"], result.facts["requests"]) == (None, 0)
    assert result.facts["billed"] == [{"currency": "USD", "cost": "12.500000"}]
    assert result.facts["unpriced_models"] == []
    assert not result.block.summary.startswith("No rows")


async def test_a_query_of_ones_own_gives_exact_rows(small_data: DataHandle, known: list[Row]) -> None:
    sql = "SELECT team, sum(cost) AS cost, count(*) AS calls FROM calls GROUP BY team ORDER BY team"
    chosen = Filters(models=("gpt-4o",))
    result = await run_sql(make_context(small_data), sql=sql, filters=chosen)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in known:
        if row["model"] == "gpt-4o":
            sums[row["team"]] += row["cost"]
    assert [row[0] for row in result.facts["rows"]] == sorted(sums)
    assert all(abs(Decimal(row[1]) - sums[row[0]]) < Decimal("0.000001") for row in result.facts["rows"])
    assert result.facts["columns"] == ["team", "cost", "calls"]
    with pytest.raises(QueryRefused):
        await run_sql(make_context(small_data), sql="SELECT * FROM read_csv('/etc/passwd')")


async def test_a_query_of_ones_own_has_at_most_200_rows(small_data: DataHandle) -> None:
    result = await run_sql(make_context(small_data), sql="SELECT request_id FROM calls ORDER BY request_id")
    assert (len(result.block.rows), result.facts["row_count"], result.facts["cut"]) == (200, 200, True)
    assert result.block.summary.startswith("The first 200 rows")
