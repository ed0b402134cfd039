"""kill -9 in the middle of work, for each program: nothing is lost, doubled or reordered for any client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.stack.clients import Caller, sign_in
from tests.stack.conftest import own_stack
from tests.stack.faults import HEADER, Measured, perform_cycle
from tests.stack.tab import sign_in_browser
from tests.stack_process import Stack

# A silent worker loses its runs after 30 s in production; one test below keeps that.
SHORT_LEASE_SECONDS: Final = 5
# What is promised (web 3 s, Redis 1.5 s lag, Postgres 5 s) with room for a machine that does other things too; the
# worker's 40 s are its lease and what follows it.
BOUNDS_SECONDS: Final = {"web": 15.0, "worker": 60.0, "redis": 7.5, "postgres": 25.0}
QUICK: Final = ("web", "worker")

Cycle = Callable[[str, int], Measured]


@contextmanager
def signed_in(browser: Browser, stack: Stack) -> Iterator[tuple[Caller, BrowserContext]]:
    """The demo account, by key and by browser."""
    caller, context = sign_in(stack.port), browser.new_context()
    sign_in_browser(context, stack.url)
    yield caller, context
    context.close()


@pytest.fixture(scope="module")
def measurements(request: pytest.FixtureRequest) -> Iterator[list[Measured]]:
    """What the cycles showed, as one table when the last is over."""
    measured: list[Measured] = []
    yield measured
    lines = [m.line() for m in sorted(measured, key=lambda m: (m.program, m.seed))]
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("", HEADER, *lines, sep="\n")


@pytest.fixture(scope="module")
def kill_in_a_run(browser: Browser, measurements: list[Measured]) -> Iterator[Cycle]:
    """Performs a cycle on the module's stack and keeps what was measured."""
    with (
        own_stack({"NETRA_LEASE_SECONDS": str(SHORT_LEASE_SECONDS)}) as stack,
        signed_in(browser, stack) as (caller, tabs),
    ):

        def kill(program: str, seed: int) -> Measured:
            measured = perform_cycle(stack, caller, tabs, program, seed)
            measurements.append(measured)
            return measured

        yield kill


def cycles() -> list[Any]:
    """Five cycles of each program, the first of two of them quick; many more kinds of faults are in tests/campaign."""
    return [
        pytest.param(program, seed, marks=() if seed == 0 and program in QUICK else pytest.mark.long)
        for program in ("web", "worker", "redis", "postgres")
        for seed in range(5)
    ]


@pytest.mark.parametrize(("program", "seed"), cycles())
def test_every_client_ends_with_the_same_log(kill_in_a_run: Cycle, program: str, seed: int) -> None:
    measured = kill_in_a_run(program, seed)
    assert set(measured.endings) == {"completed"}
    assert (measured.lag if program == "redis" else measured.back) <= BOUNDS_SECONDS[program]


@pytest.mark.long
def test_a_lost_worker_s_runs_are_taken_over_within_the_usual_lease(
    browser: Browser, measurements: list[Measured]
) -> None:
    with own_stack() as stack, signed_in(browser, stack) as (caller, tabs):
        measured = perform_cycle(stack, caller, tabs, "worker", 30)
    measurements.append(measured)
    assert measured.restarted > 0
    assert measured.back <= BOUNDS_SECONDS["worker"]
