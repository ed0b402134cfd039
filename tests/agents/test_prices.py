"""Prices: what the join finds is what the library computes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from agents.engine.context import DataHandle, DataProfile
from agents.prices import PriceBook
from agents.usage import sandbox
from agents.usage.demo_plan import FEATURES, MODELS, DemoTruths
from agents.usage.queries import Query, QueryLimits, run_query
from tests.agents.conftest import make_data, make_row

CLASSES = ("input", "cached_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")
ROWS = 2_000


def list_library() -> list[tuple[str, ModelInfo]]:
    """Every model of the library with its provider; the ones whose price changes or has tiers twice over."""
    found = [(provider.id, info) for provider in get_snapshot().providers for info in provider.models]
    return found + [(provider, info) for provider, info in found if changes(info)]


def changes(info: ModelInfo) -> bool:
    """Whether its price depends on anything."""
    return not isinstance(info.prices, ModelPrice) or bool(tier_starts(info))


def tier_starts(info: ModelInfo) -> list[int]:
    """Every request size at which some price of the model changes."""
    dated = [info.prices] if isinstance(info.prices, ModelPrice) else [item.prices for item in info.prices]
    tiers = [item for price in dated for item in vars(price).values() if isinstance(item, TieredPrices)]
    return sorted({tier.start for item in tiers for tier in item.tiers})


def draw_row(dice: random.Random, models: list[tuple[str, ModelInfo]]) -> dict[str, Any]:
    """One call of any model at any time with any mix of tokens, often close to where a tier begins."""
    provider, info = dice.choice(models)
    moment = datetime(2023, 1, 1) + timedelta(seconds=dice.randrange(1_800 * 86_400))
    scale = dice.choice((10, 5_000, 400_000))
    used = dice.sample(CLASSES, dice.randint(1, len(CLASSES)))
    tokens = {f"{name}_tokens": dice.randrange(1, scale) if name in used else 0 for name in CLASSES}
    if starts := tier_starts(info):
        edge = dice.choice(starts) + dice.choice((-1, 0, 1))
        tokens = dict.fromkeys(tokens, 0) | {"input_tokens": edge, "output_tokens": dice.randrange(1, scale)}
    return {"provider": provider, "model": info.id, "time": moment} | tokens


def price_by_library(row: dict[str, Any]) -> Decimal | None:
    """The library's own answer for one call; None where it would leave out a class it has no price for."""
    writes = row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"]
    usage = Usage(
        input_tokens=row["input_tokens"] + row["cached_read_tokens"] + writes,
        cache_read_tokens=row["cached_read_tokens"],
        cache_write_tokens=writes,
        cache_write_1h_tokens=row["cache_write_1h_tokens"],
        output_tokens=row["output_tokens"] + row["reasoning_tokens"],
        output_reasoning_tokens=row["reasoning_tokens"],
    )
    moment = row["time"].replace(tzinfo=UTC)
    try:
        found = calc_price(usage, row["model"], provider_id=row["provider"], genai_request_timestamp=moment)
    except LookupError:
        return None  # some models are not found by their own id
    return None if lacks_price(row, found.model_price) else found.total_price


def lacks_price(row: dict[str, Any], price: ModelPrice) -> bool:
    """Whether the call used a class that has neither a price of its own nor one of the class it is part of."""
    keys = {
        "input": ("input_mtok",),
        "cached_read": ("cache_read_mtok", "input_mtok"),
        "cache_write_5m": ("cache_write_mtok", "input_mtok"),
        "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
        "output": ("output_mtok",),
        "reasoning": ("output_reasoning_mtok", "output_mtok"),
    }
    used = [name for name in CLASSES if row[f"{name}_tokens"]]
    return any(all(getattr(price, key) is None for key in keys[name]) for name in used)


async def costs_of(data: DataHandle, prices: PriceBook | None = None) -> dict[str, Decimal | None]:
    """Every row's cost by request id."""
    result = await run_query(data, Query("SELECT request_id, cost FROM calls"), QueryLimits(), prices or PriceBook())
    return dict(result.rows)


