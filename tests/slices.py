"""Which of many cases of one kind the quick suite takes; the long one takes the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(step: int, values: Iterable[Any]) -> list[Any]:
    """The values as parameters: the first of every so many is quick."""
    return [pytest.param(value, marks=pytest.mark.long if place % step else ()) for place, value in enumerate(values)]
