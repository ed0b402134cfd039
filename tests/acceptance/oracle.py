"""What is true of rows, computed in plain Python: no code of the product, only the price library."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from genai_prices import Usage, calc_price
from genai_prices.types import PriceCalculation, TieredPrices

ZERO = Decimal(0)
# The places of a generated row.
TIME, PROVIDER, MODEL = 3, 4, 5
INPUT, READ, WRITE_5M, WRITE_1H, OUTPUT, REASONING = range(6, 12)
LATENCY, FIRST_TOKEN, STATUS, ERROR, USER, TEAM, FEATURE, PROMPT, SESSION = range(14, 23)
CLASSES = (INPUT, READ, WRITE_5M, WRITE_1H, OUTPUT, REASONING)
WEEK = timedelta(days=7)


Model = tuple[str, str]
SAMPLE = 1_000


@cache
def tier_starts(model: Model, day: date) -> tuple[int, ...]:
    """Every request size at which some price of the model changes."""
    price = ask_library(model, day, input_tokens=1).model_price
    tiers = [item for item in vars(price).values() if isinstance(item, TieredPrices)]
    return tuple(sorted({tier.start for item in tiers for tier in item.tiers}))


@cache
def unit_prices(model: Model, day: date, band: int) -> tuple[Decimal, ...]:
    """What one token of each class costs in a request of this size band, asked of the library class by class."""
    size = tier_starts(model, day)[band - 1] + 1 if band else 1
    plain = ask_library(model, day, input_tokens=size).total_price
    read = ask_library(model, day, input_tokens=size, cache_read_tokens=size).total_price
    short = ask_library(model, day, input_tokens=size, cache_write_tokens=size).total_price
    writes = {"cache_write_tokens": size, "cache_write_1h_tokens": size}
    long = ask_library(model, day, input_tokens=size, **writes).total_price
    output = ask_library(model, day, input_tokens=size, output_tokens=SAMPLE).total_price - plain
    thoughts = {"output_tokens": SAMPLE, "output_reasoning_tokens": SAMPLE}
    reasoning = ask_library(model, day, input_tokens=size, **thoughts).total_price - plain
    return (plain / size, read / size, short / size, long / size, output / SAMPLE, reasoning / SAMPLE)


def ask_library(model: Model, day: date, **tokens: int) -> PriceCalculation:
    """The library's answer for one request."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return calc_price(Usage(**tokens), model[1], provider_id=model[0], genai_request_timestamp=moment)


@dataclass(frozen=True)
class Call:
    """One generated row."""

    row: tuple[Any, ...]

    def __getitem__(self, place: int) -> Any:
        return self.row[place]

    @cached_property
    def moment(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.row[TIME])

    @property
    def model(self) -> Model:
        """Its provider and model."""
        return self.row[PROVIDER], self.row[MODEL]

    @property
    def day(self) -> date:
        """The day it was made."""
        return self.moment.date()

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return bool(self.row[STATUS] == "error")

    @property
    def prompt_tokens(self) -> int:
        """Everything that was sent, cached or not."""
        return sum(self.row[place] for place in (INPUT, READ, WRITE_5M, WRITE_1H))

    @cached_property
    def cost(self) -> Decimal:
        """What it cost at the list price of its day."""
        return self.cost_on(self.model, self.day)

    def cost_on(self, model: Model, day: date) -> Decimal:
        """What the same tokens cost on another model, at the list price of that day."""
        band = bisect_left(tier_starts(model, day), self.prompt_tokens)
        prices = unit_prices(model, day, band)
        return sum((self.row[place] * price for place, price in zip(CLASSES, prices, strict=True)), ZERO)


