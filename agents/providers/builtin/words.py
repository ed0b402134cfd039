"""Words of a question, made comparable with the names in the data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

WORD = re.compile(r"[^\W_]+")
LONGEST_NAME_WORDS = 8


def simplify(text: str) -> str:
    """Lower case, one kind of hyphen and quote, plain letters where a compatible one exists."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub("[\u2010-\u2015\u2212]", "-", plain).replace("\u2019", "'")


def split_words(text: str) -> list[str]:
    """The words of a simplified text; hyphens and dots separate."""
    return WORD.findall(text)


def stem(word: str) -> str:
    """The word without its plural ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def make_key(words: Sequence[str]) -> str:
    """What two spellings of a name have in common: `gpt-4o mini`, `GPT 4o-mini`, `ticket triages`."""
    return "".join(stem(word) for word in words)


def list_windows(count: int) -> Iterator[tuple[int, int]]:
    """All word ranges, the longest first, each from left to right."""
    for size in range(min(LONGEST_NAME_WORDS, count), 0, -1):
        for start in range(count - size + 1):
            yield start, start + size
