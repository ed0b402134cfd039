"""The effective prices of a model over time, each with its source: for the page that explains a price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from agents.prices.books import PriceBook
from agents.prices.library import find_by_id
from agents.prices.listed import cut_into_cells
from agents.prices.own import OwnPrice
from agents.prices.rows import BASE_TIER, DAY_MICROSECONDS, FIRST_DAY, LAST_DAY, PRICE_CLASSES, PriceRow


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """One price of one cell, as it is written; `own` is where it comes from, None for the list price."""

    token_class: str
    price: str | None
    own: OwnPrice | None


@dataclass(frozen=True, slots=True)
class ShownCell:
    """Where prices hold, in words, and the prices."""

    days: str
    hours: str
    size: str
    prices: tuple[ShownPrice, ...]


def describe_history(book: PriceBook, provider: str, model: str) -> list[ShownCell]:
    """Every period, time of day and tier of a model, the newest period first."""
    rows = book.rows_of(provider, model) or list_by_id(provider, model)
    ordered = sorted(rows, key=lambda row: (-row.valid_from.toordinal(), row.day_from, row.tokens_above))
    return [describe_cell(row) for row in ordered]


def list_by_id(provider: str, model: str) -> list[PriceRow]:
    """The list prices of an entry that is known under other spellings than its own id."""
    info = find_by_id(provider, model)
    return [] if info is None else list(cut_into_cells(provider, model, info))


def describe_cell(row: PriceRow) -> ShownCell:
    """One cell in words."""
    prices = (ShownPrice(name, show_price(row, name), row.own.get(name)) for name in PRICE_CLASSES)
    return ShownCell(show_days(row.valid_from, row.valid_to), show_hours(row), show_size(row), tuple(prices))


def show_days(first: date, end: date) -> str:
    """The days of a cell."""
    last = end - timedelta(days=1)
    if first == FIRST_DAY:
        return "always" if end == LAST_DAY else f"until {last}"
    return f"from {first}" if end == LAST_DAY else f"{first} to {last}"


def show_hours(row: PriceRow) -> str:
    """The hours of the day a cell is about."""
    if row.day_to - row.day_from == DAY_MICROSECONDS:
        return "all day"
    first, end = (minutes // 60_000_000 for minutes in (row.day_from, row.day_to))
    return f"{first // 60:02d}:{first % 60:02d} to {end // 60:02d}:{end % 60:02d} UTC"


def show_size(row: PriceRow) -> str:
    """The requests a cell is about, by their input tokens."""
    return "base" if row.tokens_above == BASE_TIER else f"above {row.tokens_above:,}"


def show_price(row: PriceRow, name: str) -> str | None:
    """US dollars for a million tokens, or a thousand requests; a list without a price for requests asks none."""
    price = row.prices.per_unit(name)
    is_none = price is None or (name == "request" and price == 0 and name not in row.own)
    return None if is_none else f"{price:f}"