class Truth:
    """What can be known of generated rows."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self.calls = [Call(row) for row in rows]

    def where(self, **wanted: Any) -> Truth:
        """Only the calls whose named places have these values."""
        places = {name: globals()[name.upper()] for name in wanted}
        return self.only(lambda call: all(call[places[name]] == value for name, value in wanted.items()))

    def only(self, test: Callable[[Call], bool]) -> Truth:
        """Only the calls that pass."""
        found = Truth(())
        found.calls = [call for call in self.calls if test(call)]
        return found

    def between(self, first: date, last: date) -> Truth:
        """Only the calls of these days, both included."""
        return self.only(lambda call: first <= call.day <= last)

    def __len__(self) -> int:
        return len(self.calls)

    @cached_property
    def first_day(self) -> date:
        """The day of the first call."""
        return min(call.day for call in self.calls)

    @cached_property
    def last_day(self) -> date:
        """The day of the last call."""
        return max(call.day for call in self.calls)

    @cached_property
    def cost(self) -> Decimal:
        """What they cost together."""
        return sum((call.cost for call in self.calls), ZERO)

    def cost_by(self, *places: int) -> dict[Any, Decimal]:
        """What each value, or each combination of values, cost."""
        found: dict[Any, Decimal] = defaultdict(lambda: ZERO)
        for call in self.calls:
            key = tuple(call[place] for place in places)
            found[key if len(places) > 1 else key[0]] += call.cost
        return dict(found)

    def count_by(self, place: int) -> Counter[Any]:
        """How many calls each value has."""
        return Counter(call[place] for call in self.calls)

    @cached_property
    def daily_cost(self) -> dict[date, Decimal]:
        """What each day cost, without gaps."""
        days = (self.last_day - self.first_day).days + 1
        found = {self.first_day + timedelta(days=number): ZERO for number in range(days)}
        for call in self.calls:
            found[call.day] += call.cost
        return found

    def week_before(self, day: date) -> Decimal:
        """The mean daily cost of the seven days before a day."""
        return self.between(day - WEEK, day - timedelta(days=1)).cost / 7

    def week_from(self, day: date) -> Decimal:
        """The mean daily cost of the seven days from a day on."""
        return self.between(day, day + WEEK - timedelta(days=1)).cost / 7

    def cost_on(self, model: Model, day: date) -> Decimal:
        """What the same tokens would cost on another model."""
        return sum((call.cost_on(model, day) for call in self.calls), ZERO)

    def repeats(self, within: timedelta | None = None) -> Truth:
        """The calls whose prompt had gone to the same feature and model before."""
        seen: dict[tuple[Any, ...], datetime] = {}
        found: list[Call] = []
        for call in sorted(self.calls, key=lambda each: (each.moment, each.row[1])):
            key = (call[FEATURE], call[PROVIDER], call[MODEL], call[PROMPT])
            before = seen.get(key)
            if before is not None and (within is None or call.moment - before <= within):
                found.append(call)
            seen[key] = call.moment
        truth = Truth(())
        truth.calls = found
        return truth

    @property
    def failed(self) -> int:
        """How many calls failed."""
        return sum(call.failed for call in self.calls)

    @property
    def failed_percent(self) -> Decimal:
        """The share of failed calls."""
        return Decimal(100) * self.failed / len(self)

    @property
    def night_percent(self) -> Decimal:
        """The share of calls from midnight to six."""
        return Decimal(100) * sum(call.moment.hour < 6 for call in self.calls) / len(self)

    def latency(self, percentile: float, place: int = LATENCY) -> float:
        """A percentile of the latency of calls that did not fail."""
        return find_percentile([call[place] for call in self.calls if not call.failed], percentile)

    def mean_latency(self) -> float:
        """The mean latency of calls that did not fail."""
        times: list[int] = [call[LATENCY] for call in self.calls if not call.failed]
        return sum(times) / len(times)

    def busiest_minute(self, measure: Callable[[Call], int]) -> int:
        """The most of something in one minute of the clock."""
        minutes: Counter[datetime] = Counter()
        for call in self.calls:
            minutes[call.moment.replace(second=0, microsecond=0)] += measure(call)
        return max(minutes.values())


def find_percentile(values: Sequence[float], percentile: float) -> float:
    """The percentile, linear between neighbours."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percentile
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return float(low + (high - low) * (place - math.floor(place)))


def one_request(_: Call) -> int:
    """Counts calls."""
    return 1


def all_tokens(call: Call) -> int:
    """Counts tokens of both directions."""
    return call.prompt_tokens + int(call[OUTPUT]) + int(call[REASONING])
