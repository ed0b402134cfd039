"""What tool results say, as single values: each with its place, its unit and the names it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from agents.engine.specs import DoneCall
from agents.figures.reading import Unit, find_figures

NUMERIC: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
# What is no measurement: places in time, what was asked for, texts.
LEFT_OUT: Final = frozenset(("price_version", "dataset", "demo", "version", "assumptions", "sql"))
NO_SENTENCES: Final = frozenset(("sql", "dataset", "sources"))
UNITS_OF_COLUMNS: Final = {
    "USD": Unit.MONEY,
    "%": Unit.PERCENT,
    "ms": Unit.MILLISECONDS,
    "tokens": Unit.COUNT,
    "requests": Unit.COUNT,
}
WORDS_OF_UNITS: Final = (
    (re.compile(r"percent|share"), Unit.PERCENT),
    (re.compile(r"requests$|tokens$"), Unit.COUNT),
    (re.compile(r"_ms$"), Unit.MILLISECONDS),
    (re.compile(r"factor$"), Unit.TIMES),
    (
        re.compile(
            r"cost|saving|price|billed|amount|budget|spend|spent|waste_(?:low|high)|money|combined|sum_of_single"
            r"|extra_|daily_|(?:low|high)_30_days"
        ),
        Unit.MONEY,
    ),
    (
        re.compile(
            r"requests?|tokens?|calls?|rows|sessions?|measured|failed|count|repeats|total|steps|minutes|groups|days|window"
            r"|grains|shown|drops"
        ),
        Unit.COUNT,
    ),
)
NAME_KEYS: Final = frozenset(
    (
        "model",
        "feature",
        "team",
        "provider",
        "user",
        "status",
        "from_model",
        "to_model",
        "session",
        "title",
        "name",
        "error",
    )
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a tool result."""

    call_id: str
    path: tuple[str | int, ...]
    value: Decimal
    unit: Unit | None
    # What the row is about: {"feature": "ticket-triage", "model": "gpt-5.4"}.
    names: tuple[tuple[str, str], ...]


def list_facts(call: DoneCall) -> list[Fact]:
    """Every number of a result: of its facts, of its table, and those its sentences are made of."""
    facts = list(walk(call.call_id, call.facts, (), ()))
    facts += walk_rows(call)
    facts += walk_sentences(call.call_id, {"facts": call.facts, "summary": call.block.get("summary", "")}, ())
    return facts


def walk_rows(call: DoneCall) -> Iterator[Fact]:
    """The numbers of the table the page shows, with the texts of their rows as names."""
    columns = call.block.get("columns", ())
    for index, row in enumerate(call.block.get("rows", ())):
        names = tuple(
            (column["key"], cell) for column, cell in zip(columns, row, strict=False) if isinstance(cell, str) and cell
        )
        for column, cell in zip(columns, row, strict=False):
            if not isinstance(cell, str) and (number := read_number(cell)) is not None:
                yield Fact(call.call_id, ("rows", index, column["key"]), number, unit_of_column(column), names)


def unit_of_column(column: Mapping[str, Any]) -> Unit | None:
    """A column's unit as the table declares it; else what its name says."""
    return UNITS_OF_COLUMNS.get(column["unit"]) or unit_of((column["key"],))


def walk_sentences(call_id: str, value: Any, path: tuple[str | int, ...]) -> Iterator[Fact]:
    """The figures inside the sentences a tool wrote: they are its result as well."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in NO_SENTENCES:
                yield from walk_sentences(call_id, item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from walk_sentences(call_id, item, (*path, index))
    elif isinstance(value, str) and " " in value and any(letter.isdigit() for letter in value):
        for number, figure in enumerate(find_figures(value)):
            yield Fact(call_id, (*path, number), figure.value, figure.unit, ())


def walk(
    call_id: str,
    value: Any,
    path: tuple[str | int, ...],
    names: tuple[tuple[str, str], ...],
    said: Unit | None = None,
) -> Iterator[Fact]:
    """The numbers below a place, each with the names of the rows it lies in.

    `said`: the unit a result states in words beside its values; it holds where their own names state none.
    """
    if isinstance(value, Mapping):
        own = tuple((key, text) for key, text in value.items() if key in NAME_KEYS and isinstance(text, str))
        said = UNITS_OF_COLUMNS.get(str(value.get("unit"))) or said
        for key, item in value.items():
            if key not in LEFT_OUT:
                yield from walk(call_id, item, (*path, key), (*names, *own), said)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from walk(call_id, item, (*path, index), names, said)
    elif (number := read_number(value)) is not None:
        yield Fact(call_id, path, number, unit_of(path) or said, names)


def read_number(value: Any) -> Decimal | None:
    """A number, or a text that is one."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    if isinstance(value, str) and NUMERIC.fullmatch(value):
        try:
            return Decimal(value)
        except InvalidOperation:
            return None
    return None


def unit_of(path: tuple[str | int, ...]) -> Unit | None:
    """What a value measures, by the words of its place from the inside out; None where they do not say."""
    if "effects" in path:
        return Unit.MONEY
    words = [item for item in path if isinstance(item, str)]
    return next((unit for word in reversed(words) for pattern, unit in WORDS_OF_UNITS if pattern.search(word)), None)


def list_names(calls: tuple[DoneCall, ...]) -> set[str]:
    """The names that occur in results: they may hold digits and are no figures."""
    found = {name for call in calls for fact in list_facts(call) for _, name in fact.names}
    for call in calls:
        found |= {text for text in walk_texts(call.facts) if len(text) < LONGEST_NAME}
        found |= {text for text in walk_texts(call.arguments) if len(text) < LONGEST_NAME}
    return {name for name in found if not NUMERIC.fullmatch(name)}


LONGEST_NAME: Final = 120


def walk_texts(value: Any) -> Iterator[str]:
    """Every text below a place."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from walk_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from walk_texts(item)
    elif isinstance(value, str) and value and " " not in value:
        yield value
