"""Dated price book: genai-prices plus own overrides, flattened into rows a database can join."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
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

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(9999, 12, 31)
DAY_MICROSECONDS = 86_400_000_000
TOKENS_WITHOUT_END = 2**62
MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class ClassPrices:
    """US dollars for one token of each class, and for one request; None: no price known."""

    input: Decimal | None = None
    cached_read: Decimal | None = None
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None
    output: Decimal | None = None
    reasoning: Decimal | None = None
    request: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """Prices of one model within one cell of days, time of day and request size.

    The cells of a model cover everything once, so a join finds exactly one row. The tier is decided by the
    input tokens of a single request: more than `tokens_above` and at most `tokens_to`.
    """

    provider: str
    model: str
    valid_from: date
    valid_to: date
    day_from: int
    day_to: int
    tokens_above: int
    tokens_to: int
    prices: ClassPrices


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """An own price, US dollars for one million tokens, that replaces the list price of a model."""

    provider: str
    model: str
    input: Decimal
    output: Decimal
    cached_read: Decimal | None = None
    cache_write: Decimal | None = None

    def as_row(self) -> PriceRow:
        """The override as the only price row of its model."""
        prices = ClassPrices(
            input=self.input / MILLION,
            cached_read=(self.input if self.cached_read is None else self.cached_read) / MILLION,
            cache_write_5m=(self.input if self.cache_write is None else self.cache_write) / MILLION,
            cache_write_1h=(self.input if self.cache_write is None else self.cache_write) / MILLION,
            output=self.output / MILLION,
            reasoning=self.output / MILLION,
        )
        return PriceRow(
            provider=self.provider,
            model=self.model,
            valid_from=FIRST_DAY,
            valid_to=LAST_DAY,
            day_from=0,
            day_to=DAY_MICROSECONDS,
            tokens_above=-1,
            tokens_to=TOKENS_WITHOUT_END,
            prices=prices,
        )


@dataclass(frozen=True, slots=True)
class PriceBook:
    """List prices of the installed library with these overrides on top."""

    overrides: tuple[PriceOverride, ...] = ()

    @property
    def version(self) -> str:
        """Names exactly the prices this book gives."""
        library = f"genai-prices {genai_prices.__version__}"
        if not self.overrides:
            return library
        content = json.dumps(sorted(str(asdict(item)) for item in self.overrides))
        return f"{library} + own prices {hashlib.sha256(content.encode()).hexdigest()[:8]}"

    def rows_for(self, pairs: Iterable[tuple[str, str]]) -> list[PriceRow]:
        """Price rows of these (provider, model) pairs; an unknown model simply has none."""
        own = {(item.provider, item.model): item.as_row() for item in self.overrides}
        rows: list[PriceRow] = []
        for provider, model in sorted(set(pairs)):
            found = own.get((provider, model))
            rows.extend([found] if found else list_price_rows(provider, model))
        return rows


@cache
def list_price_rows(provider: str, model: str) -> tuple[PriceRow, ...]:
    """The library's prices of a model, cut into cells; empty when it does not know the model."""
    try:
        _, info = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return ()
    return tuple(cut_into_cells(provider, model, info))


def cut_into_cells(provider: str, model: str, info: ModelInfo) -> Iterator[PriceRow]:
    """One row for each combination of period, time of day and tier."""
    periods, hours = find_periods(info), find_hours(info)
    for (valid_from, valid_to), (day_from, day_to) in product(pairwise(periods), pairwise(hours)):
        moment = datetime.combine(valid_from, time(), UTC) + timedelta(microseconds=day_from)
        price = info.get_prices(moment)
        for above, to in pairwise([-1, *find_tier_starts(price), TOKENS_WITHOUT_END]):
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
        request=(requests or Decimal(0)) * 1000,
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


def current_price_book() -> PriceBook:
    """The price book new runs are priced with."""
    return PriceBook()
