"""What an agent used: token classes that do not overlap, each request at its own tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.usage import RequestUsage, RunUsage

from agents.engine.costs import join_usage, list_requests, report_usage
from agents.prices import ClassPrices, OwnPrice, PriceBook, PriceRow
from agents.prices.rows import BASE_TIER, DAY_MICROSECONDS, FIRST_DAY, LAST_DAY, TOKENS_WITHOUT_END

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
NOON = DAY_MICROSECONDS // 2


@dataclass
class Prices:
    """These rows, whatever is asked for."""

    rows: Sequence[PriceRow]
    version: str = "made up"

    def rows_for(self, pairs: Any) -> Sequence[PriceRow]:
        return self.rows


def row(*, above: int = BASE_TIER, to: int = TOKENS_WITHOUT_END, **values: Any) -> PriceRow:
    """One cell; prices are dollars a token."""
    prices = {name: Decimal(text) for name, text in values.pop("prices").items()}
    cell: dict[str, Any] = {
        "valid_from": FIRST_DAY,
        "valid_to": LAST_DAY,
        "day_from": 0,
        "day_to": DAY_MICROSECONDS,
    } | values
    return PriceRow("p", "m", tokens_above=above, tokens_to=to, prices=ClassPrices(**prices), **cell)


def report(rows: Sequence[PriceRow], usage: RunUsage, *requests: RequestUsage) -> dict[str, Any]:
    return report_usage(usage, "p", "m", Prices(rows), requests=requests, at=NOW)


ALL = {
    "input": "1",
    "cached_read": "0.1",
    "cache_write_5m": "2",
    "cache_write_1h": "3",
    "output": "5",
    "reasoning": "7",
}


def test_classes_do_not_overlap_and_each_has_its_price() -> None:
    usage = RunUsage(
        requests=1, tool_calls=2, input_tokens=1000, cache_read_tokens=600, cache_write_tokens=300,
        cache_write_1h_tokens=100, output_tokens=50, output_reasoning_tokens=20,
    )  # fmt: skip
    # 100 x 1 + 600 x 0.1 + 200 x 2 + 100 x 3 + 30 x 5 + 20 x 7
    assert report([row(prices=ALL)], usage) == {
        "requests": 1,
        "tool_calls": 2,
        "input_tokens": 100,
        "cached_read_tokens": 600,
        "cache_write_tokens": 300,
        "output_tokens": 30,
        "reasoning_tokens": 20,
        "cost": "1150",
    }


def test_each_request_is_priced_at_its_own_tier() -> None:
    rows = [row(to=100, prices={"input": "1"}), row(above=100, prices={"input": "2"})]
    small, large = RequestUsage(input_tokens=100), RequestUsage(input_tokens=101)
    total = RunUsage(requests=2, input_tokens=201)
    assert report(rows, total, small, large)["cost"] == "302"
    assert report(rows, total)["cost"] == "402"


def test_the_price_of_the_day_and_the_hour_holds() -> None:
    rows = [
        row(valid_to=date(2026, 11, 20), prices={"input": "9"}),
        row(valid_from=date(2026, 11, 20), day_to=NOON, prices={"input": "8"}),
        row(valid_from=date(2026, 11, 20), day_from=NOON, prices={"input": "3"}),
    ]
    assert report(rows, RunUsage(requests=1, input_tokens=2))["cost"] == "6"


def test_a_request_itself_may_cost_something() -> None:
    rows = [row(prices={"input": "1", "request": "0.5"})]
    requests = [RequestUsage(input_tokens=1), RequestUsage(input_tokens=1)]
    assert report(rows, RunUsage(requests=2, input_tokens=2), *requests)["cost"] == "3"


@pytest.mark.parametrize("rows", [[], [row(prices={"input": "1"})]], ids=["unknown model", "no price for output"])
def test_what_has_no_price_is_unpriced_and_not_free(rows: list[PriceRow]) -> None:
    assert report(rows, RunUsage(requests=1, input_tokens=5, output_tokens=1))["cost"] is None


def test_a_class_nobody_used_needs_no_price() -> None:
    assert report([row(prices={"input": "1"})], RunUsage(requests=1, input_tokens=5))["cost"] == "5"


def test_answers_nobody_counted_have_no_cost() -> None:
    used = report([row(prices=ALL)], RunUsage(requests=2, input_tokens=5, unmeasured_requests=1))
    assert (used["unmeasured_requests"], used["cost"]) == (1, None)


def test_a_request_that_was_refused_cost_nothing_whatever_is_known_of_prices() -> None:
    assert report([], RunUsage())["cost"] == "0"
    assert report([row(prices={"request": "1"})], RunUsage())["cost"] == "0"


def make_answer(run_id: str, input_tokens: int, *, ended: bool = True, parts: int = 1) -> ModelResponse:
    return ModelResponse(
        [TextPart("x")] * parts,
        usage=RequestUsage(input_tokens=input_tokens),
        run_id=run_id,
        finish_reason="stop" if ended else None,
    )


def test_only_the_requests_of_the_last_run_count() -> None:
    history: list[ModelMessage] = [ModelRequest([UserPromptPart("?")], run_id="a"), make_answer("a", 5)]
    own: list[ModelMessage] = [
        ModelRequest([UserPromptPart("?")], run_id="b"),
        make_answer("b", 7),
        make_answer("b", 8),
    ]
    assert [usage.input_tokens for usage in list_requests([*history, *own])] == [7, 8]
    assert list_requests([]) == []


def test_an_answer_that_broke_off_has_no_known_cost_and_one_that_never_began_none_at_all() -> None:
    began = make_answer("a", 7, ended=False)
    never = make_answer("a", 0, ended=False, parts=0)
    uncounted = make_answer("a", 0)
    assert [usage.unmeasured_requests for usage in list_requests([began, never, uncounted])] == [1, 1]
    used = report([row(prices=ALL)], RunUsage(requests=1, input_tokens=7), *list_requests([began]))
    assert (used["input_tokens"], used["unmeasured_requests"], used["cost"]) == (7, 1, None)


def test_the_built_in_model_counts_no_tokens() -> None:
    usage = RunUsage(requests=3, tool_calls=1, input_tokens=50)
    assert report_usage(usage, "builtin", "", Prices([])) == {"requests": 3, "tool_calls": 1}


def test_the_price_book_of_the_run_is_asked_own_prices_included() -> None:
    own = OwnPrice(
        id=1, provider="compatible", model="house", token_class="input", price=Decimal("4"), tier_above=0,
        valid_from=date(2026, 1, 1), valid_to=None,
    )  # fmt: skip
    usage = RunUsage(requests=1, input_tokens=500_000)
    assert report_usage(usage, "compatible", "house", PriceBook((own,)), at=NOW)["cost"] == "2"
    assert report_usage(usage, "compatible", "house", PriceBook(), at=NOW)["cost"] is None


def test_a_listed_model_has_its_list_price() -> None:
    # gpt-4o: 2.50 dollars for a million input tokens, 1.25 from the cache, 10 for output.
    usage = RunUsage(requests=1, input_tokens=1_000_000, cache_read_tokens=900_000, output_tokens=100_000)
    cost = report_usage(usage, "openai", "gpt-4o", PriceBook(), at=NOW)["cost"]
    assert Decimal(cost) == Decimal("0.25") + Decimal("1.125") + Decimal(1)


def test_parts_of_a_run_are_joined_and_one_unknown_cost_makes_the_sum_unknown() -> None:
    first = {"requests": 1, "tool_calls": 0, "input_tokens": 5, "cost": "0.10"}
    second = {"requests": 2, "tool_calls": 3, "input_tokens": 7, "cost": "0.25"}
    built_in = {"requests": 4, "tool_calls": 1}
    joined = {"requests": 7, "tool_calls": 4, "input_tokens": 12, "cost": "0.35"}
    assert join_usage([first, second, built_in]) == joined
    assert join_usage([first, second | {"cost": None}])["cost"] is None
    assert join_usage([built_in, built_in]) == {"requests": 8, "tool_calls": 2}
    assert join_usage([]) == {}
