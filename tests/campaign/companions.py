"""The processes beside the product: emitters and audiences, started and spoken to from the campaign."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netra.config import PROJECT_FOLDER
from tests.campaign.emitting import Order
from tests.campaign.listening import ListenOrder
from tests.campaign.people import Person
from tests.campaign.stage import Stage
from tests.stack_process import own_environment


class Companion:
    """One process that is given lines and answers some of them."""

    def __init__(self, module: str, environment: dict[str, str], log: Path) -> None:
        with log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=PROJECT_FOLDER,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        self.log = log

    def say(self, line: str) -> None:
        """Tells it something."""
        assert self.process.stdin
        try:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise AssertionError(self._last_words()) from error

    def hear(self) -> str:
        """Its next line."""
        assert self.process.stdout
        line: str = self.process.stdout.readline()
        assert line, self._last_words()
        return line.strip()

    def _last_words(self) -> str:
        return f"{self.log.name} ended: {self.log.read_text()[-2000:]}"

    def signal(self, number: signal.Signals) -> None:
        """Stops, continues or ends it."""
        self.process.send_signal(number)

    def end(self) -> None:
        """It is gone when this returns."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.communicate()


class EmitterProcess(Companion):
    """A process of emitters; it makes its people."""

    def __init__(self, stage: Stage, folder: Path, order: Order, environment: Mapping[str, str]) -> None:
        chosen = stage.emitter_environment() | dict(environment)
        super().__init__("tests.campaign.emitting", chosen, folder / "emitter.log")
        self.say(order.encode())
        self.people = [Person(*pair) for pair in json.loads(self.hear())]

    def pour(self) -> None:
        """Begins."""
        self.say("pour")

    def disturb(self, **how: float) -> None:
        """Makes its live path drop, double or reorder."""
        self.say(f"disturb {json.dumps(how)}")

    def finish(self) -> dict[str, int]:
        """Ends every run; how many ended, how many were lost."""
        self.say("stop")
        told: dict[str, int] = json.loads(self.hear())
        return told


class Audience(Companion):
    """A process of clients."""

    def __init__(self, folder: Path, order: ListenOrder) -> None:
        super().__init__("tests.campaign.listening", own_environment(), folder / f"{order.name}.log")
        self.order = order
        self.file = Path(order.file)
        self.is_finished = False
        self.say(order.encode())

    def wait_ready(self) -> None:
        """Returns once everybody has a place in the log."""
        assert self.hear() == "ready"

    def places(self) -> dict[str, tuple[str, int, int]]:
        """By client: whose it is, up to where it has the log, and how often it connected."""
        self.say("cursors")
        told: dict[str, Any] = json.loads(self.hear())
        return {name: tuple(place) for name, place in told.items()}

    def follows(self, epochs: dict[str, str]) -> bool:
        """True if everybody's place is one of the log there is now."""
        self.say("epochs")
        return all(epoch == epochs[user] for user, epoch in json.loads(self.hear()).values())

    def has(self, heads: dict[str, int]) -> bool:
        """True if everybody has their log up to there."""
        return all(cursor >= heads.get(user, 0) for user, cursor, _ in self.places().values())

    def finish(self, word: str = "stop") -> None:
        """Its file is complete when this returns; told to `leave`, its clients need nothing that comes later."""
        if not self.is_finished:
            self.say(word)
            assert self.hear() == "stopped"
            self.is_finished = True


def open_audience(stage: Stage, folder: Path, people: Sequence[Person], **how: Any) -> Audience:
    """An audience behind the clients' proxy; it may not be ready yet."""
    name = str(how.pop("name", "clients"))
    port = int(how.pop("port", stage.web.port))
    return Audience(folder, ListenOrder(port, str(folder / f"{name}.jsonl"), people, name=name, **how))
