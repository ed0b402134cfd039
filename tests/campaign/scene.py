"""One fault's scene: people, who writes for them, who listens, when it hurt, and what came of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.campaign.checker import Findings
from tests.campaign.companions import Audience, EmitterProcess, open_audience
from tests.campaign.emitting import Order
from tests.campaign.evidence import Emitted, Evidence, read_clients, read_emitted
from tests.campaign.people import Person
from tests.campaign.recording import ASKED, Recorder, read_lines
from tests.campaign.restored import Restore, check_restored
from tests.campaign.stage import Stage
from tests.campaign.truth import count_open_runs, read_heads, read_rows
from tests.stack_process import wait_until

RECOVERY_SECONDS: Final = 60.0
QUIET_SECONDS: Final = 60.0
LISTENING: Final = ("sockets", "second_every", "stream_every", "poll_every", "jitter_seconds")
# Who is no further behind than this has recovered.
FOLLOWING_SECONDS: Final = 1.0
# How long it flows before the first fault, to have something to compare with.
CALM_SECONDS: Final = 4.0


@dataclass(frozen=True)
class Window:
    """From the injection of a fault until everybody had everything again."""

    since: float
    until: float
    # How many came into the log meanwhile.
    events: int


@dataclass(frozen=True)
class Lag:
    """Seconds from the making of an event to a client: at worst and in 99 of 100, in calm moments and under faults."""

    calm: float = 0.0
    calm_p99: float = 0.0
    worst: float = 0.0
    p99: float = 0.0

    @property
    def added(self) -> float:
        """What the fault costs: the machine is shared, and is late now and then without one."""
        return self.worst - self.calm


def nth(values: list[float], share: float) -> float:
    """The value that so large a share does not exceed."""
    return sorted(values)[int(share * (len(values) - 1))]


@dataclass
class Result:
    """A line of the table."""

    row: int
    name: str
    cycles: int
    findings: Findings
    events: int
    under_faults: int
    lag: Lag
    notes: dict[str, str]
    broken: list[str]
    seconds: float = 0.0
    # What the machine lacks for it.
    lacks: str = ""

    @classmethod
    def of_a_crash(cls, row: int, name: str, cycles: int, error: Exception) -> Result:
        """A fault that could not be played to its end proves nothing."""
        return cls(row, name, cycles, Findings(), 0, 0, Lag(), {}, [f"not played to its end: {error!r}"[:300]])

    @classmethod
    def of_a_lack(cls, row: int, name: str, lacks: str) -> Result:
        """A row this machine cannot play; the table says so."""
        return cls(row, name, 0, Findings(), 0, 0, Lag(), {}, [], lacks=lacks)

    @property
    def is_good(self) -> bool:
        """True unless something was found, or the row's own promise was broken."""
        return self.findings.is_clean and not self.broken


