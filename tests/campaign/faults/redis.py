"""Redis dies, stops, forgets, throws its listeners out: rows 1 to 6."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import redis

from tests.campaign.faults import Fault
from tests.campaign.scene import Scene

MOST_LAG_SECONDS: Final = 1.5


def soak(scene: Scene) -> None:
    """Row 1: nothing is done; the same flow, to have something to compare with."""
    scene.pour()
    for _ in range(scene.cycles):
        with scene.fault():
            scene.pause(10)


def kill_redis(scene: Scene) -> None:
    """Row 2: kill -9, five seconds away, back and empty."""
    scene.pour()
    server = scene.stage.servers.redis
    assert server is not None
    for _ in range(scene.cycles):
        connected = count_connects(scene)
        with scene.fault():
            server.kill()
            scene.pause(5)
            server.start()
            scene.pause(2.5)
        scene.require(count_connects(scene) == connected, "a socket was lost with Redis")
        scene.pause(1)


def hold_redis(scene: Scene) -> None:
    """Row 3: Redis stops, pauses its clients, or swallows everything without a word."""
    scene.pour()
    ways = (stop_process, pause_clients, swallow)
    for number in range(scene.cycles):
        before = commits_a_second(scene, 2)
        with scene.fault(), ways[number % len(ways)](scene):
            held = commits_a_second(scene, 6)
        scene.notes[f"appends/s {ways[number % len(ways)].__name__}"] = f"{before:.0f} -> {held:.0f}"
        scene.require(held >= 0.8 * before / scene.patience, f"appends went from {before:.0f} to {held:.0f} a second")
        scene.pause(1)


def commits_a_second(scene: Scene, seconds: float) -> float:
    """How many events a second come into the log now."""
    from tests.campaign.truth import read_heads

    began, before = time.monotonic(), sum(read_heads(scene.stage.database_url, scene.users).values())
    scene.pause(seconds)
    after = sum(read_heads(scene.stage.database_url, scene.users).values())
    return (after - before) / (time.monotonic() - began)


@contextmanager
def stop_process(scene: Scene) -> Iterator[None]:
    """SIGSTOP."""
    server = scene.stage.servers.redis
    assert server is not None
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@contextmanager
def pause_clients(scene: Scene) -> Iterator[None]:
    """CLIENT PAUSE: connections live and nobody is answered."""
    with client_of(scene) as client:
        # It ends by itself: while it lasts the word to end it is not heard either.
        client.execute_command("CLIENT", "PAUSE", "6500", "ALL")
        yield


@contextmanager
def swallow(scene: Scene) -> Iterator[None]:
    """A network that takes everything and brings nothing."""
    for proxy in (scene.stage.redis, scene.stage.emitter_redis):
        proxy.rules.holds_to = proxy.rules.holds_back = True
    try:
        yield
    finally:
        for proxy in (scene.stage.redis, scene.stage.emitter_redis):
            proxy.cut_lines()
            proxy.reset()


def flush_redis(scene: Scene) -> None:
    """Row 4: everything Redis knows is gone."""
    scene.pour()
    for _ in range(scene.cycles):
        with scene.fault(), client_of(scene) as client:
            client.flushall()
            scene.pause(3.5)


def throw_listeners_out(scene: Scene) -> None:
    """Row 5: CLIENT KILL TYPE pubsub."""
    scene.pour()
    for _ in range(scene.cycles):
        with scene.fault(), client_of(scene) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            scene.pause(1.5)


def disturb_publishing(scene: Scene) -> None:
    """Row 6: the layer drops 1, 10, 50, 100 % of the messages, doubles 20 %, reorders 20 %."""
    emitter = scene.pour()
    kinds: tuple[dict[str, Any], ...] = (
        {"drop": 0.01}, {"drop": 0.1}, {"drop": 0.5}, {"drop": 1.0}, {"double": 0.2}, {"swap": 0.2},
    )  # fmt: skip
    for number in range(scene.cycles):
        with scene.fault():
            emitter.disturb(seed=scene.seed, **kinds[number % len(kinds)])
            scene.pause(6)
            emitter.disturb()
        scene.pause(0.5)


def client_of(scene: Scene) -> redis.Redis:
    """A connection to Redis itself."""
    return redis.Redis.from_url(scene.stage.redis_url, socket_timeout=10)


def count_connects(scene: Scene) -> int:
    """How often sockets have connected so far."""
    places = [place for audience in scene.audiences for place in audience.places().items()]
    return sum(connects for name, (_, _, connects) in places if "socket" in name)


FAULTS: Final = [
    Fault(1, "nothing (soak)", 2, soak),
    Fault(2, "Redis kill -9, 5 s down, back empty", 3, kill_redis, MOST_LAG_SECONDS),
    Fault(3, "Redis stopped, paused, black hole", 3, hold_redis, MOST_LAG_SECONDS),
    Fault(4, "Redis FLUSHALL", 5, flush_redis, MOST_LAG_SECONDS),
    Fault(5, "CLIENT KILL TYPE pubsub", 8, throw_listeners_out, MOST_LAG_SECONDS),
    Fault(6, "layer drops, doubles, reorders", 6, disturb_publishing, MOST_LAG_SECONDS),
]
