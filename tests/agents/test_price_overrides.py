"""Own prices: laid over the list prices class by class, tier by tier, day by day."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agents.prices import PRICE_CLASSES, OwnPrice, PriceBook, PriceRow
from agents.prices.rows import BASE_TIER, DAY_MICROSECONDS, FIRST_DAY, LAST_DAY, TOKENS_WITHOUT_END
from agents.usage.queries import Query, QueryLimits, run_query
from tests.agents.conftest import make_data, make_row

TIERED = ("openai", "gpt-5.4")  # $2.50 a million input tokens, $5 above 272,000
DATED = ("openai", "o3")  # $10 a million input tokens, $2 from 2025-06-10 on
TIMED = ("deepseek", "deepseek-chat")  # cheaper at night
OUTSIDE = ("house", "llm-1")


def own(pair: tuple[str, str], token_class: str, price: str, **values: Any) -> OwnPrice:
    """An own price; ids follow the order in which a test makes them."""
    own_ids[0] += 1
    return OwnPrice(own_ids[0], *pair, token_class, Decimal(price), **values)


own_ids = [0]


async def cost_of(folder: Path, book: PriceBook, **row: Any) -> Decimal | None:
    """What one call costs in this book."""
    data = make_data(folder, [make_row(**row)])
    result = await run_query(data, Query("SELECT cost FROM calls"), QueryLimits(), book)
    ((cost,),) = result.rows
    return None if cost is None else Decimal(cost)


def find_cell(rows: list[PriceRow], day: date, tokens: int, microsecond: int = 0) -> list[PriceRow]:
    """The cells a call of this size at this time falls into."""
    return [
        row
        for row in rows
        if row.valid_from <= day < row.valid_to
        and row.day_from <= microsecond < row.day_to
        and row.tokens_above < tokens <= row.tokens_to
    ]


async def test_an_own_price_replaces_one_class_and_leaves_the_others(tmp_path: Path) -> None:
    book = PriceBook((own(TIERED, "input", "1"),))
    call = {"model": "gpt-5.4", "input_tokens": 100_000, "output_tokens": 100_000}
    assert await cost_of(tmp_path / "own", book, **call) == Decimal("0.1") + Decimal("1.5")
    assert await cost_of(tmp_path / "list", PriceBook(), **call) == Decimal("0.25") + Decimal("1.5")


@pytest.mark.parametrize(("size", "price"), [(272_000, "1"), (272_001, "1"), (400_000, "1"), (400_001, "3")])
async def test_an_own_price_holds_for_every_size_until_an_own_tier_begins(
    tmp_path: Path, size: int, price: str
) -> None:
    book = PriceBook((own(TIERED, "input", "3", tier_above=400_000), own(TIERED, "input", "1")))
    found = await cost_of(tmp_path, book, model="gpt-5.4", input_tokens=size)
    assert found == Decimal(price) * size / 1_000_000


async def test_an_own_tier_alone_leaves_the_list_price_below_it(tmp_path: Path) -> None:
    book = PriceBook((own(TIERED, "input", "3", tier_above=300_000),))
    sizes = {272_000: "2.5", 272_001: "5", 300_000: "5", 300_001: "3"}
    for size, price in sizes.items():
        found = await cost_of(tmp_path / str(size), book, model="gpt-5.4", input_tokens=size)
        assert found == Decimal(price) * size / 1_000_000


async def test_an_own_price_ends_the_day_it_says(tmp_path: Path) -> None:
    book = PriceBook((own(TIERED, "input", "1", valid_from=date(2026, 9, 1), valid_to=date(2026, 9, 3)),))
    moments = {
        "2026-08-31 23:59:59.999999": "2.5",
        "2026-09-01 00:00:00": "1",
        "2026-09-02 23:59:59.999999": "1",
        "2026-09-03 00:00:00": "2.5",
    }
    for number, (moment, price) in enumerate(moments.items()):
        found = await cost_of(tmp_path / str(number), book, model="gpt-5.4", time=moment, input_tokens=100_000)
        assert found == Decimal(price) / 10, moment


async def test_the_newest_of_two_own_prices_wins(tmp_path: Path) -> None:
    older, newer = own(TIERED, "input", "1"), own(TIERED, "input", "7")
    for number, order in enumerate(((older, newer), (newer, older))):
        found = await cost_of(tmp_path / str(number), PriceBook(order), model="gpt-5.4", input_tokens=1000)
        assert found == Decimal("0.007")


async def test_a_class_of_an_unknown_model_without_an_own_price_makes_the_call_unpriced(tmp_path: Path) -> None:
    book = PriceBook((own(OUTSIDE, "input", "4"), own(OUTSIDE, "output", "8")))
    call = {"provider": "house", "model": "llm-1", "input_tokens": 500_000}
    assert await cost_of(tmp_path / "1", book, **call, output_tokens=250_000) == Decimal(4)
    assert await cost_of(tmp_path / "2", book, **call, reasoning_tokens=1) is None
    assert await cost_of(tmp_path / "3", book, **call, cached_read_tokens=1) is None


async def test_an_unknown_model_is_unpriced_outside_the_days_of_its_own_prices(tmp_path: Path) -> None:
    book = PriceBook((own(OUTSIDE, "input", "4", valid_from=date(2026, 9, 2)),))
    call = {"provider": "house", "model": "llm-1"}
    assert await cost_of(tmp_path / "before", book, **call) is None
    assert await cost_of(tmp_path / "after", book, **call, time="2026-09-02 00:00:00") == 0


async def test_a_price_for_requests_is_added_to_that_for_tokens(tmp_path: Path) -> None:
    book = PriceBook((own(TIERED, "request", "250000"),))
    found = await cost_of(tmp_path, book, model="gpt-5.4", input_tokens=1_000_000, requests=2, grain="bucket")
    assert found == Decimal("2.5") + 500


async def test_the_largest_price_there_may_be_is_exact(tmp_path: Path) -> None:
    largest = "999999999.999999999"
    book = PriceBook((own(OUTSIDE, "input", largest), own(OUTSIDE, "request", largest)))
    found = await cost_of(tmp_path, book, provider="house", model="llm-1", input_tokens=1)
    assert found == Decimal("999.999999999999999") + Decimal("999999.999999999999")


async def test_names_are_compared_without_regard_to_case(tmp_path: Path) -> None:
    book = PriceBook((own(("OpenAI", " GPT-5.4 "), "input", "1"),))
    assert await cost_of(tmp_path, book, model="gpt-5.4", input_tokens=1_000_000) == Decimal(1)


async def test_an_own_price_holds_at_every_hour(tmp_path: Path) -> None:
    book = PriceBook((own(TIMED, "input", "9"),))
    for hour in (0, 6, 12, 20):
        moment = f"2025-04-01 {hour:02d}:30:00"
        folder = tmp_path / str(hour)
        found = await cost_of(folder, book, provider="deepseek", model=TIMED[1], time=moment, input_tokens=1_000_000)
        assert found == 9


@pytest.mark.parametrize("seed", range(12))
def test_cells_neither_overlap_nor_leave_a_gap(seed: int) -> None:
    """Every call of a model the library knows falls into exactly one cell, whatever own prices there are."""
    dice = random.Random(seed)
    pair = dice.choice((TIERED, DATED, TIMED))
    rows = PriceBook(tuple(draw_own(dice, pair) for _ in range(8))).rows_of(*pair)
    days = sorted({day for row in rows for day in (row.valid_from, row.valid_to)})
    sizes = sorted({size for row in rows for size in (row.tokens_above, row.tokens_to)})
    assert (days[0], days[-1]) == (FIRST_DAY, LAST_DAY)
    assert (sizes[0], sizes[-1]) == (BASE_TIER, TOKENS_WITHOUT_END)
    hours = sorted({hour for row in rows for hour in (row.day_from, row.day_to)})
    assert (hours[0], hours[-1]) == (0, DAY_MICROSECONDS)
    for day, _ in pairwise(days):
        for size in sizes[:-1]:
            for hour in hours[:-1]:
                assert len(find_cell(rows, day, size + 1, hour)) == 1


@pytest.mark.parametrize("seed", range(12))
def test_each_cell_has_the_price_a_plain_search_finds(seed: int) -> None:
    dice = random.Random(100 + seed)
    listed, items = PriceBook().rows_of(*TIERED), [draw_own(dice, TIERED) for _ in range(10)]
    rows = PriceBook(tuple(items)).rows_of(*TIERED)
    for _ in range(200):
        day = date(2024, 1, 1) + timedelta(days=dice.randrange(1200))
        size = dice.choice((0, 1, 5_000, 100_000, 272_000, 272_001, 500_000))
        (cell,), (plain,) = find_cell(rows, day, size), find_cell(listed, day, size)
        for name in PRICE_CLASSES:
            held = [item for item in items if item.token_class == name and holds(item, day, size)]
            winner = max(held, key=lambda item: (item.tier_above, item.id), default=None)
            assert cell.prices.per_unit(name) == (winner.price.normalize() if winner else plain.prices.per_unit(name))
            assert cell.own.get(name) == winner


def holds(item: OwnPrice, day: date, size: int) -> bool:
    """Whether an own price is meant for a request of this size on this day."""
    in_time = item.valid_from <= day and (item.valid_to is None or day < item.valid_to)
    return in_time and (item.tier_above == 0 or size > item.tier_above)


def draw_own(dice: random.Random, pair: tuple[str, str]) -> OwnPrice:
    """An own price of any class, tier and time."""
    start = date(2024, 1, 1) + timedelta(days=dice.randrange(900))
    end = start + timedelta(days=dice.randrange(1, 400)) if dice.random() < 0.7 else None
    tier = dice.choice((0, 0, 5_000, 272_000, 400_000))
    price = f"{dice.randrange(1, 900)}.{dice.randrange(100)}"
    name = dice.choice(PRICE_CLASSES)
    return own(pair, name, price, tier_above=tier, valid_from=start, valid_to=end)


def test_a_version_names_exactly_the_prices() -> None:
    first, second = own(TIERED, "input", "1"), own(TIERED, "output", "2")
    plain, one, both = PriceBook(), PriceBook((first,)), PriceBook((first, second))
    assert plain.version.startswith("genai-prices ")
    assert one.version.startswith(f"{plain.version} + own prices ")
    assert len({plain.version, one.version, both.version}) == 3
    assert PriceBook((second, first)).version == both.version
