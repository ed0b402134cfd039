"""What the checker is given: the rows of the log, what emitters noted, and what each client applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.campaign import recording

Place = tuple[str, int, int]


class Row(NamedTuple):
    """One row of the log, straight from its table."""

    user: str
    seq: int
    run: str | None
    attempt: int
    run_seq: int | None
    type: str
    terminal: bool
    digest: str
    # Of a delta its text, of a question and an answer theirs.
    text: str | None
    sha256: str | None
    marks: str

    @property
    def place(self) -> Place | None:
        """Where it stands in its run; None for an event that is none of a run's numbered ones."""
        return None if self.run is None or self.run_seq is None else (self.run, self.attempt, self.run_seq)


class Got(NamedTuple):
    """One event as a client applied it."""

    seq: int
    event_id: str
    user: str
    run: str | None
    attempt: int
    run_seq: int | None
    type: str
    terminal: bool
    digest: str
    marks: str
    at: float
    made_at: float


class Jump(NamedTuple):
    """A snapshot a client went on from: how much it had applied before, and the place and the log it led to."""

    applied: int
    to: int
    epoch: str = ""


@dataclass
class Client:
    """One client: whose, from where on, what it applied, and the places it jumped to with a snapshot."""

    name: str
    user: str
    start: int
    got: list[Got] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    # Where it was when it was told to leave before the end; None: it stayed.
    left_at: int | None = None


@dataclass
class Emitted:
    """What emitters tried and were told, by place in a run."""

    runs: dict[str, str] = field(default_factory=dict)
    tried: dict[Place, str] = field(default_factory=dict)
    acked: set[Place] = field(default_factory=set)
    unsure: set[Place] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    # Set back by a backup, so that workers end them; what those write is noted nowhere.
    reopened: set[str] = field(default_factory=set)


@dataclass
class Evidence:
    """One fault's whole story; `scripted`: nobody but the emitters wrote for these people."""

    secret: str
    scripted: bool
    # The log was replaced at the end of this story: runs were open and commits in doubt.
    is_cut_off: bool = False
    rows: list[Row] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    emitted: Emitted = field(default_factory=Emitted)


def read_emitted(lines: Iterable[list[Any]], emitted: Emitted) -> None:
    """Adds an emitter's or a questioner's file."""
    for kind, *rest in lines:
        if kind in (recording.BEGUN, recording.ASKED):
            user, run = rest
            emitted.runs[run] = user
        elif kind == recording.TRIED:
            run, attempt, base, digests = rest
            emitted.tried |= {(run, attempt, base + number): digest for number, digest in enumerate(digests)}
        elif kind in (recording.ACKED, recording.UNSURE):
            run, attempt, base, count = rest
            places = {(run, attempt, base + number) for number in range(count)}
            (emitted.acked if kind == recording.ACKED else emitted.unsure).update(places)
        elif kind == recording.LOST:
            emitted.lost.add(rest[0])


def read_clients(lines: Iterable[list[Any]]) -> list[Client]:
    """The clients of one file."""
    clients: dict[str, Client] = {}
    for kind, name, *rest in lines:
        if kind == recording.CLIENT:
            user, start = rest
            clients[name] = Client(name, user, start)
        elif kind == recording.GOT:
            clients[name].got.append(Got(*rest))
        elif kind == recording.JUMPED:
            clients[name].jumps.append(Jump(len(clients[name].got), *rest))
        elif kind == recording.LEFT:
            clients[name].left_at = rest[0]
    return list(clients.values())
