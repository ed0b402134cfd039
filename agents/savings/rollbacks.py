"""Back to the model a feature ran on before, where that was cheaper."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from agents.savings.groups import Group
from agents.savings.latencies import latency_on
from agents.savings.ranges import Range
from agents.savings.strategies import Kind, Nature, Strategy, make_strategy
from agents.savings.survey import Survey
from agents.savings.targets import reprice
from agents.usage.results import NO_NAME, money, show_cost

FEWEST_REQUESTS: Final = 10
# Traffic moves over in days, not at midnight.
OVERLAP: Final = timedelta(days=7)
LARGEST_SHARE: Final = Decimal("0.9")
ASSUMPTIONS: Final = (
    "One end is what a request of this feature cost on the earlier model, the other the same tokens at its prices on"
    " the last day of the data.",
)


def find_rollback(found: Survey, group: Group) -> Strategy | None:
    """The way back to the newest cheaper model the feature ran on before; None where there was none."""
    began = found.history[group.key].first_day if group.key in found.history else None
    earlier = [item for item in found.history_groups if began and is_earlier(item, group, began)]
    ranges = [(item, price_back(found, group, item)) for item in earlier]
    cheaper = [(item, after) for item, after in ranges if after and after.high <= LARGEST_SHARE * group.cost]
    if not cheaper:
        return None
    item, after = max(cheaper, key=lambda pair: (last_day_of(pair[0]), pair[0].key))
    return make_rollback(found, group, item, after)


def is_earlier(item: Group, group: Group, began: date) -> bool:
    """Whether the feature left this model for the group's."""
    if group.feature in {NO_NAME, ""} or item.feature != group.feature or item.pair == group.pair:
        return False
    if item.shape is None or group.shape is None or item.requests < FEWEST_REQUESTS:
        return False
    return item.shape.first_day < began and item.shape.last_day < min(began + OVERLAP, group.shape.last_day)


def last_day_of(item: Group) -> str:
    """When the model was last used."""
    return item.shape.last_day.isoformat() if item.shape else ""


def price_back(found: Survey, group: Group, item: Group) -> Range | None:
    """What the group's requests would cost: as measured, and re-priced."""
    repriced = reprice(found, group, item.pair)
    if repriced is None:
        return None
    measured = item.cost / item.requests * group.requests
    return Range(*sorted((measured, repriced.same_tokens)))


def make_rollback(found: Survey, group: Group, item: Group, after: Range) -> Strategy:
    """The strategy, with the evidence of both times."""
    before, now = cost_each(item), cost_each(group)
    return make_strategy(
        found,
        group,
        Kind.ROLLBACK,
        f"Take {group.feature} back from {group.model} to {item.model}",
        Range(group.cost - after.high, group.cost - after.low),
        f"{group.feature} ran on {item.model} until {last_day_of(item)}: {item.requests:,} requests at {before} each."
        f" Since then {group.requests:,} requests on {group.model} cost {now} each.",
        ASSUMPTIONS,
        describe_nature(group, item),
        latency_on(found, group, item.pair),
        to_model=item.model,
        aspect="" if item.provider == group.provider else item.provider,
    )


def cost_each(group: Group) -> str:
    """The mean cost of a request for people."""
    return show_cost(money(group.cost / group.requests))


def describe_nature(group: Group, item: Group) -> Nature:
    """Both models are known on this very work."""
    return Nature(
        quality=f"The feature ran on {item.model} before; ask why it was changed, and compare answers of both times.",
        effort="low",
        risk="medium",
        confidence="high",
        config_only=True,
        verify=(
            f"Send 10 % of {group.feature} to {item.model} for three days; compare ratings or accepted answers with"
            f" {group.model}, then all of it."
        ),
        roll_back=f"Set the model to {group.model} again; the switch is one setting.",
        days_to_do=(1, 3),
    )
