"""Work nobody waits for, sent in batches at half the price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agents.savings.groups import Group, Shape
from agents.savings.ranges import NOTHING, Range
from agents.savings.strategies import Kind, Latency, Nature, Strategy, make_strategy
from agents.savings.survey import Survey
from agents.usage.results import percent

DISCOUNT: Final = Decimal("0.5")
# Some calls of a job cannot wait for the others.
CAREFUL_SHARE: Final = Decimal("0.8")
PROVIDERS: Final = frozenset(
    ("openai", "anthropic", "google", "azure", "gemini", "google-gla", "google-vertex", "vertex_ai")
)
NIGHT_SHARE: Final = Decimal("0.6")
BURST_HOURS: Final = 3
BURST_SHARE: Final = Decimal("0.8")
# A quarter of the day is night: work that runs around the clock has about that share in it.
EVEN_SHARE: Final = Decimal("0.2")
BATCH_MS: Final = 24 * 60 * 60 * 1000
ASSUMPTIONS: Final = (
    "Batches of OpenAI, Anthropic and Google cost 50 % of the list price, cached tokens included, and come within 24"
    " hours.",
    "The careful end batches four fifths of the calls that nobody waits for.",
)
NATURE: Final = Nature(
    quality="The same model answers, so the answers do not change; they come later.",
    effort="medium",
    risk="low",
    confidence="medium",
    config_only=False,
    verify="Compare the cost per request on the bill before and after, and that every batch ends before it is needed.",
    roll_back="Send the calls one by one again.",
    days_to_do=(2, 6),
)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a group's calls come, and what that says."""

    night: Decimal
    burst: Decimal
    streamed: Decimal
    waits: bool
    share: Range
    reason: str


def read_rhythm(group: Group) -> Rhythm | None:
    """Whether somebody waits for the group's answers; None without single calls."""
    shape = group.shape
    if shape is None:
        return None
    night, streamed = Decimal(shape.night) / shape.calls, Decimal(shape.streamed) / shape.calls
    burst = Decimal(busiest(shape)) / shape.calls
    waits, share, reason = judge(night, burst, streamed)
    return Rhythm(night, burst, streamed, waits, share, reason)


def busiest(shape: Shape) -> int:
    """The calls in the three hours of the day, one after the other, with the most of them."""
    return max(sum(shape.hours.get((start + step) % 24, 0) for step in range(BURST_HOURS)) for start in range(24))


def judge(night: Decimal, burst: Decimal, streamed: Decimal) -> tuple[bool, Range, str]:
    """Whether somebody waits, which share of the calls can be batched, and why."""
    night_percent = percent(round(night * 1000), 1000)
    if night >= NIGHT_SHARE:
        return False, Range(night * CAREFUL_SHARE, Decimal(1)), f"{night_percent} % of its calls run at night (0-6 UTC)"
    if not streamed and burst >= BURST_SHARE:
        burst_percent = percent(round(burst * 1000), 1000)
        return (
            False,
            Range(burst * CAREFUL_SHARE, Decimal(1)),
            f"{burst_percent} % of its calls come within three hours",
        )
    if not streamed and night >= EVEN_SHARE:
        return False, Range(NOTHING, Decimal(1)), "it runs evenly around the clock and no first token is measured"
    streams = "first tokens are measured" if streamed else "no first token is measured"
    return True, Range(NOTHING, night), f"it keeps office hours ({night_percent} % at night) and {streams}"


def find_batch(found: Survey, group: Group) -> Strategy | None:
    """What batches would save, where nobody seems to wait; None otherwise."""
    rhythm = read_rhythm(group)
    if rhythm is None or rhythm.waits or not offers_batches(group):
        return None
    return make_strategy(
        found,
        group,
        Kind.BATCH,
        f"Send {group.label} in batches",
        estimate(group, rhythm),
        f"Nobody seems to wait for {group.name}: {rhythm.reason}.",
        ASSUMPTIONS,
        NATURE,
        Latency(group.shape.p95 if group.shape else None, BATCH_MS, "A batch may take up to 24 hours."),
    )


def estimate(group: Group, rhythm: Rhythm) -> Range:
    """Half of what the calls cost that can wait."""
    return rhythm.share.times(group.cost * DISCOUNT)


def offers_batches(group: Group) -> bool:
    """Whether the provider is known to have a price for batches."""
    return group.provider.casefold() in PROVIDERS
