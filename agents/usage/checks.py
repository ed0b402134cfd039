"""What every row must be, whatever format it came in: bounded figures, a time, token classes that add up."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from agents.usage.records import Grain, Unusable, UsageRow

MOST: Final = 2**53
MOST_MILLISECONDS: Final = 2**31 - 1
MOST_COST: Final = Decimal(10) ** 9
EARLIEST: Final = datetime(1970, 1, 1)
LATEST: Final = datetime(2100, 1, 1)
GRAINS: Final = frozenset(Grain)
CLASSES: Final = (
    "input_tokens",
    "cached_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
)


def check_row(row: UsageRow) -> None:
    """Unusable with the reason for a row that would make figures wrong."""
    check_time(row.time)
    if row.grain not in GRAINS:
        raise Unusable(f"The grain {row.grain!r} is not known.")
    check_tokens(row)
    if not 0 <= row.requests <= MOST:
        raise Unusable("The number of requests is not usable.")
    if row.billed_cost is not None:
        check_cost(row.billed_cost)
    for milliseconds in (row.latency_ms, row.first_token_ms):
        if milliseconds is not None and not 0 <= milliseconds <= MOST_MILLISECONDS:
            raise Unusable("The latency is not usable.")


def check_time(moment: datetime | None) -> None:
    """A time there must be."""
    if moment is None:
        raise Unusable("The row has no time.")
    if not EARLIEST <= moment < LATEST:
        raise Unusable(f"The time {moment.isoformat()} is not one of this or the last century.")


def check_tokens(row: UsageRow) -> None:
    """No class is negative or absurd, and together they are what the source says."""
    classes = (
        row.input_tokens,
        row.cached_read_tokens,
        row.cache_write_5m_tokens,
        row.cache_write_1h_tokens,
        row.output_tokens,
        row.reasoning_tokens,
    )
    if min(classes) < 0 or max(classes) > MOST:
        name = next(name for name, count in zip(CLASSES, classes, strict=True) if not 0 <= count <= MOST)
        raise Unusable(f"The number of {name.replace('_', ' ')} is not usable.")
    if row.source_total is not None and sum(classes) != row.source_total:
        raise Unusable(
            f"The token classes add up to {sum(classes):,}, but the source gives {row.source_total:,} in total."
        )


def check_cost(cost: Decimal) -> None:
    """A bill may hold credits, so a cost may be negative, but it is a number within reason."""
    if not cost.is_finite() or not -MOST_COST < cost < MOST_COST:
        raise Unusable("The cost is not usable.")
