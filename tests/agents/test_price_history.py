"""Own prices in the database: the book of today, and the book of any stored result."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.errors import PricesUnknown
from agents.models import PriceOverride
from agents.prices import PriceBook
from agents.prices.stored import current_price_book, price_book_as_of, price_book_named

pytestmark = pytest.mark.django_db
NOON = timezone.now() - timedelta(days=10)


def add(price: str, *, hours: int, **values: Any) -> PriceOverride:
    """An own price entered so many hours after noon."""
    plain = {"provider": "openai", "model": "gpt-4o", "token_class": "input", "valid_from": date(2026, 1, 1)}
    row = PriceOverride.objects.create(price=Decimal(price), **(plain | values))
    PriceOverride.objects.filter(id=row.id).update(created_at=after(hours))
    return row


def end(row: PriceOverride, hours: int) -> None:
    """Ended so many hours after noon."""
    PriceOverride.objects.filter(id=row.id).update(ended_at=after(hours))


def after(hours: int) -> datetime:
    """A moment on the day of the test."""
    return NOON + timedelta(hours=hours)


def test_without_own_prices_the_book_is_the_librarys() -> None:
    assert current_price_book() == PriceBook()


def test_the_book_takes_one_query_whatever_is_in_it() -> None:
    for number in range(5):
        add("1", hours=number)
    with CaptureQueriesContext(connection) as queries:
        book = current_price_book()
        assert book.version
    assert len(queries) == 1
    assert len(book.own) == 5


def test_an_ended_price_is_in_no_new_book() -> None:
    row = add("1", hours=0)
    end(row, 1)
    assert current_price_book() == PriceBook()


def test_the_book_of_a_moment_is_the_one_that_was_current_then() -> None:
    first = add("1", hours=1)
    second = add("2", hours=2)
    end(first, 3)
    held = {hours: [item.id for item in price_book_as_of(after(hours)).own] for hours in range(5)}
    assert held == {0: [], 1: [first.id], 2: [first.id, second.id], 3: [second.id], 4: [second.id]}


def test_every_version_there_was_can_be_computed_again() -> None:
    first = add("1", hours=1)
    versions = {hours: price_book_as_of(after(hours)).version for hours in (0, 1)}
    add("2", hours=2)
    versions[2] = price_book_as_of(after(2)).version
    end(first, 3)
    versions[3] = price_book_as_of(after(3)).version
    assert len(set(versions.values())) == 4
    for hours, version in versions.items():
        book = price_book_named(version)
        assert book == price_book_as_of(after(hours))
        assert book.version == version


def test_prices_of_another_library_or_of_nobody_are_unknown() -> None:
    with pytest.raises(PricesUnknown, match=r"These prices are genai-prices 0.0.1; installed is"):
        price_book_named("genai-prices 0.0.1")
    with pytest.raises(PricesUnknown):
        price_book_named(f"{PriceBook().version} + own prices 000000000000")
