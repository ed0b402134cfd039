"""Circuit breakers: after straight failures one says no for a while, then lets one try through."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

FAILURES_TO_OPEN: Final = 5
OPEN_SECONDS: Final = 30.0
# Those who wait for the same server must not all come back at the same moment.
JITTER: Final = 0.1
MOST_KEPT_CHANGES: Final = 100
# Of a breaker that probes more often only its opening and its closing are told.
LEAST_TOLD_SECONDS: Final = 5.0
CAUSE_CHARACTERS: Final = 200


class BreakerState(StrEnum):
    """What a breaker lets through: everything, nothing, or the one try it waits for."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Change:
    """A breaker went over into another state."""

    name: str
    state: BreakerState
    cause: str
    at: datetime


class Breaker:
    """Decides how soon something is tried again, never whether it is lost; may be used from any thread."""

    def __init__(
        self,
        name: str = "",
        *,
        failures_to_open: int = FAILURES_TO_OPEN,
        open_seconds: float = OPEN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.times_opened = 0
        self.changes: list[Change] = []
        self._failures_to_open = failures_to_open
        self._open_seconds = open_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at = 0.0
        self._pause = 0.0
        self._state = BreakerState.CLOSED
        self._not_closed_since: float | None = None

    @property
    def state(self) -> BreakerState:
        """What it lets through now."""
        return self._state

    @property
    def is_open(self) -> bool:
        """True from the last straight failure until a success."""
        return self._state is not BreakerState.CLOSED

    @property
    def open_for_seconds(self) -> float:
        """How long it has not been closed."""
        since = self._not_closed_since
        return 0.0 if since is None else self._clock() - since

    @property
    def seconds_to_probe(self) -> float:
        """How long until the next try is let through; 0 while it is closed."""
        return max(0.0, self._opened_at + self._pause - self._clock()) if self.is_open else 0.0

    def allows(self) -> bool:
        """True while closed, and for one probe each time the pause is over."""
        with self._lock:
            if not self.is_open:
                return True
            if self.seconds_to_probe > 0:
                return False
            self._wait_again()
            self._go_over(BreakerState.HALF_OPEN, "one try after the pause")
            return True

    def record_success(self) -> None:
        """Closes the breaker."""
        with self._lock:
            self._failures = 0
            self._not_closed_since = None
            self._go_over(BreakerState.CLOSED, "a try succeeded")

    def record_failure(self, cause: str = "") -> None:
        """Counts; opens at the limit, and again after a probe that failed."""
        with self._lock:
            self._failures += 1
            if self._failures < self._failures_to_open or self._state is BreakerState.OPEN:
                return
            if self._not_closed_since is None:
                self._not_closed_since = self._clock()
                self.times_opened += 1
            self._wait_again()
            self._go_over(BreakerState.OPEN, cause)

    def take_changes(self) -> list[Change]:
        """What has changed since this was asked last."""
        with self._lock:
            taken, self.changes = self.changes, []
            return taken

    def give_back(self, changes: list[Change]) -> None:
        """What was taken could not be kept: it is taken again with the next."""
        with self._lock:
            self.changes = [*changes, *self.changes][-MOST_KEPT_CHANGES:]

    def _wait_again(self) -> None:
        self._opened_at = self._clock()
        self._pause = self._open_seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311

    def _go_over(self, state: BreakerState, cause: str) -> None:
        if state is self._state:
            return
        is_probe = BreakerState.CLOSED not in (state, self._state)
        self._state = state
        if is_probe and self._open_seconds < LEAST_TOLD_SECONDS:
            return
        self.changes.append(Change(self.name, state, cause[:CAUSE_CHARACTERS], datetime.now(UTC)))
        del self.changes[:-MOST_KEPT_CHANGES]


_breakers: dict[str, Breaker] = {}
_registering = threading.Lock()


def breaker_named(name: str, *, open_seconds: float = OPEN_SECONDS) -> Breaker:
    """This process' breaker of what has this name: publish, mail, webhook, model PROVIDER."""
    with _registering:
        if name not in _breakers:
            _breakers[name] = Breaker(name, open_seconds=open_seconds)
        return _breakers[name]


def list_breakers() -> list[Breaker]:
    """Every breaker this process has used."""
    with _registering:
        return list(_breakers.values())
