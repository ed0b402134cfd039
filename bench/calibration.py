"""What this machine was worth in the minute of the measurement: without it a figure means nothing elsewhere."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import redis

SPIN_SECONDS = 0.3
SYNC_SECONDS = 0.5
PUBLISH_SECONDS = 0.5
MESSAGE = b"x" * 361


@dataclass(frozen=True)
class Calibration:
    """What one core, the disk and Redis gave, and how many programs wanted a core."""

    spins: float
    syncs: float
    publishes: float
    waiting: float


def calibrate(redis_url: str) -> Calibration:
    """A second and a half of it."""
    return Calibration(count_spins(), count_syncs(), count_publishes(redis_url), os.getloadavg()[0])


def count_publishes(redis_url: str) -> float:
    """Messages of one connection to nobody, a second."""
    with redis.Redis.from_url(redis_url) as client:
        publishes, started = 0, time.perf_counter()
        while time.perf_counter() - started < PUBLISH_SECONDS:
            client.publish("netra-bench", MESSAGE)
            publishes += 1
    return publishes / PUBLISH_SECONDS


def count_spins() -> float:
    """Loops a second of one core, in millions."""
    spins, started = 0, time.perf_counter()
    while time.perf_counter() - started < SPIN_SECONDS:
        spins += 1
    return spins / SPIN_SECONDS / 1e6


def count_syncs() -> float:
    """Small writes a second that reach the disk."""
    with tempfile.TemporaryFile() as file:
        syncs, started = 0, time.perf_counter()
        while time.perf_counter() - started < SYNC_SECONDS:
            os.write(file.fileno(), b"x" * 512)
            os.fdatasync(file.fileno())
            syncs += 1
    return syncs / SYNC_SECONDS


class Neighbours:
    """How much of the machine others took meanwhile, where the system tells."""

    def __init__(self) -> None:
        self._before = read_times()

    def stolen(self) -> float:
        """Percent of all processor time that was given to other machines since the start."""
        spent = [now - before for now, before in zip(read_times(), self._before, strict=True)]
        return 100 * spent[7] / max(1, sum(spent[:8])) if spent else 0.0


def read_times() -> list[int]:
    """The processor's time by use: user, nice, system, idle, wait, interrupts, soft interrupts, stolen."""
    path = Path("/proc/stat")
    return [int(word) for word in path.read_text().splitlines()[0].split()[1:9]] if path.exists() else []