async def test_2000_random_calls_of_any_model_cost_what_the_library_says(tmp_path: Path) -> None:
    dice = random.Random(7)
    models = list_library()
    rows = {f"r{number}": draw_row(dice, models) for number in range(ROWS)}
    data = make_data(tmp_path, [make_row(request_id=name, **row) for name, row in rows.items()])
    costs = await costs_of(data)
    expected = {name: price_by_library(row) for name, row in rows.items()}
    assert len(costs) == ROWS
    assert sum(cost is not None for cost in expected.values()) > ROWS // 2
    for name, cost in expected.items():
        found = costs[name]
        assert (found is None) == (cost is None), rows[name]
        if found is not None and cost is not None:
            assert abs(found - cost) <= Decimal("0.000001") * max(Decimal(1), cost), rows[name]


async def test_the_tier_is_decided_by_each_request_alone(tmp_path: Path) -> None:
    rows = [make_row(model="gpt-5.4", input_tokens=size) for size in (272_000, 272_001)]
    costs = sorted(cost for cost in (await costs_of(make_data(tmp_path, rows))).values() if cost)
    assert costs == [Decimal("0.68"), Decimal("1.360005")]


async def test_an_unknown_model_is_unpriced_and_not_free(tmp_path: Path) -> None:
    rows = [make_row(request_id="unknown", model="house-model", input_tokens=10)]
    assert await costs_of(make_data(tmp_path, rows)) == {"unknown": None}


async def test_a_used_class_without_price_makes_the_call_unpriced(tmp_path: Path) -> None:
    model = "text-embedding-3-small"
    rows = [
        make_row(request_id="embedding", model=model, input_tokens=1_000_000),
        make_row(request_id="impossible", model=model, input_tokens=10, output_tokens=5),
    ]
    assert await costs_of(make_data(tmp_path, rows)) == {"embedding": Decimal("0.02"), "impossible": None}


async def test_a_call_without_tokens_of_an_unknown_model_is_unpriced(tmp_path: Path) -> None:
    rows = [make_row(request_id="failed", model="house-model"), make_row(request_id="none", model=None)]
    assert await costs_of(make_data(tmp_path, rows)) == {"failed": None, "none": None}


async def test_a_count_too_large_to_be_true_is_unpriced(tmp_path: Path) -> None:
    rows = [make_row(request_id="large", input_tokens=10**16), make_row(request_id="plain", input_tokens=10**6)]
    assert await costs_of(make_data(tmp_path, rows)) == {"large": None, "plain": Decimal("2.5")}


async def test_a_billed_amount_is_never_priced(tmp_path: Path) -> None:
    rows = [make_row(request_id="bill", grain="cost", input_tokens=1_000_000, billed_cost="2.5", currency="USD")]
    assert await costs_of(make_data(tmp_path, rows)) == {"bill": None}


async def test_the_models_beyond_what_is_looked_up_are_unpriced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "MOST_PRICED_MODELS", 1)
    rows = [make_row(request_id=str(number), input_tokens=1_000_000) for number in range(2)]
    rows.append(make_row(request_id="rare", model="gpt-4o-mini", input_tokens=1_000_000))
    data = make_data(tmp_path, rows)
    unknown = replace(data, profile=DataProfile())
    assert await costs_of(unknown) == {"0": Decimal("2.5"), "1": Decimal("2.5"), "rare": None}
    assert (await costs_of(data))["rare"] == Decimal("0.15")


async def test_a_bucket_of_many_requests_is_priced_at_the_base_tier(tmp_path: Path) -> None:
    rows = [make_row(request_id="day", grain="bucket", requests=90, model="gpt-5.4", input_tokens=1_000_000)]
    assert await costs_of(make_data(tmp_path, rows)) == {"day": Decimal("2.5")}


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_demo_model_has_a_price_for_every_class(model: str) -> None:
    rows = PriceBook().rows_for([(MODELS[model].provider, model)])
    assert rows
    for row in rows:
        assert all(getattr(row.prices, name) is not None for name in CLASSES)


def test_every_demo_feature_names_a_demo_model() -> None:
    truths = DemoTruths()
    assert {plan.model for plan in FEATURES} | {truths.jump_to_model} == set(MODELS)
