"""The rows of one feature on one model: what they used and cost, how long they took, how they were asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from agents.savings.cells import Pair, Spot
from agents.savings.ranges import NOTHING
from agents.usage.results import NO_NAME

Key = tuple[str, str, str]
# Providers cache a prompt from this size on.
SMALLEST_PREFIX: Final = 1024
SHORT_OUTPUT: Final = 60


@dataclass(frozen=True, slots=True)
class Cell:
    """Sums of rows that have one price on every model of interest."""

    spot: Spot
    requests: int
    cost: Decimal
    recent_cost: Decimal
    recent_requests: int
    tokens: Mapping[str, Decimal]
    # Parts of the tokens: output of calls that did not reason, prompts long enough to be cached (whole, as sent, as
    # read), reasoning before a short answer.
    plain_output: Decimal = NOTHING
    prompt: Decimal = NOTHING
    prompt_input: Decimal = NOTHING
    prompt_read: Decimal = NOTHING
    short_reasoning: Decimal = NOTHING
    failed_cost: Decimal = NOTHING
    failed_tokens: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Shape:
    """What single calls look like; figures of latency and output leave failed calls out."""

    calls: int
    failed: int
    first_day: date
    last_day: date
    measured: int
    streamed: int
    night: int
    hours: Mapping[int, int]
    output_p50: float | None
    output_p99: float | None
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    points: tuple[float, ...]
    # Milliseconds by tokens of the answer, as a line through all calls.
    line_start_ms: float | None
    line_token_ms: float | None
    largest_prompt: int

    @property
    def p95(self) -> int | None:
        """The p95 in whole milliseconds."""
        return None if self.p95_ms is None else round(self.p95_ms)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Calls whose prompt was sent before to the same feature and model: within a day, and at all."""

    day_requests: int
    day_cost: Decimal
    requests: int
    cost: Decimal
    hashed: int


@dataclass(frozen=True, slots=True)
class Tail:
    """Output beyond twice and four times the median, in one price cell."""

    spot: Spot
    over_double: Decimal
    over_fourfold: Decimal


@dataclass(slots=True)
class Group:
    """One feature on one model."""

    feature: str
    provider: str
    model: str
    cells: list[Cell] = field(default_factory=list)
    unpriced: int = 0
    estimated: int = 0
    shape: Shape | None = None
    repeats: Repeats | None = None
    # Prompts that were sent again soon after they failed; None where prompts cannot be told apart, or nobody asked.
    sent_again: int | None = None
    tails: list[Tail] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self.feature, self.provider, self.model

    @property
    def pair(self) -> Pair:
        """Its provider and model."""
        return self.provider, self.model

    @property
    def requests(self) -> int:
        """Its priced requests."""
        return sum(cell.requests for cell in self.cells)

    @property
    def cost(self) -> Decimal:
        """What they cost."""
        return sum((cell.cost for cell in self.cells), NOTHING)

    @property
    def recent_cost(self) -> Decimal:
        """What those of the last days cost."""
        return sum((cell.recent_cost for cell in self.cells), NOTHING)

    def tokens(self, *names: str) -> Decimal:
        """The tokens of these classes."""
        return sum((cell.tokens[name] for cell in self.cells for name in names), NOTHING)

    @property
    def typical_output(self) -> Decimal:
        """The median output of a call; of totals, the mean."""
        if self.shape and self.shape.output_p50 is not None:
            return Decimal(repr(self.shape.output_p50))
        return self.tokens("output") / self.requests if self.requests else NOTHING

    @property
    def is_easy(self) -> bool:
        """Whether short answers without much reasoning say that a smaller model may do."""
        if not self.requests or not self.tokens("output"):
            return False
        return self.typical_output <= SHORT_OUTPUT and self.tokens("reasoning") <= SHORT_OUTPUT * self.requests

    @property
    def name(self) -> str:
        """How a sentence calls it."""
        return self.model if self.feature == NO_NAME else self.feature

    @property
    def label(self) -> str:
        """How a sentence calls it where the model matters."""
        return self.model if self.feature == NO_NAME else f"{self.feature} ({self.model})"
