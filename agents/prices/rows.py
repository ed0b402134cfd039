"""A price row: what each token class of a model costs within one cell of days, time of day and request size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.prices.own import OwnPrice

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(9999, 12, 31)
DAY_MICROSECONDS = 86_400_000_000
# Below every request size, so that a request without input tokens has the base price.
BASE_TIER = -1
TOKENS_WITHOUT_END = 2**62
PRICE_CLASSES = ("input", "cached_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "request")
TOKEN_CLASSES = PRICE_CLASSES[:-1]
# A price is written for so many units: a million tokens, a thousand requests.
UNITS = {name: Decimal(1_000_000) for name in TOKEN_CLASSES} | {"request": Decimal(1_000)}


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

    @property
    def is_known(self) -> bool:
        """Whether anything has a price; without one, a call must not look free."""
        return any(getattr(self, name) is not None for name in TOKEN_CLASSES) or self.request != 0

    def per_unit(self, name: str) -> Decimal | None:
        """The price of a class as it is written: for a million tokens, or a thousand requests."""
        price: Decimal | None = getattr(self, name)
        return None if price is None else (price * UNITS[name]).normalize()


@dataclass(frozen=True, slots=True)
class PriceRow:
    """Prices of one model within one cell of days, time of day and request size.

    The cells of a model never overlap, so a join finds at most one row. The tier is decided by the
    input tokens of a single request: more than `tokens_above` and at most `tokens_to`.
    `own` names the classes whose price is an own one.
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
    own: Mapping[str, OwnPrice] = field(default_factory=dict)


def whole_cell(provider: str, model: str) -> PriceRow:
    """The cell that covers everything, without a price: where a model nobody lists begins."""
    return PriceRow(
        provider=provider,
        model=model,
        valid_from=FIRST_DAY,
        valid_to=LAST_DAY,
        day_from=0,
        day_to=DAY_MICROSECONDS,
        tokens_above=BASE_TIER,
        tokens_to=TOKENS_WITHOUT_END,
        prices=ClassPrices(),
    )
