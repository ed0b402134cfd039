"""Long prompts for tiny answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from agents.savings.groups import SHORT_OUTPUT, Group
from agents.savings.ranges import Range
from agents.savings.strategies import Kind, Nature, Strategy, make_strategy, unchanged
from agents.savings.survey import Survey
from agents.savings.waste import Waste

LARGEST_RATIO: Final = 50
SHORTER: Final = Range(Decimal("0.1"), Decimal("0.3"))
ASSUMPTION: Final = "10 to 30 % of a long prompt for a tiny answer can go: old examples, fields nobody reads."
NATURE: Final = Nature(
    quality="What the model needs must stay; a test with and without each part has to show which that is.",
    effort="medium",
    risk="medium",
    confidence="low",
    config_only=False,
    verify="Run 200 recent calls with the short and the long prompt and count different answers.",
    roll_back="Use the old prompt again; keep it under version control.",
    days_to_do=(2, 5),
)


def find_repeated_context(found: Survey, group: Group) -> Waste | None:
    """Input at the full price where it is more than fifty times the output; None elsewhere."""
    sent, output = group.tokens("input"), group.tokens("output", "reasoning")
    if group.typical_output > SHORT_OUTPUT or not output or sent <= LARGEST_RATIO * output:
        return None
    return Waste(
        "repeated_context",
        group,
        SHORTER.times(sent),
        SHORTER.times(found.cost_of_class(group, "input")),
        f"{sent:,.0f} input tokens are sent at the full price for {output:,.0f} tokens of answers,"
        f" {sent / output:,.0f} for each.",
        "Send only what the answer needs, and put the fixed part first so that it can be cached.",
        ASSUMPTION,
    )


def as_strategy(found: Survey, waste: Waste) -> Strategy:
    """The waste as a way to save."""
    return make_strategy(
        found,
        waste.group,
        Kind.PROMPT_TRIM,
        f"Shorten the prompts of {waste.group.label}",
        waste.cost,
        waste.why,
        (waste.assumption,),
        NATURE,
        unchanged(waste.group, "A shorter prompt is read sooner; the p95 shown is that of now."),
    )
