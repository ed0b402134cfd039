"""Processes that an earlier start left behind, found and ended before their successors start."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

# Inherited by every child, so that leftovers of one data folder can be told from those of another.
OWNER_VARIABLE = "NETRA_CHILD_OF"
PAUSE_SECONDS = 0.02


def started_for(data_dir: Path) -> Callable[[psutil.Process], bool]:
    """Matches our own programs by the data folder named in their environment."""
    return lambda process: process.environ().get(OWNER_VARIABLE) == str(data_dir)


def mentions(mark: str) -> Callable[[psutil.Process], bool]:
    """Matches by command line, the one thing readable of processes of another account."""
    return lambda process: any(mark in part for part in process.cmdline())


def works_in(folder: Path) -> Callable[[psutil.Process], bool]:
    """Matches by current folder: servers change into the folder of their data."""
    return lambda process: process.cwd() == str(folder)


def find_processes(matches: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """All living processes that match; those that end or are closed to us meanwhile do not."""
    return [found for found in psutil.process_iter() if _is_match(found, matches)]


def end_processes(processes: list[psutil.Process], first_signal: signal.Signals, timeout_seconds: float = 5.0) -> None:
    """End processes that are not our children: ask with the signal, insist with SIGKILL, wait until gone."""
    for number in (first_signal, signal.SIGKILL):
        for process in processes:
            _send(process, number)
        processes = still_alive(processes, timeout_seconds)


def still_alive(processes: list[psutil.Process], timeout_seconds: float) -> list[psutil.Process]:
    """Those that have not ended within the time; what only waits to be reaped has ended."""
    deadline = time.monotonic() + timeout_seconds
    while (alive := [process for process in processes if _lives(process)]) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    return alive


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_match(process: psutil.Process, matches: Callable[[psutil.Process], bool]) -> bool:
    try:
        return _lives(process) and matches(process)
    except (psutil.Error, OSError):
        return False


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
