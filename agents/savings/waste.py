"""Tokens that buy nothing: how many, what they cost, why they are thought to be waste and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from agents.savings.groups import Group
from agents.savings.ranges import Range
from agents.usage.results import money


@dataclass(frozen=True, slots=True)
class Waste:
    """One kind of waste in one group."""

    kind: str
    group: Group
    tokens: Range
    cost: Range
    why: str
    fix: str
    assumption: str

    def as_facts(self) -> dict[str, Any]:
        """JSON-ready data, money as strings."""
        return {
            "kind": self.kind,
            "feature": self.group.feature,
            "model": self.group.model,
            "provider": self.group.provider,
            "requests": self.group.requests,
            "group_cost": money(self.group.cost),
            "tokens": {"low": whole(self.tokens.low), "high": whole(self.tokens.high)},
            "cost": self.cost.as_money(),
            "why": self.why,
            "fix": self.fix,
            "assumption": self.assumption,
        }


def whole(tokens: Decimal) -> int:
    """Tokens without a fraction."""
    return int(tokens.quantize(Decimal(1), ROUND_HALF_UP))
