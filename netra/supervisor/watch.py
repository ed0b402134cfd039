"""Keeps programs running: whatever dies is started again, sooner the first time and later the next."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from netra.supervisor.program import Program
from netra.supervisor.wakeups import Wakeups

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0
STEADY_AFTER_SECONDS = 10.0


class StopRequested(Exception):
    """The user asked to stop while something was being waited for."""


@dataclass
class Watched:
    """A program and when it may start again."""

    program: Program
    started_at: float = field(default_factory=time.monotonic)
    delay_seconds: float = 0.0
    start_at: float | None = None

    def plan_restart(self, now: float) -> None:
        """Set the time of the next start: at once after a steady life, later with every early death."""
        if now - self.started_at >= STEADY_AFTER_SECONDS:
            self.delay_seconds = 0.0
        self.start_at = now + self.delay_seconds
        self.delay_seconds = min(max(self.delay_seconds * 2, FIRST_DELAY_SECONDS), LONGEST_DELAY_SECONDS)

    def restart(self, now: float) -> None:
        """Start the program again."""
        self.start_at = None
        self.started_at = now
        self.program.start()


class Watch:
    """The set of programs that are kept alive, in the order they were added."""

    def __init__(self, wakeups: Wakeups, say: Callable[[str], None]) -> None:
        self._wakeups = wakeups
        self._say = say
        self._watched: list[Watched] = []

    def keep_alive(self, program: Program) -> None:
        """From now on restart this running program whenever it ends."""
        self._watched.append(Watched(program))

    def run_until_stopped(self) -> None:
        """Watch until the user asks to stop."""
        while not self._wakeups.stop_requested:
            self._restart_what_died()
            self._wakeups.wait(self._seconds_to_next_start())

    def run_once(self, program: Program) -> int:
        """Run a program to its end, give its exit code; a wish to stop ends it early."""
        program.start()
        try:
            while program.exit_code is None:
                self.pause(None)
        finally:
            program.stop()
        return program.exit_code

    def pause(self, timeout_seconds: float | None) -> None:
        """Wait for a signal or the time; raises StopRequested when the user asks to stop."""
        self._raise_if_stopped()
        self._wakeups.wait(timeout_seconds)
        self._raise_if_stopped()

    def _raise_if_stopped(self) -> None:
        if self._wakeups.stop_requested:
            raise StopRequested

    def _restart_what_died(self) -> None:
        for watched in self._watched:
            now = time.monotonic()
            if watched.start_at is None and not watched.program.is_running:
                watched.plan_restart(now)
                self._say(f"{watched.program.name} {watched.program.describe_end()}; it is started again.")
            if watched.start_at is not None and watched.start_at <= now:
                self._restart(watched, now)

    def _restart(self, watched: Watched, now: float) -> None:
        try:
            watched.restart(now)
        except OSError as error:
            # A full disk or process table may pass; the next round plans another start.
            self._say(f"{watched.program.name} could not be started: {error}")

    def _seconds_to_next_start(self) -> float | None:
        planned = [watched.start_at for watched in self._watched if watched.start_at is not None]
        return max(min(planned) - time.monotonic(), 0.0) if planned else None
