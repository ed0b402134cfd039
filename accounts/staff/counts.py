"""What other apps keep of a person, so that a page about people can count it without knowing those apps."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accounts.models import User

Counts = Mapping[uuid.UUID, int]


@dataclass(frozen=True, slots=True)
class Countable:
    """One kind of thing a person has: how many, for a whole page of people at once, and the list that shows them."""

    count: Callable[[Sequence[uuid.UUID]], Counts]
    list_url_name: str
    permission: str


# Filled by the apps' own staff pages, in the order of the columns.
countables: dict[str, Countable] = {}


def count_things(viewer: User, user_ids: Sequence[uuid.UUID]) -> dict[str, Counts]:
    """The counts this member of staff may see, one query a kind."""
    return {name: kind.count(user_ids) for name, kind in countables.items() if viewer.has_perm(kind.permission)}
