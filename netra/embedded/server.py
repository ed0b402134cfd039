"""One server of this machine that keeps its address and its data over restarts."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from netra.embedded.errors import SetUpError
from netra.supervisor.program import Program

# Recovery after a crash reads back what was written since the last checkpoint.
READY_TIMEOUT_SECONDS = 60.0
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class EmbeddedServer:
    """A server program, where it can be reached, and how to ask whether it answers."""

    program: Program
    url: str
    answers: Callable[[str], bool]

    def start(self) -> None:
        """Start and return when it answers."""
        self.program.start()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Return when the server answers; fail with the end of its log when it never will."""
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while not self.answers(self.url):
            if not self.program.is_running or time.monotonic() > deadline:
                self._give_up()
            time.sleep(PAUSE_SECONDS)

    def restart(self) -> None:
        """Stop what still runs and start again on the same address with the same data."""
        self.program.stop()
        self.start()

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self.program.kill()

    def stop(self) -> None:
        self.program.stop()

    @property
    def pid(self) -> int | None:
        return self.program.pid

    def _give_up(self) -> None:
        self.program.stop()
        name, log_tail = self.program.name, self.program.log_tail()
        raise SetUpError(
            f"{name}_not_ready",
            f"The {name} server {self.program.describe_end()} and never answered. Its log ends with:\n{log_tail}",
        )
