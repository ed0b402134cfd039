"""Two faults at once, chosen by the seed, and the ladder of ways an end may take: rows 30 and 32."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final

from netra.config import PROJECT_FOLDER
from tests.campaign.faults import Fault
from tests.campaign.faults.postgres import kill_backend, restart_at_once
from tests.campaign.faults.redis import client_of, stop_process, swallow
from tests.campaign.scene import Scene
from tests.stack_process import own_environment

LADDER: Final = "tests/stack/test_channels.py"


@contextmanager
def no_redis(scene: Scene) -> Iterator[None]:
    """Redis is killed, and comes back empty."""
    server = scene.stage.servers.redis
    assert server is not None
    server.kill()
    yield
    server.start()


@contextmanager
def bad_clients_network(scene: Scene) -> Iterator[None]:
    """Late and lossy for everybody."""
    rules = scene.stage.web.rules
    rules.delay_seconds, rules.jitter_seconds, rules.loss = 0.1, 0.05, 0.05
    yield
    scene.stage.web.reset()


@contextmanager
def cut_answers(scene: Scene) -> Iterator[None]:
    """Commits whose answers are lost."""
    rules = scene.stage.emitter_database.rules
    rules.answer_cuts, rules.cut_chance = 20, 0.2
    yield
    scene.stage.emitter_database.reset()


@contextmanager
def lossy_publishing(scene: Scene) -> Iterator[None]:
    """The live path drops, doubles and reorders."""
    assert scene.emitter is not None
    scene.emitter.disturb(seed=scene.seed, drop=0.3, double=0.2, swap=0.2)
    yield
    scene.emitter.disturb()


def at_once(act: Callable[[Scene], object]) -> Callable[[Scene], AbstractContextManager[None]]:
    """Something that is over as soon as it is done."""

    @contextmanager
    def done(scene: Scene) -> Iterator[None]:
        act(scene)
        yield

    done.__name__ = act.__name__
    return done


def kill_web(scene: Scene) -> None:
    """The supervisor brings another one."""
    scene.stage.stack.kill("web")


def kill_duties(scene: Scene) -> None:
    """What repairs dies too."""
    scene.stage.stack.kill("duties")


def cut_half_the_clients(scene: Scene) -> None:
    """Every other line of the clients is reset."""
    scene.stage.web.cut_lines(lambda number: number % 2 == 0)


def cut_web_from_database(scene: Scene) -> None:
    """All lines between the programs and Postgres are reset."""
    scene.stage.database.cut_lines()


def forget_everything(scene: Scene) -> None:
    """FLUSHALL; a Redis that is away just now has nothing to forget."""
    if scene.stage.servers.redis is not None and scene.stage.servers.redis.answers(scene.stage.redis_url):
        with client_of(scene) as client:
            client.flushall()


EVILS: Final[tuple[Callable[[Scene], AbstractContextManager[None]], ...]] = (
    no_redis, stop_process, swallow, bad_clients_network, cut_answers, lossy_publishing,
    *map(at_once, (kill_web, kill_duties, cut_half_the_clients, cut_web_from_database, forget_everything,
                   kill_backend, restart_at_once)),
)  # fmt: skip
# Two of these would undo each other.
OF_REDIS: Final = frozenset({no_redis, stop_process, swallow})


def strike_twice(scene: Scene) -> None:
    """Row 30: two evils, the second while the first one lasts; which, and when, only the seed knows."""
    scene.pour()
    story = []
    for _ in range(scene.cycles):
        first, second = choose(scene)
        story.append(f"{first.__name__} + {second.__name__}")
        with scene.fault(), ExitStack() as lasting:
            lasting.enter_context(first(scene))
            scene.pause(scene.chance.uniform(0.2, 2.0))
            lasting.enter_context(second(scene))
            scene.pause(scene.chance.uniform(2.0, 4.0))
        scene.pause(0.5)
    scene.notes["struck"] = "; ".join(story)


def choose(
    scene: Scene,
) -> tuple[Callable[[Scene], AbstractContextManager[None]], Callable[[Scene], AbstractContextManager[None]]]:
    """Two different evils that can be done at once."""
    while True:
        first, second = scene.chance.sample(EVILS, 2)
        if not {first, second} <= OF_REDIS:
            return first, second


def climb_the_ladder(scene: Scene) -> None:
    """Row 32: every way switched off but one; the tests of the channels do it, each on a Netra of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "pytest", LADDER, "-q", "-p", "no:cacheprovider"],
        cwd=PROJECT_FOLDER,
        env=own_environment() | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    scene.notes["tests of the channels"] = told.stdout.strip().splitlines()[-1] if told.stdout.strip() else "nothing"
    scene.require(told.returncode == 0, f"{LADDER} ended with {told.returncode}")


FAULTS: Final = [
    Fault(30, "two at once, by the seed (nemesis)", 5, strike_twice),
    Fault(32, "each way alone (tests of the channels)", 1, climb_the_ladder),
]
