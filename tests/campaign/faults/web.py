"""Web processes die, are replaced, stand still: rows 8 to 10."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from typing import Final

from tests.campaign.faults import Fault
from tests.campaign.scene import Scene
from tests.stack.second_web import second_web

# What is promised is 3 s; the rest is for a machine that does other things too, as in the tests of the whole.
BACK_SECONDS: Final = 15.0


def kill_web(scene: Scene) -> None:
    """Row 8: kill -9, every other time while Redis is down."""
    scene.pour()
    server = scene.stage.servers.redis
    assert server is not None
    for number in range(scene.cycles):
        without_redis = number % 2 == 1
        with scene.fault():
            if without_redis:
                server.kill()
            took = replace_web(scene, signal.SIGKILL)
            if without_redis:
                server.start()
        scene.notes[f"everybody back{' without Redis' if without_redis else ''}"] = f"after {took:.1f} s"
        require_back(scene, took)
        scene.pause(1)


def replace_web(scene: Scene, number: signal.Signals) -> float:
    """Ends the web process and waits until every socket is back; seconds that took."""
    before = connects_of(scene)
    began = time.monotonic()
    scene.stage.stack.kill("web", number)

    def is_back() -> bool:
        now = connects_of(scene)
        return all(now[name] > count for name, count in before.items())

    scene.wait(is_back, "a socket did not come back")
    return time.monotonic() - began


def require_back(scene: Scene, took: float) -> None:
    """Everybody has a socket again soon enough."""
    bound = BACK_SECONDS * scene.patience
    scene.require(took <= bound, f"not everybody was back within {bound:.0f} s")


def connects_of(scene: Scene) -> dict[str, int]:
    """How often each socket behind the first web process has connected."""
    places = [
        place
        for audience in scene.audiences
        if audience.order.port == scene.stage.web.port
        for place in audience.places().items()
    ]
    return {name: connects for name, (_, _, connects) in places if "socket" in name}


def roll_web(scene: Scene) -> None:
    """Row 9: SIGTERM to one of two web processes after the other, as a deploy does it behind a load balancer."""
    scene.pour(people=80)
    proxy, first = scene.stage.other_web, scene.stage.web.target
    with ExitStack() as second:
        proxy.target = second.enter_context(second_web(scene.stage.stack))
        scene.listen(scene.people, name="second", port=proxy.port, second_every=0, poll_every=0)
        for _ in range(scene.cycles):
            with scene.fault():
                took = replace_web(scene, signal.SIGTERM)
            scene.notes["everybody back"] = f"after {took:.1f} s"
            require_back(scene, took)
        with scene.fault():
            proxy.target = first
            second.close()


def stop_web(scene: Scene) -> None:
    """Row 10: SIGSTOP for 1 and for 8 seconds."""
    scene.pour()
    for number in range(scene.cycles):
        pid = scene.stage.stack.pid("web")
        with scene.fault():
            os.kill(pid, signal.SIGSTOP)
            scene.pause((1, 8)[number % 2])
            os.kill(pid, signal.SIGCONT)
            continued = time.monotonic()
            scene.wait_caught_up()
        scene.notes["caught up"] = f"{time.monotonic() - continued:.1f} s after it went on"
        scene.require(scene.stage.stack.pid("web") == pid, "the web process was replaced")
        scene.pause(1)


FAULTS: Final = [
    Fault(8, "web kill -9, half without Redis", 2, kill_web),
    Fault(9, "web SIGTERM, rolling, two processes", 2, roll_web),
    Fault(10, "web SIGSTOP 1 s, 8 s", 4, stop_web),
]
