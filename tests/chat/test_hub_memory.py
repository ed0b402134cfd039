"""What lives is set aside from the garbage collector, and what was set aside by mistake is found in the end."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from chat.hub import memory as remembering
from chat.hub.memory import ALWAYS_AFTER_SECONDS, QUIET_AFTER_SECONDS, Memory


class Clock:
    """A clock moved by hand."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class Knot:
    """Something that refers to itself: only a collection finds that nobody else does."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def clock(monkeypatch: Any) -> Iterator[Clock]:
    """The memory's clock; what the test set aside comes back at its end."""
    clock = Clock()
    monkeypatch.setattr(remembering, "time", clock)
    yield clock
    gc.unfreeze()


def set_knot_aside(memory: Memory) -> weakref.ref[Knot]:
    """A knot that was alive when the memory was tidied, and that nobody holds any more."""
    knot = Knot()
    memory.tidy(is_quiet=False)
    return weakref.ref(knot)


def test_what_lives_is_not_looked_through(clock: Clock) -> None:
    knot = Knot()
    assert any(found is knot for found in gc.get_objects())
    Memory().tidy(is_quiet=False)
    assert not any(found is knot for found in gc.get_objects())


@pytest.mark.parametrize(
    ("seconds", "is_quiet", "is_found"),
    [
        (QUIET_AFTER_SECONDS - 1, True, False),
        (QUIET_AFTER_SECONDS + 1, True, True),
        (QUIET_AFTER_SECONDS + 1, False, False),
        (ALWAYS_AFTER_SECONDS + 1, False, True),
    ],
)
def test_what_was_set_aside_and_left_is_found_in_a_quiet_second_or_after_an_hour(
    clock: Clock, seconds: float, is_quiet: bool, is_found: bool
) -> None:
    memory = Memory()
    knot = set_knot_aside(memory)
    gc.collect()
    assert knot() is not None
    clock.now += seconds
    memory.tidy(is_quiet=is_quiet)
    assert (knot() is None) is is_found


def test_it_is_looked_for_once_and_then_not_for_a_while(clock: Clock) -> None:
    memory = Memory()
    clock.now += QUIET_AFTER_SECONDS + 1
    memory.tidy(is_quiet=True)
    knot = set_knot_aside(memory)
    memory.tidy(is_quiet=True)
    assert knot() is not None
