"""Keeps a model as it is written where the data has others of its family, but not this version of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from agents.providers.builtin.names import FAMILY, Mention
from agents.providers.builtin.words import simplify, split_words

# Behind a space these are words of the sentence, not of the name: `gpt-5.4 large prompts`.
PLAIN_SIZE: Final = re.compile(r" (?:large|small|medium|max|preview|instruct)$")


def name_versions(text: str, mentions: Iterable[Mention]) -> Iterator[Mention]:
    """The mentions; one that says more than any model it was taken for becomes the model as written."""
    for mention in mentions:
        written = read_version(text, mention) if mention.kind == "models" else ""
        yield Mention("models", (written,), mention.start, mention.end, is_known=False) if written else mention


def read_version(text: str, mention: Mention) -> str:
    """The name as written, where no model it was taken for has all of its parts; else empty."""
    match = FAMILY.match(text, mention.start)
    if match is None:
        return ""
    written = PLAIN_SIZE.sub("", match.group().rstrip(" .-"))
    parts = Counter(split_words(written))
    if any(parts <= Counter(split_words(simplify(value))) for value in mention.values):
        return ""
    return re.sub(r"\s+", "-", written)
