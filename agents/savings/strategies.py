"""What every way to save says of itself: how much, how sure, how hard, how risky, how to check it and to undo it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from agents.savings.groups import Group, Key
from agents.savings.ranges import Range
from agents.savings.survey import Survey
from agents.usage.results import money


class Kind(StrEnum):
    """The kinds of saving."""

    MODEL_SWAP = "model_swap"
    PROMPT_CACHE = "prompt_cache"
    RESPONSE_CACHE = "response_cache"
    BATCH = "batch"
    OUTPUT_LIMIT = "output_limit"
    PROMPT_TRIM = "prompt_trim"
    RETRIES = "retries"
    ROLLBACK = "rollback"


# Two of these on the same rows exclude each other: a call goes to one model.
MODEL_KINDS: Final = frozenset((Kind.MODEL_SWAP, Kind.ROLLBACK))
EFFORT_ORDER: Final = ("low", "medium", "high")
# What saves less is not worth a place in a plan.
SMALLEST_SHARE: Final = Decimal("0.001")
CONFIDENCE_WEIGHTS: Final = {"high": Decimal("1.0"), "medium": Decimal("0.7"), "low": Decimal("0.4")}


@dataclass(frozen=True, slots=True)
class Latency:
    """The p95 before and after, in whole milliseconds; None: not measured."""

    before_ms: int | None = None
    after_ms: int | None = None
    note: str = ""
    # Not measured on this very work.
    estimated: bool = False

    def as_facts(self) -> dict[str, Any]:
        """The shape of it in facts."""
        return {"p95_before_ms": self.before_ms, "p95_after_ms": self.after_ms, "note": self.note}


@dataclass(frozen=True, slots=True)
class Nature:
    """What is true of a saving whatever it saves."""

    quality: str
    effort: str
    risk: str
    confidence: str
    config_only: bool
    verify: str
    roll_back: str
    days_to_do: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to save on the rows of one group."""

    id: str
    kind: Kind
    title: str
    group: Group
    saving: Range
    month: Range
    whole: Decimal
    latency: Latency
    why: str
    assumptions: tuple[str, ...]
    nature: Nature
    to_model: str | None = None

    @property
    def key(self) -> Key:
        """The rows it is about."""
        return self.group.key

    @property
    def score(self) -> Decimal:
        """What it is ranked by."""
        return self.saving.middle * CONFIDENCE_WEIGHTS[self.nature.confidence]

    @property
    def matters(self) -> bool:
        """Whether its rows are still being made, and it may change a thousandth of the whole cost."""
        size = max(abs(self.saving.low), abs(self.saving.high))
        return bool(self.group.recent_cost) and size >= self.whole * SMALLEST_SHARE

    def name_rows(self) -> dict[str, Any]:
        """What it is called and what it is about: enough to stand beside the evidence."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "title": self.title,
            "feature": self.group.feature,
            "model": self.group.model,
            "provider": self.group.provider,
            "to_model": self.to_model,
            "requests": self.group.requests,
            "cost": money(self.group.cost),
            "saving": self.saving.as_money() | self.saving.as_percent(self.whole),
            "saving_30_days": self.month.as_money(),
        }

    def as_facts(self) -> dict[str, Any]:
        """JSON-ready data, money as strings."""
        nature = self.nature
        return self.name_rows() | {
            "latency": self.latency.as_facts(),
            "quality": nature.quality,
            "effort": nature.effort,
            "risk": nature.risk,
            "confidence": nature.confidence,
            "config_only": nature.config_only,
            "why": self.why,
            "assumptions": list(self.assumptions),
            "verify": nature.verify,
            "roll_back": nature.roll_back,
            "days_to_do": {"low": nature.days_to_do[0], "high": nature.days_to_do[1]},
        }


def make_strategy(  # noqa: PLR0917
    found: Survey,
    group: Group,
    kind: Kind,
    title: str,
    saving: Range,
    why: str,
    assumptions: tuple[str, ...],
    nature: Nature,
    latency: Latency | None = None,
    *,
    to_model: str | None = None,
    aspect: str = "",
) -> Strategy:
    """A strategy of the group; `aspect` tells two of one kind apart."""
    parts = [kind.value, *group.key, to_model or "", aspect]
    return Strategy(
        id=":".join(part for part in parts if part),
        kind=kind,
        title=title,
        group=group,
        saving=saving,
        month=found.month_of(group, saving),
        whole=found.cost,
        latency=latency or unchanged(group),
        why=why,
        assumptions=assumptions,
        nature=nature,
        to_model=to_model,
    )


def unchanged(group: Group, note: str = "The calls that are still made take as long as before.") -> Latency:
    """The latency of a saving that makes no call slower."""
    p95 = group.shape.p95 if group.shape else None
    return Latency(p95, p95, note if p95 is not None else "No latency is measured in these rows.")


def rank(strategies: list[Strategy]) -> list[Strategy]:
    """The best first: the middle of the saving times the confidence, then the least effort."""
    return sorted(strategies, key=lambda item: (-item.score, EFFORT_ORDER.index(item.nature.effort), item.id))
