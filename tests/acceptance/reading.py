"""Reads an answer as a person does: its sections, its tables, and every number that stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

HEADING = re.compile(r"(?m)^(?:#{1,6} +(?P<hash>.+?)|\*\*(?P<bold>[^*\n]+?):?\*\*:?) *$")
NUMBER = re.compile(r"(?<![\w.,])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|(?<![\w.,])-?\d+(?:\.\d+)?(?![\d])")
LIST_NUMBER = re.compile(r"(?m)^\s*(?:#{1,6} +|\*\*)?\d{1,3}[.)](?=\s)")
DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
WORD_WITH_DIGITS = re.compile(r"(?<!\w)(?=[\w.:/+-]*[A-Za-z_])[\w.:/+-]*\d[\w.:/+-]*")
UNIT_WORDS = re.compile(r"\d(?:ms|s|x|k|K|M|h|min|bn)$")
SCALES = {"k": 3, "K": 3, "M": 6, "bn": 9}
ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN)
SMALL = 12


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it; the first one has no heading."""

    heading: str
    body: str


def read_sections(text: str) -> list[Section]:
    """The answer in its order."""
    found = list(HEADING.finditer(text))
    starts = [(0, 0, "")] + [(match.start(), match.end(), match["hash"] or match["bold"]) for match in found]
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    return [
        Section(heading.strip(" :"), text[begin:end].strip())
        for (_, begin, heading), end in zip(starts, ends, strict=True)
    ]


def find_section(text: str, *words: str) -> Section | None:
    """The first section whose heading has one of these words."""
    for section in read_sections(text):
        if any(word in section.heading.casefold() for word in words):
            return section
    return None


def list_tables(text: str) -> list[list[list[str]]]:
    """Every Markdown table as its lines of cells, its ruler left out."""
    tables: list[list[list[str]]] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("|"):
            if not inside:
                tables.append([])
            tables[-1].append(split_cells(line))
        inside = line.startswith("|")
    return [[line for line in table if not all(set(cell) <= set("-: ") for cell in line)] for table in tables]


def split_cells(line: str) -> list[str]:
    """The cells of a table's line; an escaped bar belongs to its cell."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def find_invented(text: str, sources: Iterable[Any]) -> list[str]:
    """The numbers of a text that occur in none of the sources, however they are rounded there."""
    values, words = gather(sources)
    plain = without_names(text, words)
    invented = [date for date in DATE.findall(plain) if not any(date in word for word in words)]
    plain = CLOCK.sub(" ", DATE.sub(" ", plain))
    return invented + [written for written in list_numbers(plain) if not is_known(written, values)]


def without_names(text: str, words: Iterable[str]) -> str:
    """The text without list numbers, and without names that have digits."""
    text = LIST_NUMBER.sub(" ", text.replace("\\", ""))
    named = {word for word in words if any(letter.isdigit() for letter in word) and any(map(str.isalpha, word))}
    for name in sorted(named, key=len, reverse=True):
        if not DATE.fullmatch(name):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text)
    return WORD_WITH_DIGITS.sub(keep_units, text)


def keep_units(match: re.Match[str]) -> str:
    """`450ms` is a figure, `p95` and `gpt-4o` are names."""
    word = match.group()
    return word if UNIT_WORDS.search(word) or DATE.search(word) else " "


def list_numbers(text: str) -> list[str]:
    """Every number that is written in figures, with its scale."""
    found = []
    for match in NUMBER.finditer(text):
        scale = re.match(r"\s?(k|K|M|bn)\b", text[match.end() :])
        found.append(match.group().lstrip("-") + (scale[1] if scale else ""))
    return found


def is_known(written: str, values: set[Decimal]) -> bool:
    """Whether some value is this number once it is rounded to as many digits."""
    digits = written.rstrip("kKMbn")
    power = SCALES.get(written[len(digits) :], 0)
    number = Decimal(digits.replace(",", ""))
    if not power and "." not in digits and number <= SMALL:
        return True
    step = Decimal(1).scaleb(power - len(digits.partition(".")[2]))
    wanted = number.scaleb(power)
    return any(
        (size / step).quantize(Decimal(1), way) * step == wanted
        for value in values
        for size in (value, value / 1000)
        for way in ROUNDINGS
    )


class Length(int):
    """How many items a list of a result has: "16 strategies" is a count, though no field says so."""


def gather(sources: Iterable[Any]) -> tuple[set[Decimal], set[str]]:
    """Every number and every word of these results."""
    values: set[Decimal] = set()
    words: set[str] = set()
    for leaf in walk(list(sources)):
        if isinstance(leaf, Length):
            values.add(Decimal(leaf))
        elif isinstance(leaf, str):
            words |= {leaf, *leaf.split(), *(part.strip("(),.;:`'\"") for part in leaf.split())}
            values |= {abs(Decimal(found.replace(",", ""))) for found in NUMBER.findall(leaf)}
        else:
            values.add(abs(Decimal(str(leaf))))
    return values, {word for word in words if word}


def walk(value: Any) -> Iterator[str | int | float | Decimal]:
    """Every text and number of nested data, keys included."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key).replace("_", " ")
            yield from walk(item)
    elif isinstance(value, list | tuple):
        yield Length(len(value))
        for item in value:
            yield from walk(item)
    elif isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        yield value
