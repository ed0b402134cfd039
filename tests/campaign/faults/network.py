"""The way between clients and the server is bad, and clients are slow, asleep or many: rows 21 to 25 and 27."""

from __future__ import annotations

import signal
import time
from functools import partial
from typing import Final

import psutil

from tests.campaign.companions import Audience, open_audience
from tests.campaign.faults import Fault
from tests.campaign.recording import MET, read_lines
from tests.campaign.scene import Scene
from tests.stack.clients import sign_in

MEBIBYTE: Final = 1_048_576
SLOW_BYTES_A_SECOND: Final = 1_024.0
STOPPED: Final = 8
SOCKETS_EACH: Final = 2
SLOW_READER: Final = "4408"
STORM_SECONDS: Final = 60.0
STORM_PEOPLE: Final = 500
STORM_SOCKETS_EACH: Final = 4


def worsen_network(scene: Scene) -> None:
    """Row 21: 200 ms more or less each way with 5 % late by a retransmission, then a partition of ten seconds."""
    scene.pour(people=50)
    rules = scene.stage.web.rules
    for number in range(scene.cycles):
        with scene.fault():
            if number % 2:
                rules.holds_to = rules.holds_back = True
                scene.pause(10)
                rules.holds_to = rules.holds_back = False
            else:
                rules.delay_seconds, rules.jitter_seconds, rules.loss = 0.2, 0.1, 0.05
                scene.pause(10)
                rules.delay_seconds = rules.jitter_seconds = rules.loss = 0.0
        scene.pause(0.5)


def drop_clients(scene: Scene) -> None:
    """Row 22: everybody is cut off for two seconds, again and again."""
    scene.pour()
    proxy = scene.stage.web
    for _ in range(scene.cycles):
        with scene.fault():
            proxy.rules.refuses = True
            proxy.cut_lines()
            scene.pause(2)
            proxy.rules.refuses = False
    scene.notes["drops"] = f"{scene.cycles} of every client"


def put_clients_to_sleep(scene: Scene) -> None:
    """Row 23: a process of clients is stopped for 3 and for 15 seconds and wakes up."""
    scene.pour(people=80)
    scene.held_up = ("sleepers",)
    sleepers = scene.listen(scene.people[:40], name="sleepers", sockets=1, stream_every=4)
    for number in range(scene.cycles):
        with scene.fault():
            sleepers.signal(signal.SIGSTOP)
            scene.pause((3, 15)[number % 2])
            sleepers.signal(signal.SIGCONT)
            woken = time.monotonic()
            scene.wait_caught_up()
        scene.notes["awake again"] = f"caught up after {time.monotonic() - woken:.1f} s"


def read_slowly(scene: Scene) -> None:
    """Row 24: sockets that read 1 KB a second, read nothing, or acknowledge nothing, beside everybody else's."""
    # Few people with a lot each: who does not acknowledge is let be until 2,000 events are open.
    scene.pour(people=STOPPED, events_a_run=1_500)
    scene.held_up = ("slow", "silent")
    web = psutil.Process(scene.stage.stack.pid("web"))
    other = scene.stage.other_web
    for number in range(scene.cycles):
        before = web.memory_info().rss
        with scene.fault():
            unread = open_stopped(scene, number)
            slow = scene.listen(scene.people, name=f"slow-{number}", port=other.port, **alone())
            silent = scene.listen(scene.people, name=f"silent-{number}", acks=False, **alone())
            other.rules.bytes_a_second = SLOW_BYTES_A_SECOND
            scene.wait(partial(have_come_back, silent), "a socket that acknowledges nothing was never closed", 120)
            grown = (web.memory_info().rss - before) / MEBIBYTE / (3 * STOPPED * SOCKETS_EACH)
            other.reset()
            unread.end()
            for audience in (slow, silent):
                audience.finish("leave")
        scene.notes["memory"] = f"{grown:.2f} MB a socket"
        scene.require(grown <= 0.5, f"the web process grew by {grown:.2f} MB a socket")
        closed = count_closed(silent)
        scene.notes["closed"] = f"{closed} of {STOPPED * SOCKETS_EACH} that did not acknowledge"
        scene.require(closed == STOPPED * SOCKETS_EACH, f"only {closed} silent ones were closed with {SLOW_READER}")


def have_come_back(audience: Audience) -> bool:
    """Whether each of its sockets was closed and is there again."""
    return all(connects > 1 for _, _, connects in audience.places().values())


def alone() -> dict[str, int]:
    """Sockets and nothing else."""
    return {"sockets": SOCKETS_EACH, "second_every": 0, "stream_every": 0, "poll_every": 0}


def open_stopped(scene: Scene, number: int) -> Audience:
    """Sockets that read nothing after their first frame; they are not checked, because they apply nothing."""
    audience = open_audience(scene.stage, scene.folder, scene.people, name=f"unread-{number}", reads=False, **alone())
    audience.wait_ready()
    return audience


def count_closed(audience: Audience) -> int:
    """How many of its sockets were closed as slow readers."""
    return sum(kind == MET and SLOW_READER in rest[-1] for kind, *rest in read_lines(audience.file))


def storm(scene: Scene) -> None:
    """Row 25: thousands of sockets come at once, each with its whole log to catch up, while events flow."""
    scene.pour(people=STORM_PEOPLE, events_a_second=600)
    # What they catch up with is as old as it is.
    scene.held_up = ("crowd",)
    seconds = STORM_SECONDS * scene.patience
    scene.pause(15)
    for number in range(scene.cycles):
        began = time.monotonic()
        with scene.fault():
            crowd = open_audience(
                scene.stage, scene.folder, scene.people, name=f"crowd-{number}", cursor=0, sockets=STORM_SOCKETS_EACH,
                second_every=0, stream_every=0, poll_every=0, jitter_seconds=1.0, ready_seconds=seconds,
            )  # fmt: skip
            signing_in = time.monotonic()
            sign_in(scene.stage.stack.port)
            took = time.monotonic() - signing_in
            crowd.wait_ready()
            scene.audiences.append(crowd)
            scene.wait_caught_up(seconds)
        scene.notes["storm"] = (
            f"{STORM_PEOPLE * STORM_SOCKETS_EACH} sockets caught up after {time.monotonic() - began:.1f} s"
        )
        scene.notes["sign-in meanwhile"] = f"{took:.1f} s"
        scene.require(took <= 10, f"signing in took {took:.1f} s")
        crowd.finish("leave")


def work_in_parallel(scene: Scene) -> None:
    """Row 27: four tabs and a phone of each person, eight of their runs side by side."""
    scene.pour(people=20, events_a_second=800, runs_a_person=8, sockets=4, second_every=0, stream_every=1, poll_every=0)
    for _ in range(scene.cycles):
        with scene.fault():
            scene.pause(8)


FAULTS: Final = [
    Fault(21, "200 ms +-100, 5 % late; partition 10 s", 2, worsen_network),
    Fault(22, "clients dropped for 2 s, again and again", 4, drop_clients),
    Fault(23, "clients asleep 3 s, 15 s", 2, put_clients_to_sleep),
    Fault(24, "slow, silent and unread sockets", 1, read_slowly, 2.0),
    Fault(25, "2,000 sockets at once, far behind", 1, storm),
    Fault(27, "4 tabs + stream, 8 runs at once", 2, work_in_parallel),
]
