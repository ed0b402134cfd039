"""Calls that fail and are paid for."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from agents.savings.groups import Group
from agents.savings.ranges import NOTHING, Range
from agents.savings.strategies import Kind, Nature, Strategy, make_strategy
from agents.savings.survey import Survey
from agents.savings.waste import Waste
from agents.usage.results import percent

AVOIDABLE: Final = Range(Decimal("0.5"), Decimal(1))
ASSUMPTION: Final = "Between half and all of the failing calls that are paid for can be avoided."
NATURE: Final = Nature(
    quality="Fewer failures: people wait less and see fewer errors.",
    effort="low",
    risk="low",
    confidence="medium",
    config_only=True,
    verify="Watch the share of failed calls and what they cost, by kind of error.",
    roll_back="Set the retry and time limits back.",
    days_to_do=(1, 3),
)


def find_failures(group: Group) -> Waste | None:
    """Failed calls and their tokens, also where they cost nothing; None where no call failed."""
    shape = group.shape
    if shape is None or not shape.failed:
        return None
    cost = sum((cell.failed_cost for cell in group.cells), NOTHING)
    tokens = sum((cell.failed_tokens for cell in group.cells), NOTHING)
    again = group.sent_again
    repeated = f" After {again:,} of the failures the same prompt was sent again within ten minutes." if again else ""
    return Waste(
        "failed_calls",
        group,
        AVOIDABLE.times(tokens),
        AVOIDABLE.times(cost),
        f"{shape.failed:,} of {shape.calls:,} calls failed ({percent(shape.failed, shape.calls)} %).{repeated}",
        "Wait longer before each retry, stop after two, and set a time limit below the one people give up at.",
        ASSUMPTION,
    )


def as_strategy(found: Survey, waste: Waste) -> Strategy:
    """The waste as a way to save."""
    return make_strategy(
        found,
        waste.group,
        Kind.RETRIES,
        f"Stop paying for failed calls of {waste.group.label}",
        waste.cost,
        f"{waste.why} {waste.fix}",
        (waste.assumption,),
        NATURE,
    )
