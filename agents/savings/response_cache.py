"""Answers kept for prompts that come again."""

from __future__ import annotations

from typing import Final

from agents.savings.groups import Group
from agents.savings.ranges import Range
from agents.savings.strategies import Kind, Nature, Strategy, make_strategy, unchanged
from agents.savings.survey import Survey
from agents.usage.results import percent

SMALLEST_SHARE: Final = 0.05
ASSUMPTIONS: Final = (
    "A prompt counts as the same when its hash is the same, for the same feature and model.",
    "The careful end keeps an answer until the prompt has not come for 24 hours, the hopeful end for the whole period.",
)
NATURE: Final = Nature(
    quality="The same question gets the same answer; what depends on the time or the person must not be kept.",
    effort="medium",
    risk="low",
    confidence="high",
    config_only=False,
    verify="Log every hit, compare the hit rate with the share of repeats shown here, and answer 1 % of hits anew.",
    roll_back="Switch the cache off; every prompt goes to the model again.",
    days_to_do=(2, 5),
)


def find_response_cache(found: Survey, group: Group) -> Strategy | None:
    """The cost of repeats, where enough calls are repeats; None otherwise."""
    repeats = group.repeats
    if repeats is None or repeats.requests < SMALLEST_SHARE * repeats.hashed or not repeats.cost:
        return None
    return make_strategy(
        found,
        group,
        Kind.RESPONSE_CACHE,
        f"Keep the answers of {group.label}",
        Range(repeats.day_cost, repeats.cost),
        f"{repeats.requests:,} of {repeats.hashed:,} calls ({percent(repeats.requests, repeats.hashed)} %) repeat an"
        f" earlier prompt word for word, {repeats.day_requests:,} of them within 24 hours.",
        ASSUMPTIONS,
        NATURE,
        unchanged(group, "Repeats are answered at once; the other calls take as long as before."),
    )
