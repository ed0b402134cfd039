"""The price book: list prices with own prices on top, under a name that says exactly which."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from agents.prices.listed import library_version, list_price_rows
from agents.prices.own import OwnPrice, lay_over, make_key
from agents.prices.rows import PriceRow, whole_cell

FINGERPRINT_DIGITS = 12


@dataclass(frozen=True)
class PriceBook:
    """List prices of the installed library with these own prices on top."""

    own: tuple[OwnPrice, ...] = ()

    @cached_property
    def version(self) -> str:
        """Names exactly the prices this book gives."""
        if not self.own:
            return library_version()
        content = json.dumps([item.describe() for item in sorted(self.own, key=lambda item: item.id)])
        return f"{library_version()} + own prices {hashlib.sha256(content.encode()).hexdigest()[:FINGERPRINT_DIGITS]}"

    @cached_property
    def own_by_model(self) -> dict[tuple[str, str], list[OwnPrice]]:
        """The own prices of each model."""
        found: dict[tuple[str, str], list[OwnPrice]] = defaultdict(list)
        for item in self.own:
            found[item.key].append(item)
        return dict(found)

    def rows_for(self, pairs: Iterable[tuple[str, str]]) -> list[PriceRow]:
        """Price rows of these (provider, model) pairs; an unknown model simply has none."""
        return [row for provider, model in sorted(set(pairs)) for row in self.rows_of(provider, model)]

    def rows_of(self, provider: str, model: str) -> list[PriceRow]:
        """The priced cells of one model, by period, time of day and tier."""
        own = self.own_by_model.get(make_key(provider, model), [])
        cells: Iterable[PriceRow] = list_price_rows(provider, model)
        if own:
            cells = lay_over(cells or [whole_cell(provider, model)], own)
        # A cell where nothing has a price would price a call without tokens at zero.
        return [cell for cell in cells if cell.prices.is_known]
