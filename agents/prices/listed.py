"""List prices: what the installed genai-prices knows of a model, cut into cells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise, product

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from agents.prices.rows import (
    BASE_TIER,
    DAY_MICROSECONDS,
    FIRST_DAY,
    LAST_DAY,
    TOKENS_WITHOUT_END,
    UNITS,
    ClassPrices,
    PriceRow,
)

MOST_REMEMBERED = 10_000
MILLION = UNITS["input"]


def library_version() -> str:
    """Names the list prices."""
    return f"genai-prices {genai_prices.__version__}"


@lru_cache(maxsize=MOST_REMEMBERED)
def list_price_rows(provider: str, model: str) -> tuple[PriceRow, ...]:
    """The library's prices of a model, cut into cells that cover everything; empty when it does not know the model."""
    info = find_listed(provider, model)
    return () if info is None else tuple(cut_into_cells(provider, model, info))


def find_listed(provider: str, model: str) -> ModelInfo | None:
    """What the library knows of a model; its names may be spelled as providers and gateways spell them."""
    try:
        _, info = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    return info


def cut_into_cells(provider: str, model: str, info: ModelInfo) -> Iterator[PriceRow]:
    """One row for each combination of period, time of day and tier."""
    periods, hours = find_periods(info), find_hours(info)
    for (valid_from, valid_to), (day_from, day_to) in product(pairwise(periods), pairwise(hours)):
        moment = datetime.combine(valid_from, time(), UTC) + timedelta(microseconds=day_from)
        price = info.get_prices(moment)
        for above, to in pairwise([BASE_TIER, *find_tier_starts(price), TOKENS_WITHOUT_END]):
            prices = read_class_prices(price, above)
            yield PriceRow(provider, model, valid_from, valid_to, day_from, day_to, above, to, prices)


def list_conditions(info: ModelInfo) -> list[ConditionalPrice]:
    """The dated or timed variants of a model's price."""
    return [] if isinstance(info.prices, ModelPrice) else info.prices


def find_periods(info: ModelInfo) -> list[date]:
    """The days on which the price may change, with both ends of time."""
    rules = [item.constraint for item in list_conditions(info)]
    starts = {rule.start_date for rule in rules if isinstance(rule, StartDateConstraint)}
    return sorted({FIRST_DAY, *starts, LAST_DAY})


def find_hours(info: ModelInfo) -> list[int]:
    """The microseconds of a UTC day at which the price may change, with both ends of the day."""
    rules = [item.constraint for item in list_conditions(info)]
    edges = {0, DAY_MICROSECONDS}
    for rule in rules:
        if isinstance(rule, TimeOfDateConstraint):
            edges |= {count_microseconds(rule.start_time), count_microseconds(rule.end_time)}
    return sorted(edges)


def count_microseconds(moment: time) -> int:
    """Microseconds since midnight UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    moved = datetime.combine(date(2000, 1, 2), aware).astimezone(UTC)
    return (moved - datetime.combine(moved.date(), time(), UTC)) // timedelta(microseconds=1)


def find_tier_starts(price: ModelPrice) -> list[int]:
    """The request sizes above which a dearer tier begins."""
    tiers = [item for item in vars(price).values() if isinstance(item, TieredPrices)]
    return sorted({tier.start for item in tiers for tier in item.tiers})


def read_class_prices(price: ModelPrice, tokens_above: int) -> ClassPrices:
    """Prices a token of each class; a class without its own price is billed as the class it is part of."""
    plain = read_price(price, "input_mtok", tokens_above)
    write = read_price(price, "cache_write_mtok", tokens_above)
    short = read_price(price, "cache_write_5m_mtok", tokens_above)
    long = read_price(price, "cache_write_1h_mtok", tokens_above)
    read = read_price(price, "cache_read_mtok", tokens_above)
    output = read_price(price, "output_mtok", tokens_above)
    reasoning = read_price(price, "output_reasoning_mtok", tokens_above)
    requests = read_price(price, "requests_kcount", tokens_above)
    return ClassPrices(
        input=plain,
        cached_read=first_known(read, plain),
        cache_write_5m=first_known(short, write, plain),
        cache_write_1h=first_known(long, write, plain),
        output=output,
        reasoning=first_known(reasoning, output),
        request=(requests or Decimal(0)) * MILLION / UNITS["request"],
    )


def read_price(price: ModelPrice, key: str, tokens_above: int) -> Decimal | None:
    """The price of one unit in the tier that begins above this size (the library's are per million)."""
    found: Decimal | TieredPrices | None = getattr(price, key)
    if isinstance(found, TieredPrices):
        reached = [tier.price for tier in found.tiers if tier.start <= tokens_above]
        found = reached[-1] if reached else found.base
    return None if found is None else found / MILLION


def first_known(*prices: Decimal | None) -> Decimal | None:
    """The first price that is known."""
    return next((price for price in prices if price is not None), None)
