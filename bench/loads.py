"""What is measured: how many people's runs, how fast, before how many viewers, and what was promised of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

AT_ONCE: Final = 0
# A rate is counted to the last delivery: one that is asked for and kept would show a little less than itself.
ASKED_FOR: Final = 1.02


@dataclass(frozen=True)
class Load:
    """One line of the table."""

    what: str
    # Each of another person.
    runs: int
    # All runs together; AT_ONCE is a burst.
    events_a_second: int
    events: int
    must: str = ""
    aim: str = ""
    # Sockets that watch each person.
    tabs: int = 1
    # Beside sockets of many other people to whom nothing happens.
    is_crowded: bool = False
    mode: str = "performance"

    @property
    def pause(self) -> float:
        """Seconds between two events: none in a burst."""
        return 0.0 if self.events_a_second == AT_ONCE else 1 / (self.events_a_second * ASKED_FOR)

    @property
    def events_a_run(self) -> int:
        """How many each run emits."""
        return self.events // self.runs

    def shortened(self) -> Load:
        """The same for a quick look."""
        return replace(self, events=max(self.runs, self.events // 3))


def sustained(
    what: str, runs: int, events_a_second: int, must: str = "", aim: str = "", *, seconds: float = 3.0, tabs: int = 1
) -> Load:
    """A load that lasts."""
    return Load(what, runs, events_a_second, int(events_a_second * seconds), must, aim, tabs)


def crowded(load: Load) -> Load:
    """The load beside the idle sockets."""
    return replace(load, is_crowded=True)


ONE_RUN: Final = sustained("one run, 1,000/s", 1, 1_000, "p50 <= 3, p99 <= 15", "p99 <= 8")
BURST: Final = Load("one run, 60,000 at once", 1, AT_ONCE, 60_000, ">= 25,000/s", ">= 50,000/s")
TWENTY_RUNS: Final = crowded(sustained("20 runs, 10,000/s, crowded", 20, 10_000, "p99 <= 25"))
FIFTY_TABS: Final = sustained("50 tabs of one run, 1,000/s", 1, 1_000, "50,000/s, p99 <= 50", tabs=50)
LOADS: Final = (
    ONE_RUN,
    TWENTY_RUNS,
    crowded(sustained("20 runs, 20,000/s, crowded", 20, 20_000, "", "p99 <= 20")),
    replace(TWENTY_RUNS, what="the same at 10,000/s in regular mode", mode="regular", must=""),
    sustained("100 runs, 5,000/s", 100, 5_000, "p99 <= 25"),
    sustained("100 runs, 10,000/s", 100, 10_000, "", "p99 <= 25"),
    sustained("100 runs, 20,000/s", 100, 20_000, "", "p99 <= 50"),
    FIFTY_TABS,
    sustained("500 tabs of one run, 1,000/s", 1, 1_000, "", "300,000/s, p99 <= 400", tabs=500),
)
QUICK_LOADS: Final = tuple(load.shortened() for load in (ONE_RUN, TWENTY_RUNS, FIFTY_TABS))
