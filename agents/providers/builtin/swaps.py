"""Which model a question moves away from, and to which one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from agents.providers.builtin.names import VAGUE_PARTS, Mention
from agents.providers.builtin.words import simplify, split_words

FROM_BEFORE: Final = re.compile(
    r"(?:\b(?:from|off|of|overus\w+|replac\w+|leav\w+|away from|than|instead of|drop(?:ping|ped)?|ditch(?:ing"
    r"|ed)?|currently (?:on|use|using)|(?:calls|runs|running|prompts|requests|traffic|everything"
    r"|is|are|that's) (?:on|at)"
    r"|swap(?:ping|ped)?|trad(?:e|ed|ing)|retir\w+|(?:today|now) (?:on|with)|abandon\w*|move"
    r"|moved|moving|downgrad\w+|upgrad(?:e|ed|ing)|switch(?:ed|ing)?|phase out|keep|really need"
    r"|need)|\b(?:all|every|which|of) (?:our\s)?)\s(?:the\s|our\s|all\s|such\sa\s|big\s|expensive\s"
    r"|old\s)*$"
)
TO_BEFORE: Final = re.compile(
    r"\b(?:to|with|by|onto|into|on|use|using|used|try|trying|adopt\w*|introduc\w+|new|newer"
    r"|going|choos\w+|for|via|over to|went|than|take|took|is|was|would|could|can|will|does|about)\s(?:the\s"
    r"|a\s|new\s|newer\s|cheaper\s|smaller\s|out\s|our\s|newest\s|latest\s)*$"
)
ON_FROM: Final = re.compile(
    r"\b(?:calls|runs|running|prompts|requests|traffic|everything|is|are|features?|work|workloads?"
    r"|currently|tickets?)\s(?:on|at)\s(?:the\s|our\s)?$"
)
IN_STEAD: Final = re.compile(r"^\s*(?:instead of|rather than|over)\b")
TO_BEHIND: Final = re.compile(r"^\s*(?:to|->|\u2192|=>|with|by|against|vs|versus|for|into)\s")
TOO_MUCH: Final = re.compile(
    r"^\s*(?:an?\s)?(?:overkill|too\s(?:big|large|much|expensive|dear|good|strong)|oversized)\b"
)
GOOD_FOR: Final = re.compile(
    r"^\s*(?:be\s)?(?:good enough|enough|suffice|do|handle|worth|also|as good|able|capable|any good"
    r"|instead|better|pay|justif)"
)
MOVED_TO: Final = re.compile(
    r"\b(?:upgrade|downgrade|switch|move|change|migrate|go)d?\s?(?:back\s)?to\s(?:the\s)?(?:new\s)?$"
)
SIZE: Final = re.compile(
    rf"\b(?:to|on|with|use|try)\s(?:the\s|a\s)?({'|'.join(sorted(VAGUE_PARTS))})\b(?!\s*(?:model|one))"
)
TO_SIZE: Final = re.compile(rf"^\s*(?:to|->|=>|\u2192)\s(?:the\s|a\s)?(?:{'|'.join(sorted(VAGUE_PARTS))})\b")


@dataclass(frozen=True, slots=True)
class Swap:
    """The models of a change, as far as they are named."""

    from_model: str | None = None
    to_model: str | None = None


def find_swap(text: str, mentions: Sequence[Mention], known: dict[str, Any]) -> Swap:
    """Which model is left for which one in a simplified text."""
    named = [mention for mention in mentions if mention.kind == "models"]
    swap = Swap()
    for index, mention in enumerate(named):
        role = choose_role(text, mention, named[index + 1 :], swap)
        if role == "to" and swap.to_model is None:
            swap = replace(swap, to_model=choose_model(mention.values))
        elif role == "from" and swap.from_model is None:
            swap = replace(swap, from_model=choose_model(mention.values))
    if swap.to_model is None and (match := SIZE.search(text)):
        swap = replace(swap, to_model=find_sibling(swap.from_model, match[1], known.get("models", ())))
    return swap if swap.from_model != swap.to_model else Swap(to_model=swap.to_model)


def choose_role(text: str, mention: Mention, others: Sequence[Mention], swap: Swap) -> str:
    """`from` or `to`, by the words around the name; empty where nothing says it."""
    before, behind = text[max(mention.start - 60, 0) : mention.start], text[mention.end : mention.end + 40]
    if IN_STEAD.match(behind) or (GOOD_FOR.match(behind) and not FROM_BEFORE.search(before)):
        return "to"
    if TOO_MUCH.match(behind):
        return "from"
    leads = bool(others) and TO_BEHIND.match(behind) is not None and not re.search(r"\bto\s(?:the\s)?$", before)
    if leads or TO_SIZE.match(behind) or ON_FROM.search(before):
        return "from"
    if (swap.from_model and TO_BEFORE.search(before)) or MOVED_TO.search(before):
        return "to"
    if FROM_BEFORE.search(before):
        return "from"
    return "to" if TO_BEFORE.search(before) or not others else ""


def choose_model(values: Sequence[str]) -> str:
    """The model a name means: of several the plainest, of equally plain ones the newest."""
    ordered = sorted(values, reverse=True)
    return min(ordered, key=lambda name: len(split_words(simplify(name))))


def find_sibling(from_model: str | None, size: str, models: Sequence[str]) -> str | None:
    """`mini` next to the model that is left; alone only where one model has such a name."""
    sized = [name for name in models if size in split_words(simplify(name))]
    if from_model:
        own = set(split_words(simplify(from_model)))
        siblings = [name for name in sized if own <= set(split_words(simplify(name))) and name != from_model]
        if siblings:
            return min(siblings, key=len)
    return sized[0] if len(sized) == 1 else None
