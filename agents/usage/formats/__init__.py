"""The formats usage data comes in: one file each, found by its name; the surest of a sample reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from agents.errors import UnknownFormat
from agents.usage.records import Format, Match, Sample

MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Detection:
    """Which format a sample is, and why; without one, what was seen instead."""

    format: str | None
    title: str
    why: str
    # How sure each format that came into question is, from 0 to 100.
    candidates: Mapping[str, int] = field(default_factory=dict)


@cache
def formats() -> tuple[Format, ...]:
    """All formats by name."""
    return tuple(import_module(f"{__name__}.{module.name}").FORMAT for module in iter_modules(__path__))


def format_named(name: str) -> Format:
    """The format of that name, or UnknownFormat."""
    for format in formats():
        if format.name == name:
            return format
    raise UnknownFormat(name=name)


def detect(sample: Sample) -> Detection:
    """The format that is surest of the sample; those of one vendor are surer than the generic ones."""
    found = [(format, match) for format in formats() if (match := format.recognise(sample)) is not None]
    if not found:
        return Detection(None, "", describe_unknown(sample))
    ranked: list[tuple[Format, Match]] = sorted(found, key=lambda pair: (-pair[1].score, pair[0].name))
    candidates = {format.name: match.score for format, match in ranked}
    format, match = ranked[0]
    return Detection(format.name, format.title, match.why, candidates)


def describe_unknown(sample: Sample) -> str:
    """What was seen, and what was looked for in vain."""
    if sample.kind == "table":
        seen, kind = list(sample.columns), "columns"
    else:
        seen, kind = sorted({str(key) for record in sample.records for key in record}), "keys"
    named = ", ".join(f"“{name[:60]}”" for name in seen[:MOST_SHOWN])
    more = f" and {len(seen) - MOST_SHOWN:,} more" if len(seen) > MOST_SHOWN else ""
    return (
        f"It has the {kind} {named}{more}; none of them could be told to be the time,"
        " or none to be tokens, a cost or a number of requests."
    )
