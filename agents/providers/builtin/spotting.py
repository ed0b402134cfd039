"""Finds which ideas a sentence holds, and which of them stand close together."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.providers.builtin.concepts import CONCEPTS

TOKEN: Final = re.compile(r"[^\W_]+|[$€£]")
SENTENCE_END: Final = re.compile(r"[?!;\n]+|\.+(?=\s|$)|:(?=\s)")
WORD_BY_WORD: Final = re.compile(r"(?:(?<=[.?!;])|^)\s*[a-z]+\.(?:\s+[a-z]+\.)+")
# What was read already, such as an amount, stands in the text as such a word.
PLACEHOLDER: Final = re.compile(r"x[A-Z][a-z]+$")
ANY: Final = "*"
# So many words apart two ideas still belong to each other.
NEAR: Final = 6
SHORTEST_PREFIX: Final = 3
# Each of their places is one period; they are counted.
COUNTED: Final = frozenset(("lastperiod",))

Phrase = tuple[str, ...]


@dataclass(slots=True)
class Index:
    """Phrases by their first word, or by the beginning of it."""

    whole: dict[str, list[tuple[Phrase, str]]] = field(default_factory=dict)
    begun: dict[str, list[tuple[Phrase, str]]] = field(default_factory=dict)

    def add(self, phrase: Phrase, concept: str) -> None:
        """Files a phrase."""
        first = phrase[0]
        kind, key = (self.begun, first[:-1]) if first.endswith(ANY) else (self.whole, first)
        kind.setdefault(key, []).append((phrase, concept))

    def starting_with(self, word: str) -> Iterator[tuple[Phrase, str]]:
        """The phrases whose first word this can be."""
        yield from self.whole.get(word, ())
        for end in range(SHORTEST_PREFIX, min(len(word), 14) + 1):
            yield from self.begun.get(word[:end], ())


def build_index(concepts: dict[str, str]) -> Index:
    """The index of all phrases of all concepts."""
    index = Index()
    for concept, phrases in concepts.items():
        for phrase in phrases.split(","):
            if words := tuple(phrase.replace("'", " ").split()):
                index.add(words, concept)
    return index


INDEX: Final = build_index(CONCEPTS)


@dataclass(frozen=True, slots=True)
class Reading:
    """One stretch of text: its words, and where each concept stands in them."""

    words: tuple[str, ...]
    places: dict[str, list[tuple[int, int]]]

    def has(self, concept: str) -> bool:
        """Whether the concept occurs."""
        return concept in self.places

    def near(self, first: str, second: str, distance: int = NEAR) -> bool:
        """Whether both occur close to each other, without being the very same words."""
        others = self.places.get(second)
        if not others:
            return False
        starts = [start for start, _ in others]
        return any(self.has_neighbour(place, others, starts, distance) for place in self.places.get(first, ()))

    def has_neighbour(
        self, place: tuple[int, int], others: Sequence[tuple[int, int]], starts: Sequence[int], distance: int
    ) -> bool:
        """Whether one of the others stands beside this place and does not overlap it."""
        start, end = place
        low = bisect_left(starts, start - distance - 4)
        for other_start, other_end in others[low:]:
            if other_start - end >= distance:
                return False
            if (other_start >= end or other_end <= start) and start - other_end < distance:
                return True
        return False

    def count(self, *concepts: str) -> int:
        """How many words the concepts cover together."""
        covered = {
            index for concept in concepts for start, end in self.places.get(concept, ()) for index in range(start, end)
        }
        return len(covered)

    def covered(self) -> set[int]:
        """The words that any concept covers."""
        return {index for places in self.places.values() for start, end in places for index in range(start, end)}


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, without those that have no words; `Cut. Costs. Now.` is a single one."""
    joined = WORD_BY_WORD.sub(lambda match: match.group().replace(".", " "), text)
    return [part.strip() for part in SENTENCE_END.split(joined) if TOKEN.search(part)]


def read_sentence(text: str) -> Reading:
    """The concepts of one sentence."""
    words = tuple(TOKEN.findall(text))
    places: dict[str, list[tuple[int, int]]] = {}
    for start, word in enumerate(words):
        for phrase, concept in INDEX.starting_with(word):
            if fits(phrase, words, start):
                places.setdefault(concept, []).extend(list_places(phrase, concept, start))
        if PLACEHOLDER.match(word):
            places.setdefault(word, []).append((start, start + 1))
    return Reading(words, add_periods({concept: sorted(found) for concept, found in places.items()}))


def list_places(phrase: Phrase, concept: str, start: int) -> list[tuple[int, int]]:
    """Where a phrase stands; what it leaves open, as in `bring the bill down`, belongs to other ideas."""
    if ANY not in phrase or concept in COUNTED:
        return [(start, start + len(phrase))]
    first, last = phrase.index(ANY), len(phrase) - phrase[::-1].index(ANY)
    pieces = ((start, start + first), (start + last, start + len(phrase)))
    return [(low, high) for low, high in pieces if low < high]


def add_periods(places: dict[str, list[tuple[int, int]]]) -> dict[str, list[tuple[int, int]]]:
    """Two periods in one sentence are an idea of their own."""
    periods = sorted({*places.get("xSpan", ()), *places.get("xDay", ()), *places.get("lastperiod", ())})
    return places | {"twospans": periods} if len(periods) > 1 else places


def fits(phrase: Phrase, words: Sequence[str], start: int) -> bool:
    """Whether the phrase stands here."""
    if len(phrase) == 1:
        return fits_word(phrase[0], words[start])
    if start + len(phrase) > len(words) or not fits_word(phrase[1], words[start + 1]):
        return False
    return all(fits_word(part, words[start + offset]) for offset, part in enumerate(phrase))


def fits_word(part: str, word: str) -> bool:
    """Whether a word is this part of a phrase: itself, its beginning, or anything."""
    if part.endswith(ANY):
        return word.startswith(part[:-1])
    return part == word


def join_readings(readings: Iterable[Reading]) -> Reading:
    """Several sentences as one, so far apart that nothing in one is near to anything in another."""
    words: list[str] = []
    places: dict[str, list[tuple[int, int]]] = {}
    for reading in readings:
        shift = len(words)
        for concept, found in reading.places.items():
            places.setdefault(concept, []).extend((start + shift, end + shift) for start, end in found)
        words += [*reading.words, *[""] * (NEAR + 4)]
    return Reading(tuple(words), places)
