"""Clocks that are wrong, and jump: row 26."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.campaign.faults import Fault
from tests.campaign.scene import Scene
from tests.campaign.stage import LEASE_SECONDS

STEPS: Final = ("+300s", "-300s", "+0s")


def find_library() -> Path | None:
    """The library that gives a process a clock of its own, if this machine has it."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def lacks_library() -> str:
    """Without it no process has a clock of its own."""
    return "" if find_library() else "libfaketime"


def skew_clocks(scene: Scene) -> None:
    """Row 26: an emitter whose clock is five minutes ahead, then as much behind, then right.

    The emitter's leases are as short as the workers': by its own clock each would be over before it began.
    """
    library = find_library()
    assert library is not None
    clock = scene.folder / "clock"
    clock.write_text(STEPS[-1])
    wrong = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    # How late events are cannot be told from when this emitter says it made them.
    scene.held_up = ("clients",)
    scene.pour(people=80, environment=wrong | {"NETRA_LEASE_SECONDS": str(LEASE_SECONDS)})
    for number in range(scene.cycles):
        with scene.fault():
            clock.write_text(STEPS[number % len(STEPS)])
            scene.pause(LEASE_SECONDS * 1.6)


FAULTS: Final = [Fault(26, "clocks +5 min, -5 min, stepped", 3, skew_clocks, lacks=lacks_library)]
