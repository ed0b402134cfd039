"""Prices: what the join finds is what the library computes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from agents.engine.context import DataHandle
from agents.prices import PriceBook, PriceOverride
from agents.usage.demo_plan import FEATURES, MODELS, DemoTruths
from agents.usage.queries import Query, QueryLimits, run_query
from tests.agents.conftest import make_data, make_row

PAIRS = (
    ("openai", "o3"),  # became cheaper on 2025-06-10
    ("openai", "gpt-5.4"),  # dearer above 272,000 input tokens
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-sonnet-4-6"),  # lost its tier on 2026-03-13
    ("anthropic", "claude-haiku-4-5"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-3.6-flash"),  # dearer from 2027 on
    ("deepseek", "deepseek-chat"),  # cheaper at night
)
CLASSES = ("input", "cached_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")


def draw_row(dice: random.Random) -> dict[str, Any]:
    """One call of any model at any time with any mix of tokens."""
    provider, model = dice.choice(PAIRS)
    moment = datetime(2025, 1, 1) + timedelta(seconds=dice.randrange(900 * 86_400))
    scale = dice.choice((10, 5_000, 400_000))
    tokens = {f"{name}_tokens": dice.randrange(scale) for name in CLASSES}
    if provider != "anthropic":
        tokens |= {"cache_write_5m_tokens": 0, "cache_write_1h_tokens": 0}
    return {"provider": provider, "model": model, "time": moment} | tokens


def price_by_library(row: dict[str, Any]) -> Decimal:
    """The library's own answer for one call."""
    writes = row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"]
    usage = Usage(
        input_tokens=row["input_tokens"] + row["cached_read_tokens"] + writes,
        cache_read_tokens=row["cached_read_tokens"],
        cache_write_tokens=writes,
        cache_write_1h_tokens=row["cache_write_1h_tokens"],
        output_tokens=row["output_tokens"] + row["reasoning_tokens"],
    )
    moment = row["time"].replace(tzinfo=UTC)
    found = calc_price(usage, row["model"], provider_id=row["provider"], genai_request_timestamp=moment)
    return found.total_price


async def costs_of(data: DataHandle, prices: PriceBook | None = None) -> dict[str, Decimal | None]:
    """Every row's cost by request id."""
    result = await run_query(data, Query("SELECT request_id, cost FROM calls"), QueryLimits(), prices)
    return dict(result.rows)


async def test_500_random_calls_cost_what_the_library_says(tmp_path: Path) -> None:
    dice = random.Random(7)
    rows = {f"r{number}": draw_row(dice) for number in range(500)}
    data = make_data(tmp_path, [make_row(request_id=name, **row) for name, row in rows.items()])
    costs = await costs_of(data)
    assert len(costs) == 500
    for name, row in rows.items():
        found = costs[name]
        assert found is not None, row
        assert abs(found - price_by_library(row)) < Decimal("0.000001"), row


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


async def test_an_own_price_replaces_the_list_price_and_changes_the_version(tmp_path: Path) -> None:
    own = PriceBook((PriceOverride("openai", "house-model", input=Decimal(4), output=Decimal(8)),))
    rows = [make_row(request_id="own", model="house-model", input_tokens=500_000, reasoning_tokens=250_000)]
    assert await costs_of(make_data(tmp_path, rows), own) == {"own": Decimal(4)}
    assert own.version.startswith(f"{PriceBook().version} + own prices ")


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
