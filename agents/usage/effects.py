"""Splits the difference of two sums into volume, mix and rate, so that the three add up to it exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Pair:
    """Requests and cost of one group, before and after."""

    before_requests: int
    after_requests: int
    before_cost: Decimal
    after_cost: Decimal

    @property
    def change(self) -> Decimal:
        """How much more the group cost."""
        return self.after_cost - self.before_cost

    @property
    def before_rate(self) -> Decimal:
        """Cost of one request before; a group that is new has only the rate of after."""
        if self.before_requests:
            return self.before_cost / self.before_requests
        return self.after_cost / self.after_requests if self.after_requests else NOTHING


@dataclass(frozen=True, slots=True)
class Effects:
    """Volume: more or fewer requests. Mix: more of the dearer groups. Rate: a request of the same group costs more."""

    volume: Decimal
    mix: Decimal
    rate: Decimal


def split_change(groups: Sequence[Pair]) -> Effects:
    """The three parts of the change over these groups; without requests before, everything is volume."""
    before = sum((group.before_requests for group in groups), 0)
    after = sum((group.after_requests for group in groups), 0)
    cost_before = sum((group.before_cost for group in groups), NOTHING)
    cost_after = sum((group.after_cost for group in groups), NOTHING)
    if not before:
        return Effects(cost_after - cost_before, NOTHING, NOTHING)
    # What the requests of after would have cost: at the mean rate of before, and each at its group's rate of before.
    at_mean = cost_before * after / before
    at_rates = sum((group.before_rate * group.after_requests for group in groups), NOTHING)
    return Effects(volume=at_mean - cost_before, mix=at_rates - at_mean, rate=cost_after - at_rates)
