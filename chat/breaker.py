"""A circuit breaker: after straight failures it says no for a while, then lets one try through."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Decides how soon something is tried again, never whether it is lost."""

    def __init__(
        self, *, failures_to_open: int, open_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures_to_open = failures_to_open
        self._open_seconds = open_seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self.times_opened = 0

    def allows(self) -> bool:
        """True while closed, and for one probe each time the pause is over."""
        if self._opened_at is None:
            return True
        if self._clock() - self._opened_at < self._open_seconds:
            return False
        self._opened_at = self._clock()
        return True

    @property
    def is_open(self) -> bool:
        """True from the last straight failure until a success."""
        return self._opened_at is not None

    def record_success(self) -> None:
        """Closes the breaker."""
        self._failures = 0
        self._opened_at = None

    def record_failure(self) -> None:
        """Counts; opens at the limit."""
        self._failures += 1
        if self._failures >= self._failures_to_open and self._opened_at is None:
            self._opened_at = self._clock()
            self.times_opened += 1
