"""Which other models a group's calls could go to, and what they would cost there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agents.prices.library import context_window_of
from agents.savings.cells import PROMPT_CLASSES, Pair, Spot, price_tokens
from agents.savings.families import relatives
from agents.savings.groups import Cell, Group
from agents.savings.names import read_name
from agents.savings.ranges import NOTHING, Range
from agents.savings.survey import Survey

ONE: Final = Decimal(1)
OUTPUT: Final = Range(Decimal("0.85"), Decimal("1.25"))
OTHER_INPUT: Final = Range(Decimal("0.9"), Decimal("1.2"))
SAME_INPUT: Final = Range(ONE, ONE)
# At least 30 % cheaper for these very rows, or it is not worth the test.
LARGEST_SHARE: Final = Decimal("0.7")
SWAP_ASSUMPTIONS: Final = (
    "A model of the same provider counts the same input tokens, one of another provider 0.9 to 1.2 times as many.",
    "The other model's answers are 0.85 to 1.25 times as long; the same share of a prompt is read from its cache.",
    "The other model is priced at its list price on the last day of the data; the size of each call decides its tier.",
    "The hopeful end has no reasoning tokens on a model that is not seen reasoning in this data, the careful end has"
    " all of them; a model that is seen reasoning does it for every call.",
)


@dataclass(frozen=True, slots=True)
class Repriced:
    """A group's rows on another model: at the same tokens, and as a range."""

    pair: Pair
    same_tokens: Decimal
    after: Range

    def saving_of(self, group: Group) -> Range:
        """What the group costs less there; negative where it costs more."""
        return Range(group.cost - self.after.high, group.cost - self.after.low)


def find_options(found: Survey, group: Group) -> list[Repriced]:
    """The models that would be clearly cheaper for these rows and suit the work, the first choice first."""
    pool = {*relatives(*group.pair), *found.used()} - {group.pair}
    suited = (pair for pair in sorted(pool) if suits(group, pair) and fits(group, pair))
    priced = (reprice(found, group, pair) for pair in suited)
    cheaper = [item for item in priced if item and item.same_tokens <= LARGEST_SHARE * group.cost]
    return sorted(cheaper, key=lambda item: preference(found, group, item))


def suits(group: Group, pair: Pair) -> bool:
    """Whether the name says: newer of the same size, or smaller; by one size only unless the work is easy."""
    other, name = read_name(pair[1]), read_name(group.model)
    if is_newer(group, pair):
        return True
    return other.plain and other.size < name.size and (group.is_easy or other.size == name.size - 1)


def is_newer(group: Group, pair: Pair) -> bool:
    """Whether it is a later version of the same size in the same family."""
    other, name = read_name(pair[1]), read_name(group.model)
    same = other.plain and (other.family, other.size) == (name.family, name.size)
    return same and other.version > name.version


def fits(group: Group, pair: Pair) -> bool:
    """Whether the longest prompt goes into the model, as far as both are known."""
    window = context_window_of(*pair)
    return window is None or group.shape is None or group.shape.largest_prompt <= window


def preference(found: Survey, group: Group, item: Repriced) -> tuple[bool, bool, bool, bool, Decimal, Pair]:
    """Same provider, known from this data, same version; for demanding work a newer model before a smaller one."""
    provider, model = item.pair
    return (
        not group.is_easy and not is_newer(group, item.pair),
        provider != group.provider,
        item.pair not in found.used(),
        read_name(model).version != read_name(group.model).version,
        item.same_tokens,
        item.pair,
    )


def reprice(found: Survey, group: Group, pair: Pair) -> Repriced | None:
    """The group on another model; None where a price it takes is not known."""
    sent = SAME_INPUT if pair[0] == group.provider else OTHER_INPUT
    share = reasoning_share(found.history_groups, pair)
    plain = Factors(ONE, ONE, ONE, NOTHING)
    low = Factors(sent.low, OUTPUT.low, ONE if share else NOTHING, NOTHING)
    high = Factors(sent.high, OUTPUT.high, ONE, (share or NOTHING) * OUTPUT.high)
    costs = [price_group(found, group, pair, factors) for factors in (plain, low, high)]
    if not group.cells or any(cost is None for cost in costs):
        return None
    same, cheap, dear = (cost or NOTHING for cost in costs)
    return Repriced(pair, same, Range(cheap, dear))


@dataclass(frozen=True, slots=True)
class Factors:
    """How the tokens change: what is sent, what is answered, what is reasoned, and reasoning where there was none."""

    sent: Decimal
    output: Decimal
    reasoning: Decimal
    new_reasoning: Decimal


def price_group(found: Survey, group: Group, pair: Pair, factors: Factors) -> Decimal | None:
    """The cost of all rows on the model."""
    total = NOTHING
    for cell in group.cells:
        spot = Spot(found.data.last_day, cell.spot.microseconds, cell.spot.size)
        cost = price_tokens(change_tokens(cell, factors), cell.requests, found.table.price_at(pair, spot))
        if cost is None:
            return None
        total += cost
    return total


def change_tokens(cell: Cell, factors: Factors) -> dict[str, Decimal]:
    """The tokens the other model would count."""
    changed = {name: cell.tokens[name] * factors.sent for name in PROMPT_CLASSES}
    changed["output"] = cell.tokens["output"] * factors.output
    changed["reasoning"] = cell.tokens["reasoning"] * factors.reasoning + cell.plain_output * factors.new_reasoning
    return changed


def reasoning_share(groups: Iterable[Group], pair: Pair) -> Decimal | None:
    """Reasoning tokens for each token of output of a model in the data; None where it does not occur."""
    own = [group for group in groups if group.pair == pair]
    output = sum((group.tokens("output") for group in own), NOTHING)
    return sum((group.tokens("reasoning") for group in own), NOTHING) / output if output else None
