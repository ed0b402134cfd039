"""Tells people's roles from the teams they are named after: a finance director is not the finance team."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from agents.providers.builtin.names import Mention

BEFORE: Final = re.compile(
    r"\b(?:(?:head|directors?|chief|lead|leader|manager|boss|[se]?vp|(?:vice )?president|partner|officer)s?\s"
    r"(?:of|for|in)\s(?:the\s|our\s)?|[se]?vp,?\s|chief\s|head\s|vice president\s)$"
)
BEHIND: Final = re.compile(
    r"^\s(?:managing\s|executive\s|senior\s)?(?:directors?|chiefs?|leads?|leaders?|heads?|officers?|managers?|boss(?:es)?"
    r"|[se]?vps?|(?:vice )?presidents?|executives?|controllers?|partners?)\b"
)
TEAM: Final = re.compile(r"^(?:'s?)?\s(?:[a-z]+\s)?(?:teams?|departments?|groups?)\b")


def drop_roles(text: str, mentions: Iterable[Mention]) -> Iterator[Mention]:
    """The mentions without the teams that are only part of somebody's role."""
    for mention in mentions:
        if mention.kind != "teams" or not is_role(text, mention):
            yield mention


def is_role(text: str, mention: Mention) -> bool:
    """Whether the name stands in a role, and no word says that the team is meant."""
    before, behind = text[max(mention.start - 40, 0) : mention.start], text[mention.end : mention.end + 40]
    if BEHIND.match(behind):
        return True
    return BEFORE.search(before) is not None and TEAM.match(behind) is None
