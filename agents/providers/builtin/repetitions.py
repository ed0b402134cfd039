"""Tells how often something happens from how many times as much it is."""

from __future__ import annotations

import re
from typing import Final

# `They ask the same thing ten times` counts what happens; `three times the users` is growth.
REPEATED: Final = re.compile(
    r"\b(?:pay\w*|ask\w*|answer\w*|sen[dt]\w*|say|said|comput\w+|process\w*|retr\w+|read\w*|repeat\w*|same|tr(?:y|ies|ied)"
    r"|do|did|does)\b"
)
ONE_AFTER_THE_OTHER: Final = re.compile(r"(?:twice|thrice|times)$")
COMPARED: Final = re.compile(r"\s*(?:as|the|more|our|what|today|this|that|current|faster|quicker|cheaper|higher)\b")


def is_repetition(clause: str, start: int, end: int) -> bool:
    """Whether something happens so many times, rather than being so many times as much."""
    if not ONE_AFTER_THE_OTHER.search(clause[start:end]) or COMPARED.match(clause, end):
        return False
    return REPEATED.search(clause, 0, start) is not None
