"""What is kept of a person outside this app: each app says how that is stopped, taken along and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from accounts.models import User

# A file of the export: its name, and its content in pieces.
Part = tuple[str, Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Belongings:
    """One app's side of taking along and leaving."""

    # Everything of this person and nothing of anybody else, read in bounded memory.
    export: Callable[[User], Iterator[Part]]
    # Removes the rows in the caller's transaction, and files once that has committed.
    remove: Callable[[User], None]
    # Ends what is going on, before anything is removed.
    stop: Callable[[User], None] = lambda user: None
    # What the person has used, as the profile shows it: a word and a figure each.
    figures: Callable[[User], list[tuple[str, str]]] = lambda user: []


# By the app's name; filled when the apps start, in the order in which they build on each other.
kept_by: Final[dict[str, Belongings]] = {}


def lines(rows: Iterable[Any]) -> Iterator[bytes]:
    """Rows as lines of JSON."""
    return (orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE, default=str) for row in rows)
