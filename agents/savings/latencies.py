"""How fast another model would be, from the user's own rows only."""

from __future__ import annotations

from typing import Final

from agents.savings.cells import Pair
from agents.savings.groups import Group, Shape
from agents.savings.strategies import Latency
from agents.savings.survey import Survey
from agents.savings.targets import reasoning_share

# A line through fewer calls says nothing.
FEWEST_CALLS: Final = 30


def latency_on(found: Survey, group: Group, pair: Pair) -> Latency:
    """The p95 on another model: of the same feature's own calls to it, else of all of them; else unknown."""
    before = group.shape.p95 if group.shape else None
    same = found.history.get((group.feature, *pair))
    if same and same.measured:
        return Latency(before, same.p95, f"Measured on {same.measured:,} own calls of {group.name} to {pair[1]}.")
    other = found.history.get(pair)
    if other is None or not other.measured:
        return Latency(before, None, f"{pair[1]} was never measured in this data.")
    fitted = fit(found, group, other, pair)
    if fitted is not None:
        note = f"Estimated from {other.measured:,} own calls to {pair[1]}, for answers as long as these."
        return Latency(before, fitted, note, estimated=True)
    note = f"Measured on {other.measured:,} own calls to {pair[1]}, on other work."
    return Latency(before, other.p95, note, estimated=True)


def fit(found: Survey, group: Group, other: Shape, pair: Pair) -> int | None:
    """The group's p95 moved by what the other model's line of time by tokens says of its mean answer."""
    shape = group.shape
    if shape is None or shape.p95_ms is None or not shape.mean_ms or other.measured < FEWEST_CALLS:
        return None
    if other.line_start_ms is None or other.line_token_ms is None or other.line_token_ms <= 0:
        return None
    answered = max(shape.calls - shape.failed, 1)
    names = ("output", "reasoning") if reasoning_share(found.history_groups, pair) else ("output",)
    mean = other.line_start_ms + other.line_token_ms * float(group.tokens(*names)) / answered
    return round(shape.p95_ms * mean / shape.mean_ms) if mean > 0 else None
