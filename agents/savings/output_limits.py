"""Output that is not needed: the long tail, long-windedness, and reasoning before short answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from agents.savings.groups import SHORT_OUTPUT, Group
from agents.savings.ranges import NOTHING, Range
from agents.savings.strategies import Kind, Nature, Strategy, make_strategy, unchanged
from agents.savings.survey import Survey
from agents.savings.waste import Waste

LONG_OUTPUT: Final = 400
SHORTER: Final = Range(Decimal("0.1"), Decimal("0.3"))
LESS_THOUGHT: Final = Range(Decimal("0.5"), Decimal(1))
TAIL_ASSUMPTION: Final = (
    "The careful end cuts what lies above four times the median answer, the hopeful end what lies above twice the"
    " median."
)
VERBOSE_ASSUMPTION: Final = "Asked to be brief, a model answers with 10 to 30 % fewer tokens."
REASONING_ASSUMPTION: Final = (
    f"Answers of up to {SHORT_OUTPUT} tokens need at most half of the reasoning they get now, perhaps none."
)
VERIFY: Final = "Compare 200 answers before and after: none may be cut off or lack a part that was there before."


def find_tail(found: Survey, group: Group) -> Waste | None:
    """Output beyond a multiple of the median; None where there is none."""
    shape = group.shape
    double = sum((tail.over_double for tail in group.tails), NOTHING)
    if not double or shape is None:
        return None
    fourfold = sum((tail.over_fourfold for tail in group.tails), NOTHING)
    cost = Range(
        sum((tail.over_fourfold * found.token_price(group, tail.spot, "output") for tail in group.tails), NOTHING),
        sum((tail.over_double * found.token_price(group, tail.spot, "output") for tail in group.tails), NOTHING),
    )
    why = (
        f"The median answer has {shape.output_p50 or 0:,.0f} output tokens, one in a hundred has more than"
        f" {shape.output_p99 or 0:,.0f}."
    )
    return Waste(
        "output_tail", group, Range(fourfold, double), cost, why, "Set a limit on output tokens.", TAIL_ASSUMPTION
    )


def find_verbosity(found: Survey, group: Group) -> Waste | None:
    """Answers that are long as a rule; None where they are not."""
    if group.shape is None or group.typical_output < LONG_OUTPUT:
        return None
    return Waste(
        "verbosity",
        group,
        SHORTER.times(group.tokens("output")),
        SHORTER.times(found.cost_of_class(group, "output")),
        f"The median answer has {group.typical_output:,.0f} output tokens.",
        "Ask for brief answers, give an example of one, and name what to leave out.",
        VERBOSE_ASSUMPTION,
    )


def find_idle_reasoning(found: Survey, group: Group) -> Waste | None:
    """Reasoning before short answers; None where there is none."""
    tokens = sum((cell.short_reasoning for cell in group.cells), NOTHING)
    if not tokens:
        return None
    prices = ((cell.short_reasoning, found.token_price(group, cell.spot, "reasoning")) for cell in group.cells)
    spent = sum((count * price for count, price in prices), NOTHING)
    return Waste(
        "reasoning",
        group,
        LESS_THOUGHT.times(tokens),
        LESS_THOUGHT.times(spent),
        f"{tokens:,.0f} reasoning tokens stand before answers of at most {SHORT_OUTPUT} tokens.",
        "Set the reasoning effort to its lowest for this feature.",
        REASONING_ASSUMPTION,
    )


TITLES: Final = {
    "output_tail": "Limit the answers of {}",
    "verbosity": "Ask for shorter answers in {}",
    "reasoning": "Reason less in {}",
}
RISKS: Final = {"output_tail": "medium", "verbosity": "low", "reasoning": "medium"}
QUALITY: Final = {
    "output_tail": "An answer that needs the length is cut off; set the limit above the longest useful one.",
    "verbosity": "Readers often prefer it; a part that was asked for may go missing.",
    "reasoning": "Short answers seldom need it; a test has to show that they stay right.",
}


def as_strategy(found: Survey, waste: Waste) -> Strategy:
    """The waste as a way to save."""
    nature = Nature(
        quality=QUALITY[waste.kind],
        effort="low",
        risk=RISKS[waste.kind],
        confidence="low" if waste.kind == "verbosity" else "medium",
        config_only=True,
        verify=VERIFY,
        roll_back="Take the limit or the sentence out of the request again.",
        days_to_do=(1, 2),
    )
    group = waste.group
    return make_strategy(
        found,
        group,
        Kind.OUTPUT_LIMIT,
        TITLES[waste.kind].format(group.label),
        waste.cost,
        f"{waste.why} {waste.fix}",
        (waste.assumption,),
        nature,
        unchanged(group, "Shorter answers come sooner; the p95 shown is that of now."),
        aspect=waste.kind,
    )
