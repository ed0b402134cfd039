"""Words of a question, made comparable with the names in the data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

WORD = re.compile(r"[^\W_]+")
LONGEST_NAME_WORDS = 8
# A question is read on the worker's event loop; what decides it stands at its beginning or at its end.
MOST_READ = 4_000
MOST_READ_OF_END = 1_000


def any_of(*phrases: str) -> re.Pattern[str]:
    """Matches any of the whole phrases; each may be a pattern."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")


def clip(text: str) -> str:
    """What is read of a question: its beginning and its end, without what no text can hold."""
    if len(text) > MOST_READ + MOST_READ_OF_END:
        text = f"{text[:MOST_READ]}\n{text[-MOST_READ_OF_END:]}"
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def simplify(text: str) -> str:
    """Lower case, one kind of hyphen and quote, plain letters where a compatible one exists."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub("[\u2010-\u2015\u2212]", "-", plain).replace("\u2019", "'")


def fold(text: str) -> str:
    """The simplified text without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


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
