"""Mends typing errors in the words that decide what a question asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from agents.providers.builtin.concepts import CONCEPTS
from agents.providers.builtin.vocabulary import FAR, PLAIN

WORD: Final = re.compile(r"[a-z]{5,20}")
SHORTEST: Final = 6
# Whole words, since the concepts hold many only by their beginnings.
COMMON: Final = """
    accurate anomaly anthropic average batching billing breakdown budget business caching catalogue cheaper compare
    compared comparison configuration costing customer customers decrease department document duplicate duplicates
    error errors expensive expense expenses failed failure failures faster feature features forecast frequently
    growth happened identical improve increase increased inefficient invoice january february april august september
    october november december latency latencies management migrate migrated migration missing minutes monthly openai
    optimise optimisation optimization optimize outage overnight percent percentage prompts provider providers
    quality quantify quarter quicker recommend recommendation reduce reduced reducing reduction repeated replace
    report request requests response responses saving savings second seconds session sessions sluggish slower
    smaller spending suddenly summary support switch switched switching system tokens tomorrow traffic trends
    trending upgrade upgraded usage users wasted wasting weekly without yesterday yearly double triple doubled
    tripled cheapest slowest fastest biggest largest highest throttling endpoint agents coding models should"""
# Words of their own that are one letter away from one of ours.
OWN_WORDS_TEXT: Final = """
    casting computing commuting coasting hosting posting boosting couching coaching cashing catching matching
    watching patching latching hatching trading grading reading leading loading heading deport resort retort
    spenders spender sender sending bending mending pending tending vending lending rending features creature moving
    losing closing braising praising raising raving shaving having paving waving caving bagel modules module sedans
    agency action actions lately notified sports support reporter reported reporting reports expansive extensive
    latent patency cashed coached invoiced frosting wording wordings weekly meekly modelo quality quantity equality
    faster master caster easter plaster fasten fatter rather smaller growths breaks broken spoken taken tokens
    latest tested prices prizes price prize spring summer winter autumn merged merges firing wiring bundled"""
VOWELS: Final = frozenset("aeiouy")
# Letters that are typed for each other: side by side or above each other, or of one sound.
ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS: Final = frozenset(
    {
        *(row[index : index + 2] for row in ROWS for index in range(len(row) - 1)),
        *(upper[index] + lower[index] for upper, lower in pairwise(ROWS) for index in range(len(lower))),
        *(upper[index + 1] + lower[index] for upper, lower in pairwise(ROWS) for index in range(len(lower))),
        *("cs", "ck", "sz", "pb", "dt", "gk", "vw"),
    }
)
OWN_WORDS: Final = frozenset(OWN_WORDS_TEXT.split())


def list_vocabulary() -> frozenset[str]:
    """Every whole word of six letters or more that decides something."""
    phrases = (phrase for text in CONCEPTS.values() for phrase in text.split(","))
    words = {word for phrase in phrases for word in phrase.split() if word.isalpha()}
    return frozenset(word for word in {*words, *COMMON.split()} if len(word) >= SHORTEST and word.islower())


def without_one_letter(word: str) -> Iterator[str]:
    """The word, and the word without each of its letters."""
    yield word
    for index in range(len(word)):
        yield word[:index] + word[index + 1 :]


def index_vocabulary(words: Iterable[str]) -> dict[str, list[str]]:
    """Each word by itself and by what remains of it without one letter."""
    index: dict[str, list[str]] = {}
    for word in sorted(words):
        for key in set(without_one_letter(word)):
            index.setdefault(key, []).append(word)
    return index


VOCABULARY: Final = list_vocabulary()
RIGHT: Final = VOCABULARY | PLAIN | FAR | OWN_WORDS
BEGINNINGS: Final = tuple(
    sorted(
        {
            phrase.strip()[:-1]
            for text in CONCEPTS.values()
            for phrase in text.split(",")
            if phrase.strip().endswith("*") and " " not in phrase.strip()
        }
    )
)
INDEX: Final = index_vocabulary(VOCABULARY)


def mend(text: str, names: frozenset[str] = frozenset()) -> str:
    """The text with words that are one letter away from a deciding word replaced by it; names stay as they are."""
    return WORD.sub(lambda match: mend_word(match.group(), names), text) if text else text


def mend_word(word: str, names: frozenset[str]) -> str:
    """The word it was meant to be, if there is exactly one reason to think so."""
    if word in RIGHT or word in names or word.startswith(BEGINNINGS):
        return word
    near = {known for key in without_one_letter(word) for known in INDEX.get(key, ())}
    meant = sorted(known for known in near if is_one_edit_away(word, known) and known[0] == word[0])
    return meant[0] if meant and not is_other_form(word, meant[0]) else word


def is_other_form(word: str, known: str) -> bool:
    """Whether one is the plural or the past of the other: `trade` is no mistyped `traded`."""
    return any(word == f"{known}{ending}" or known == f"{word}{ending}" for ending in "sd")


def is_one_edit_away(first: str, second: str) -> bool:
    """Whether one letter more, less or else, or two swapped neighbours, make the difference."""
    if len(first) < len(second):
        first, second = second, first
    if len(first) - len(second) > 1:
        return False
    start = next((index for index, letter in enumerate(second) if letter != first[index]), len(second))
    if len(first) > len(second):
        return first[start + 1 :] == second[start:]
    swapped = first[start : start + 2] == second[start : start + 2][::-1] and first[start + 2 :] == second[start + 2 :]
    return swapped or (first[start + 1 :] == second[start + 1 :] and is_slip(first[start : start + 1], second[start:]))


def is_slip(letter: str, rest: str) -> bool:
    """Whether one letter is easily typed for the other: a vowel for a vowel, or a neighbour on the keyboard."""
    pair = {letter, rest[:1]}
    return pair <= VOWELS or any(pair <= set(keys) for keys in NEIGHBOURS)