@dataclass
class Scene:
    """What a fault is played on."""

    stage: Stage
    folder: Path
    cycles: int
    seed: int
    # How many times as long as promised things may take here: a machine that does other things too is no fault.
    patience: float = 1.0
    people: list[Person] = field(default_factory=list)
    emitter: EmitterProcess | None = None
    audiences: list[Audience] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    restores: list[Restore] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    # Clients whose lag is not the fault's: they were stopped on purpose.
    held_up: tuple[str, ...] = ()
    # What a fault needs until the checker is done.
    at_end: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.secret = f"{self.seed}-{self.folder.name}"
        self.asked = Recorder(self.folder / "asked.jsonl")

    def pour(
        self,
        people: int = 100,
        events_a_second: float = 800,
        environment: Mapping[str, str] | None = None,
        **more: Any,
    ) -> EmitterProcess:
        """Begins to write for new people, everybody listening; returns once it flows."""
        listening = {key: more.pop(key) for key in LISTENING if key in more}
        order = Order(people, str(self.folder / "emitted.jsonl"), self.secret, self.seed, events_a_second, **more)
        self.emitter = EmitterProcess(self.stage, self.folder, order, environment or {})
        self.people += self.emitter.people
        self.listen(self.emitter.people, **listening)
        self.emitter.pour()
        self.wait(lambda: sum(read_heads(self.stage.database_url, self.users).values()) > people, "nothing was poured")
        self.pause(CALM_SECONDS)
        return self.emitter

    def listen(self, people: Sequence[Person], **how: Any) -> Audience:
        """Clients of these people, ready."""
        audience = open_audience(self.stage, self.folder, people, **how)
        self.audiences.append(audience)
        audience.wait_ready()
        return audience

    @property
    def users(self) -> list[str]:
        """Whose logs this is about."""
        return [person.id for person in self.people]

    def note_asked(self, user: str, run: str) -> None:
        """A run that was accepted and must end."""
        self.asked.write_through(ASKED, user, run)

    @contextmanager
    def fault(self) -> Iterator[None]:
        """What happens inside hurts; the window closes once everybody has what was in the log when it was undone."""
        since, before = time.time(), self._count_written()
        yield
        self.wait_caught_up()
        self.windows.append(Window(since, time.time(), self._count_written() - before))

    def wait_caught_up(self, seconds: float = RECOVERY_SECONDS) -> None:
        """Returns once every client follows the log: it soon has what was there a moment ago."""
        deadline = time.monotonic() + seconds
        while self._time_to_follow(deadline) > FOLLOWING_SECONDS and time.monotonic() < deadline:
            pass

    def _time_to_follow(self, deadline: float) -> float:
        """How long the slowest client takes to where the log ends now; no time where there is nobody."""
        if not self.people:
            return 0.0
        heads: dict[str, int] = {}
        left = max(deadline - time.monotonic(), 1.0)
        self.wait(lambda: bool(heads.update(self._heads()) or heads), "the database did not come back", left)
        began = time.monotonic()
        self.wait(lambda: all(a.has(heads) for a in self.audiences if not a.is_finished), "somebody is behind", left)
        return time.monotonic() - began

    def _count_written(self) -> int:
        """How many events there have been, those too that a backup forgot."""
        forgotten = sum(len(restore.former) - len(restore.kept) for restore in self.restores)
        return sum(self._heads().values()) + forgotten

    def _heads(self) -> dict[str, int]:
        try:
            return read_heads(self.stage.database_url, self.users)
        except psycopg.OperationalError:
            return {}

    def wait(self, is_true: Callable[[], bool], failure: str, seconds: float = RECOVERY_SECONDS) -> None:
        """Returns once it is true; what never comes true is a promise that was broken, not the campaign's end."""
        try:
            wait_until(is_true, seconds, failure)
        except AssertionError as error:
            self.broken.append(f"{error} after {seconds:.0f} s")

    def pause(self, seconds: float) -> None:
        """Lets time go by, in which events flow."""
        time.sleep(seconds)

    def require(self, holds: bool, sentence: str) -> None:
        """A promise of this row."""
        if not holds:
            self.broken.append(sentence)

    def finish(self, row: int, name: str) -> Result:
        """Everybody comes to rest; then the checker looks at all that was written down."""
        self.stage.reset()
        if self.emitter is not None:
            told = self.emitter.finish()
            self.notes["runs"] = str(told["ended"])
            kept_runs = told["lost"] == 0 or bool(self.restores)
            self.require(kept_runs, f"{told['lost']} runs were taken from an emitter that lived")
        self.wait_caught_up(QUIET_SECONDS)
        self.wait(lambda: not count_open_runs(self.stage.database_url, self.users), "runs never ended", QUIET_SECONDS)
        self.wait_caught_up(QUIET_SECONDS)
        for audience in self.audiences:
            audience.finish()
        evidence = self.collect()
        findings = check_restored(evidence, self.restores)
        under_faults = sum(window.events for window in self.windows)
        return Result(
            row, name, self.cycles, findings, len(evidence.rows), under_faults, self.measure_lag(evidence),
            self.notes, self.broken,
        )  # fmt: skip

    def collect(self) -> Evidence:
        """What the checker is given."""
        evidence = Evidence(self.secret, scripted=self.emitter is not None)
        evidence.rows = read_rows(self.stage.database_url, self.users)
        evidence.emitted = self.read_noted()
        for audience in self.audiences:
            evidence.clients += read_clients(read_lines(audience.file))
        return evidence

    def read_noted(self) -> Emitted:
        """What emitters and questioners have noted by now."""
        emitted = Emitted()
        for file in ("emitted.jsonl", "asked.jsonl"):
            if (self.folder / file).exists():
                read_emitted(read_lines(self.folder / file), emitted)
        return emitted

    def measure_lag(self, evidence: Evidence) -> Lag:
        """How late events were for clients that were not stopped on purpose, under faults and well before them."""
        calm, hurt = [0.0], [0.0]
        for client in evidence.clients:
            if client.name.startswith(self.held_up or ("\0",)):
                continue
            for got in client.got:
                if any(window.since <= got.made_at <= window.until for window in self.windows):
                    hurt.append(got.at - got.made_at)
                elif not any(window.since - CALM_SECONDS / 2 <= got.made_at < window.since for window in self.windows):
                    calm.append(got.at - got.made_at)
        return Lag(max(calm), nth(calm, 0.99), max(hurt), nth(hurt, 0.99))

    def close(self) -> None:
        """Ends the processes of this scene."""
        self.asked.close()
        for companion in (self.emitter, *self.audiences):
            if companion is not None:
                companion.end()
        self.at_end.close()
