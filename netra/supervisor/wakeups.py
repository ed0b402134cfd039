"""Signals as something to wait for: the end of a child, and the wish to stop."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Wakeups:
    """A pipe that every signal writes to, so that one wait covers them all without polling or races."""

    read_end: int
    stop_requested: bool = False

    def wait(self, timeout_seconds: float | None) -> None:
        """Return when a signal arrived or the time is over."""
        ready, _, _ = select.select([self.read_end], [], [], timeout_seconds)
        if ready:
            # The pipe carries the numbers themselves: unlike a flag set by the Python handler,
            # which runs some time after the byte was written, they cannot come too late.
            numbers = set(os.read(self.read_end, 1024))
            self.stop_requested = self.stop_requested or bool(numbers.intersection(STOP_SIGNALS))


def _leave_to_the_pipe(_number: int, _frame: FrameType | None) -> None:
    return


@contextmanager
def listening() -> Iterator[Wakeups]:
    """Turn the stop signals and SIGCHLD of this process into wake-ups while the block runs."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    wakeups = Wakeups(read_end)
    former = {number: signal.signal(number, _leave_to_the_pipe) for number in _stop_signals()}
    former[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _leave_to_the_pipe)
    former_write_end = signal.set_wakeup_fd(write_end)
    try:
        yield wakeups
    finally:
        signal.set_wakeup_fd(former_write_end)
        for number, action in former.items():
            signal.signal(number, action)
        os.close(read_end)
        os.close(write_end)


def _stop_signals() -> list[signal.Signals]:
    """An ignored SIGHUP is the wish of `nohup` to outlive the terminal."""
    survives_terminal = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in STOP_SIGNALS if not (number is signal.SIGHUP and survives_terminal)]
