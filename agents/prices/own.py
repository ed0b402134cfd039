"""Own prices, laid over the cells of the list prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from agents.prices.rows import BASE_TIER, LAST_DAY, UNITS, PriceRow


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """What one token class of a model costs this company, from one day to another.

    US dollars for a million tokens (for `request`: a thousand requests). It holds for every request with more
    input tokens than `tier_above` (0: for all of them), until a higher tier of its own begins; a newer one (with
    a higher id) replaces an older one of the same tier.
    """

    id: int
    provider: str
    model: str
    token_class: str
    price: Decimal
    tier_above: int = 0
    valid_from: date = date.min
    valid_to: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Whose price it is; names are compared as the price library compares them."""
        return make_key(self.provider, self.model)

    @property
    def starts_above(self) -> int:
        """The tier's lower edge; the base begins below every request."""
        return self.tier_above or BASE_TIER

    @property
    def ends_on(self) -> date:
        """The first day on which it no longer holds."""
        return self.valid_to or LAST_DAY

    def covers(self, cell: PriceRow) -> bool:
        """Whether it holds for the whole cell."""
        in_time = self.valid_from <= cell.valid_from and cell.valid_to <= self.ends_on
        return in_time and self.starts_above <= cell.tokens_above

    def describe(self) -> list[str]:
        """Everything that decides a price, for the fingerprint of a book."""
        days = [self.valid_from.isoformat(), self.ends_on.isoformat()]
        return [str(self.id), *self.key, self.token_class, f"{self.price.normalize():f}", str(self.tier_above), *days]


def make_key(provider: str, model: str) -> tuple[str, str]:
    """What two spellings of a model's name have in common."""
    return provider.strip().casefold(), model.strip().casefold()


def lay_over(cells: Iterable[PriceRow], own: Sequence[OwnPrice]) -> Iterator[PriceRow]:
    """The cells with the own prices of their model on top, cut where an own price begins or ends."""
    for cell in cells:
        for piece in cut_days(cell, own):
            for part in cut_tiers(piece, own):
                yield apply(part, own)


def cut_days(cell: PriceRow, own: Sequence[OwnPrice]) -> Iterator[PriceRow]:
    """The cell, cut on every day on which an own price begins or ends."""
    days = {day for item in own for day in (item.valid_from, item.ends_on) if cell.valid_from < day < cell.valid_to}
    for start, end in pairwise(sorted({cell.valid_from, cell.valid_to, *days})):
        yield replace(cell, valid_from=start, valid_to=end)


def cut_tiers(cell: PriceRow, own: Sequence[OwnPrice]) -> Iterator[PriceRow]:
    """The cell, cut at every request size above which an own price begins that holds in its days."""
    held = (item.starts_above for item in own if item.valid_from <= cell.valid_from and cell.valid_to <= item.ends_on)
    sizes = {size for size in held if cell.tokens_above < size < cell.tokens_to}
    for above, to in pairwise(sorted({cell.tokens_above, cell.tokens_to, *sizes})):
        yield replace(cell, tokens_above=above, tokens_to=to)


def apply(cell: PriceRow, own: Sequence[OwnPrice]) -> PriceRow:
    """The cell with the own prices that hold in it; the highest tier counts, and in it the newest price."""
    found: dict[str, OwnPrice] = {}
    for item in sorted(own, key=lambda each: (each.starts_above, each.id)):
        if item.covers(cell):
            found[item.token_class] = item
    prices = {name: item.price / UNITS[name] for name, item in found.items()}
    return replace(cell, prices=replace(cell.prices, **prices), own=found) if found else cell
