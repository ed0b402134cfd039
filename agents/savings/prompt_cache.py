"""The beginning of a prompt, read from the provider's cache."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agents.savings.groups import SMALLEST_PREFIX, Cell, Group
from agents.savings.ranges import NOTHING, Range
from agents.savings.strategies import Kind, Nature, Strategy, make_strategy, unchanged
from agents.savings.survey import Survey
from agents.usage.results import percent

STATED: Final = Range(Decimal("0.5"), Decimal("0.9"))
# A feature that reads less than this from the cache does not show what caching can do.
SMALLEST_READ: Final = Decimal("0.05")
NATURE: Final = Nature(
    quality="The model reads the same prompt, so the answers do not change.",
    effort="medium",
    risk="low",
    confidence="medium",
    config_only=False,
    verify="Watch the share of cached input tokens in the usage the provider reports, and cost per request.",
    roll_back="Put the prompt's parts back in their old order, or take the cache mark out.",
    days_to_do=(1, 4),
)


@dataclass(frozen=True, slots=True)
class Achievable:
    """Which share of a prompt can be read from the cache, and how that is known."""

    share: Range
    reason: str


def find_achievable(found: Survey) -> Achievable:
    """From the groups of this data that use a cache, or a range that is stated."""
    shares = sorted(share for group in found.groups if (share := read_share(group)) >= SMALLEST_READ)
    if not shares:
        return Achievable(
            STATED, "50 to 90 % of a long prompt can be read from the cache; no feature of this data shows its own."
        )
    # One feature alone shows what is possible, not what is usual.
    ends = Range(shares[0] if len(shares) > 1 else shares[0] / 2, shares[-1])
    return Achievable(
        ends,
        f"Features of this data that use a cache read up to {show_share(ends.high)} % of their long prompts from it;"
        f" the others can reach {show_share(ends.low)} to {show_share(ends.high)} %.",
    )


def show_share(share: Decimal) -> str | None:
    """A share as a percentage."""
    return percent(round(share * 1000), 1000)


def read_share(group: Group) -> Decimal:
    """Which share of the long prompts is read from a cache now."""
    prompt = sum((cell.prompt for cell in group.cells), NOTHING)
    return sum((cell.prompt_read for cell in group.cells), NOTHING) / prompt if prompt else NOTHING


def uncached_tokens(group: Group) -> Decimal:
    """The input tokens of prompts long enough to be cached that were read at the full price."""
    return sum((cell.prompt_input for cell in group.cells), NOTHING)


def find_prompt_cache(found: Survey, group: Group, achievable: Achievable) -> Strategy | None:
    """What the achievable share would save; None where nothing can be cached, or it is reached already."""
    saving = estimate(found, group, achievable.share)
    if saving is None or saving.high <= 0:
        return None
    return make_strategy(
        found,
        group,
        Kind.PROMPT_CACHE,
        f"Cache the prompts of {group.label}",
        saving,
        f"Prompts of at least {SMALLEST_PREFIX:,} tokens hold {uncached_tokens(group):,} input tokens at the full"
        f" price; {show_share(read_share(group))} % of these prompts come from a cache now.",
        (
            achievable.reason,
            "The fixed part of a prompt (instructions, examples) stands first and is the same in every call.",
            "Where writing to the cache has a price, the careful end pays one write for each read.",
        ),
        NATURE,
        unchanged(group, "What is read from a cache comes sooner; how much is not in the data."),
    )


def estimate(found: Survey, group: Group, share: Range) -> Range | None:
    """The saving at both ends; None where a price is not known."""
    now = read_share(group)
    low = high = NOTHING
    for cell in group.cells:
        prices = found.table.price_at(group.pair, cell.spot)
        if prices is None or prices.input is None or prices.cached_read is None:
            return None
        cheaper = prices.input - prices.cached_read
        write = max((prices.cache_write_5m or NOTHING) - prices.input, NOTHING)
        low += more_read(cell, share.low - now) * max(cheaper - write, NOTHING)
        high += more_read(cell, share.high - now) * cheaper
    return Range(low, high)


def more_read(cell: Cell, more: Decimal) -> Decimal:
    """How many tokens more would be read from the cache, never more than are sent at the full price."""
    return min(cell.prompt * max(more, NOTHING), cell.prompt_input)
