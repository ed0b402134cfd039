"""Token sums so fine that every model of interest has one price in each: pricing a sum is pricing each of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from agents.engine.context import PinnedPrices
from agents.prices import TOKEN_CLASSES, ClassPrices, PriceRow
from agents.prices.rows import DAY_MICROSECONDS, TOKENS_WITHOUT_END

Pair = tuple[str, str]
Tokens = Mapping[str, Decimal]
PROMPT_CLASSES: Final = ("input", "cached_read", "cache_write_5m", "cache_write_1h")
SIZE: Final = " + ".join(f"coalesce({name}_tokens, 0)" for name in PROMPT_CLASSES)
# A bucket is many requests, so its size says nothing; it is priced at the base tier, like everywhere.
CALL_SIZE: Final = f"(CASE WHEN grain = 'call' THEN {SIZE} ELSE 0 END)"


@dataclass(frozen=True, slots=True)
class Spot:
    """A day, a time of day and a request size: where a price is looked up."""

    day: date
    microseconds: int = 0
    size: int = 0


@dataclass(slots=True)
class PriceTable:
    """The run's pinned prices, each model read once."""

    prices: PinnedPrices
    known: dict[Pair, Sequence[PriceRow]] = field(default_factory=dict)

    def rows_of(self, pair: Pair) -> Sequence[PriceRow]:
        """All price rows of a model."""
        if pair not in self.known:
            self.known[pair] = self.prices.rows_for([pair])
        return self.known[pair]

    def price_at(self, pair: Pair, spot: Spot) -> ClassPrices | None:
        """The model's prices at this spot; None where none is known."""
        for row in self.rows_of(pair):
            in_time = row.valid_from <= spot.day < row.valid_to and row.day_from <= spot.microseconds < row.day_to
            if in_time and row.tokens_above < spot.size <= row.tokens_to:
                return row.prices
        return None


@dataclass(frozen=True, slots=True)
class Edges:
    """Where some model's price changes within the period: days, times of day and request sizes."""

    first_day: date
    days: tuple[date, ...] = ()
    hours: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()

    @property
    def columns(self) -> str:
        """The three columns that say in which band a row lies."""
        bands = {
            "day_band": [f"(time >= $day_edge_{number})::INTEGER" for number, _ in enumerate(self.days)],
            "hour_band": [
                f"(epoch_us(time) % {DAY_MICROSECONDS} >= $hour_edge_{number})::INTEGER"
                for number, _ in enumerate(self.hours)
            ],
            "size_band": [f"({CALL_SIZE} > $size_edge_{number})::INTEGER" for number, _ in enumerate(self.sizes)],
        }
        return ", ".join(f"{' + '.join(terms) or '0'} AS {name}" for name, terms in bands.items())

    @property
    def parameters(self) -> dict[str, Any]:
        """The values the columns compare with."""
        values: dict[str, Any] = {
            f"day_edge_{number}": datetime.combine(day, time()) for number, day in enumerate(self.days)
        }
        values |= {f"hour_edge_{number}": hour for number, hour in enumerate(self.hours)}
        return values | {f"size_edge_{number}": size for number, size in enumerate(self.sizes)}

    def spot_of(self, row: Mapping[str, Any]) -> Spot:
        """A spot that stands for all rows of a band."""
        day, hour, size = row["day_band"], row["hour_band"], row["size_band"]
        return Spot(
            self.days[day - 1] if day else self.first_day,
            self.hours[hour - 1] if hour else 0,
            self.sizes[size - 1] + 1 if size else 0,
        )


def find_edges(table: PriceTable, pairs: Iterable[Pair], first_day: date, last_day: date) -> Edges:
    """The edges of these models' prices that lie inside the period."""
    rows = [row for pair in sorted(set(pairs)) for row in table.rows_of(pair)]
    return Edges(
        first_day,
        tuple(sorted({row.valid_from for row in rows if first_day < row.valid_from <= last_day})),
        tuple(sorted({row.day_from for row in rows if row.day_from > 0})),
        tuple(sorted({row.tokens_above for row in rows if 0 < row.tokens_above < TOKENS_WITHOUT_END})),
    )


def price_tokens(tokens: Tokens, requests: int, prices: ClassPrices | None) -> Decimal | None:
    """What these tokens cost; None where a class that was used has no price."""
    if prices is None:
        return None
    total = requests * prices.request
    for name in TOKEN_CLASSES:
        count, price = tokens.get(name, Decimal(0)), getattr(prices, name)
        if count and price is None:
            return None
        total += count * (price or 0)
    return total
