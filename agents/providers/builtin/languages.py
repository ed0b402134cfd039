"""Reads basic questions in other languages as English ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.providers.builtin.dictionaries import LANGUAGES
from agents.providers.builtin.words import fold

TOKEN: Final = re.compile(r"[^\W\d_]+")
LONGEST_PHRASE: Final = 5
# Words that are English, too, say nothing about the language; one that is only English speaks against another one.
ENGLISH_TEXT: Final = """
    a about after all an and any are as at be been before but by can cost could did do does for from get give had has
    have how i if in into is it its just last like make many me more most much my need no not now of off on one only
    or our out over per please same see should show since so some spend still tell than thanks that the their them
    then there these they this those to too up us use used want was we were what when where which who why will with
    without would you your"""
ENGLISH: Final = frozenset(ENGLISH_TEXT.split())
SHARED_TEXT: Final = """
    a agents an am as at batch budget cache caching come configuration data de die double e error evolution i in it la
    limit me model no o of on os per plus pour rapport sessions so son sur tax team te tendance the trend triple u us
    volume was we week y do has compare prepare mars pro also man is can mai cause base"""
SHARED: Final = frozenset(SHARED_TEXT.split())


# An arrow towards a model is the word it stands for; between two names it would else be no more than a space.
ARROW: Final = re.compile(
    r"\s*(?:->|=>|\u2192)\s*(?=(?:gpt|claude|gemini|mini|nano|flash|haiku|sonnet|opus|pro|lite)\b)"
)


def read_entries(entries: str) -> dict[tuple[str, ...], str]:
    """The phrases of one dictionary with the English for each."""
    pairs = (entry.split("=") for entry in entries.split(","))
    return {tuple(TOKEN.findall(fold(phrase))): english.strip() for phrase, english in pairs}


DICTIONARIES: Final = tuple(read_entries(entries) for entries in LANGUAGES)


def read_as_english(text: str) -> str:
    """The simplified text with the words of its language replaced; English stays as it is."""
    text = ARROW.sub(" to ", text)
    plain = fold(text)
    words = TOKEN.findall(plain)
    dictionary = choose_dictionary(words)
    return text if dictionary is None else translate(plain, dictionary)


def choose_dictionary(words: Sequence[str]) -> dict[tuple[str, ...], str] | None:
    """The dictionary that knows most of the words, unless English does."""
    telling = [word for word in words if word not in SHARED]
    english = sum(word in ENGLISH for word in telling)
    best = max(DICTIONARIES, key=lambda entries: count_known(telling, words, entries))
    known = sum((word,) in best for word in telling if word not in ENGLISH)
    return best if known > english else None


def count_known(telling: Sequence[str], words: Sequence[str], entries: dict[tuple[str, ...], str]) -> tuple[int, int]:
    """How many words a dictionary knows: those that tell it from English, then all."""
    return sum((word,) in entries for word in telling), sum((word,) in entries for word in words)


def translate(text: str, entries: dict[tuple[str, ...], str]) -> str:
    """The text with every phrase that is known replaced, the longest first; everything else stays where it is."""
    matches = list(TOKEN.finditer(text))
    words = [match.group() for match in matches]
    pieces: list[str] = []
    done, index = 0, 0
    while index < len(matches):
        longest = min(LONGEST_PHRASE, len(words) - index)
        size = next((size for size in range(longest, 0, -1) if tuple(words[index : index + size]) in entries), 0)
        if size:
            pieces += [text[done : matches[index].start()], entries[tuple(words[index : index + size])]]
            done = matches[index + size - 1].end()
        index += size or 1
    return "".join([*pieces, text[done:]])
