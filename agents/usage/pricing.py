"""Prices as a tool's result shows them: each cell of a model with its price for a million tokens of each class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from agents.engine.blocks import Source
from agents.engine.context import PinnedPrices
from agents.prices import PRICE_CLASSES, PriceRow
from agents.prices.rows import BASE_TIER, DAY_MICROSECONDS, FIRST_DAY, LAST_DAY

PRICE_BOOK: Final = "Price book"
SHOWN_CLASSES: Final = ("input", "cached_read", "cache_write_5m", "output", "reasoning")


def describe_cell(row: PriceRow) -> dict[str, Any]:
    """Where a price holds, and what it is; None: no price known."""
    return {
        "valid_from": None if row.valid_from == FIRST_DAY else row.valid_from.isoformat(),
        "valid_to": None if row.valid_to == LAST_DAY else (row.valid_to - timedelta(days=1)).isoformat(),
        "hours": describe_hours(row),
        "input_tokens_above": None if row.tokens_above == BASE_TIER else row.tokens_above,
        "prices": {name: show_price(row, name) for name in PRICE_CLASSES},
        "own_prices": sorted(row.own),
    }


def describe_hours(row: PriceRow) -> str | None:
    """The hours of the day (UTC), where the price depends on them."""
    if row.day_from == 0 and row.day_to == DAY_MICROSECONDS:
        return None
    return f"{show_hour(row.day_from)}-{show_hour(row.day_to)} UTC"


def show_hour(microseconds: int) -> str:
    """A time of day as hh:mm."""
    minutes = microseconds // 60_000_000
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def show_price(row: PriceRow, name: str) -> str | None:
    """US dollars for a million tokens (for `request`: a thousand requests)."""
    price = row.prices.per_unit(name)
    return None if price is None else f"{price:f}"


def find_price(rows: Iterable[PriceRow], day: date) -> PriceRow | None:
    """The base price of a day."""
    held = (row for row in rows if row.valid_from <= day < row.valid_to and row.tokens_above == BASE_TIER)
    return next(held, None)


def price_columns(row: PriceRow | None) -> dict[str, str | None]:
    """The prices of the classes a table shows."""
    return {name: show_price(row, name) if row else None for name in SHOWN_CLASSES}


def name_price_source(prices: PinnedPrices) -> Source:
    """The source of a result that rests on the price book alone."""
    return Source(dataset=PRICE_BOOK, demo=False, sql="", rows_scanned=0, price_version=prices.version)


def as_floats(values: Sequence[str | None]) -> tuple[float | None, ...]:
    """Prices as a table wants them."""
    return tuple(None if value is None else float(value) for value in values)
