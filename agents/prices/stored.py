"""Own prices from the database: the book of today, and any book there ever was."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from agents.errors import PricesUnknown
from agents.models import PriceOverride
from agents.prices.books import PriceBook
from agents.prices.listed import library_version
from agents.prices.own import OwnPrice

FIELDS = ("id", "provider", "model", "token_class", "price", "tier_above", "valid_from", "valid_to")


def current_price_book() -> PriceBook:
    """The price book new runs are pinned to: one query, so not on an event loop."""
    return read_book(PriceOverride.objects.filter(ended_at__isnull=True))


def price_book_as_of(moment: datetime) -> PriceBook:
    """The price book that was current at this moment."""
    held = Q(ended_at__isnull=True) | Q(ended_at__gt=moment)
    return read_book(PriceOverride.objects.filter(held, created_at__lte=moment))


def price_book_named(version: str) -> PriceBook:
    """The price book a stored result was computed with, found by the version it names."""
    if not is_of_library(version):
        raise PricesUnknown(f"These prices are {version}; installed is {library_version()}.")
    if version == library_version():
        return PriceBook()
    for moment in moments_of_change():
        book = price_book_as_of(moment)
        if book.version == version:
            return book
    raise PricesUnknown()


def is_of_library(version: str) -> bool:
    """Whether the version's list prices are those of the installed library."""
    return version == library_version() or version.startswith(f"{library_version()} + ")


def moments_of_change() -> list[datetime]:
    """When own prices were added or ended, the newest first: between two of them the book stays as it is."""
    times = PriceOverride.objects.order_by().values_list("created_at", "ended_at")
    return sorted({moment for pair in times for moment in pair if moment}, reverse=True)


def read_book(overrides: QuerySet[PriceOverride]) -> PriceBook:
    """A book of these own prices."""
    rows = overrides.order_by("id").values(*FIELDS)
    return PriceBook(tuple(OwnPrice(**row) for row in rows))
