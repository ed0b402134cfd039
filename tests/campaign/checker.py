"""The checker: sorts what happened to events into ten classes that must be empty; shares no code with the product."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from tests.campaign.evidence import Client, Evidence, Got, Place, Row
from tests.campaign.recording import mark_of

CLASSES: Final = (
    "acked_missing", "unexpected", "client_lost", "dup_applied", "order", "seq_break", "cross_user", "two_terminals",
    "no_terminal", "sha_mismatch",
)  # fmt: skip
MOST_EXAMPLES: Final = 5


class Findings:
    """How many faults of each class, with the first few in words."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(CLASSES, 0))
        self.examples: list[str] = []
        # Commits whose answer was lost, and how many of them never became certain.
        self.ambiguous = 0
        self.unresolved = 0

    def add(self, name: str, sentence: str) -> None:
        """One more fault of a class."""
        self.counts[name] += 1
        if self.counts[name] <= MOST_EXAMPLES:
            self.examples.append(f"{name}: {sentence}")

    def include(self, other: Findings) -> None:
        """What was found in another part of the story too."""
        self.counts.update(other.counts)
        self.examples += other.examples
        self.ambiguous += other.ambiguous
        self.unresolved += other.unresolved

    @property
    def is_clean(self) -> bool:
        """True if every class is empty."""
        return not self.counts.total() and not self.unresolved


def check(evidence: Evidence) -> Findings:
    """Everything that is wrong with a fault's story."""
    findings = Findings()
    rows = sorted(evidence.rows, key=lambda row: (row.user, row.seq))
    check_emitted(evidence, rows, findings)
    check_streams(rows, findings)
    check_runs(evidence, rows, findings)
    check_answers(rows, findings)
    check_owners(evidence, rows, findings)
    by_user: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in rows:
        by_user[row.user][row.seq] = row
    for client in evidence.clients:
        check_client(evidence, client, by_user[client.user], findings)
    return findings


def check_emitted(evidence: Evidence, rows: Sequence[Row], findings: Findings) -> None:
    """What was acknowledged is there, what nobody attempted is not, and no commit stays in doubt."""
    emitted = evidence.emitted
    stored: dict[Place, str] = {row.place: row.digest for row in rows if row.place is not None}
    for place in emitted.acked - stored.keys():
        findings.add("acked_missing", f"{place} was acknowledged")
    for place, digest in stored.items():
        if place in emitted.tried and emitted.tried[place] != digest:
            findings.add("sha_mismatch", f"{place} is not what was emitted")
    findings.ambiguous = len(emitted.unsure)
    if not evidence.is_cut_off:
        findings.unresolved = len({place for place in emitted.unsure - emitted.acked if place[0] not in emitted.lost})
    if evidence.scripted:
        for row in rows:
            if row.place not in emitted.tried and row.run not in emitted.reopened:
                findings.add("unexpected", f"seq {row.seq} of {row.user}: nobody emitted it")


def check_streams(rows: Sequence[Row], findings: Findings) -> None:
    """Each person's log is numbered without a hole, and so is each attempt of each run, in the log's order."""
    last_seq: dict[str, int] = {}
    last_place: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.user in last_seq and row.seq != last_seq[row.user] + 1:
            findings.add("seq_break", f"{row.user}: {last_seq[row.user]} is followed by {row.seq}")
        last_seq[row.user] = row.seq
        if row.run is None or row.run_seq is None:
            continue
        attempt, run_seq = last_place.get(row.run, (row.attempt, -1))
        expected = run_seq + 1 if row.attempt == attempt else 0
        if row.attempt < attempt or row.run_seq != expected:
            findings.add("seq_break", f"run {row.run}: {(attempt, run_seq)} is followed by {row.place}")
        last_place[row.run] = (row.attempt, row.run_seq)


def check_runs(evidence: Evidence, rows: Sequence[Row], findings: Findings) -> None:
    """Each run has one end."""
    ends: Counter[str] = Counter(row.run for row in rows if row.terminal and row.run)
    for run, count in ends.items():
        if count > 1:
            findings.add("two_terminals", f"run {run} ended {count} times")
    for run in evidence.emitted.runs:
        if not ends[run] and not evidence.is_cut_off:
            findings.add("no_terminal", f"run {run} never ended")


def check_answers(rows: Sequence[Row], findings: Findings) -> None:
    """What a run's last attempt streamed is what its end says it was."""
    streamed: dict[tuple[str | None, int], list[str]] = defaultdict(list)
    for row in rows:
        if row.type == "message_delta" and row.text is not None:
            streamed[row.run, row.attempt].append(row.text)
        elif row.type == "model_switched":
            # Another model goes on: what the former one streamed is void.
            streamed[row.run, row.attempt].clear()
        elif row.terminal and row.sha256:
            text = "".join(streamed[row.run, row.attempt])
            if hashlib.sha256(text.encode()).hexdigest() != row.sha256:
                findings.add("sha_mismatch", f"run {row.run}: the deltas are not the answer")


def check_owners(evidence: Evidence, rows: Sequence[Row], findings: Findings) -> None:
    """Nobody's log has a run or a text of somebody else."""
    marks = {row.user: mark_of(evidence.secret, row.user) for row in rows}
    for row in rows:
        owner = evidence.emitted.runs.get(row.run or "", row.user)
        if owner != row.user or row.marks not in ("", marks[row.user]):
            findings.add("cross_user", f"seq {row.seq} of {row.user} is of {owner}, marked {row.marks}")


def check_client(evidence: Evidence, client: Client, rows: dict[int, Row], findings: Findings) -> None:
    """The client has its person's log after its start: all of it, once, in order, unchanged, and nothing else."""
    mark = mark_of(evidence.secret, client.user)
    seen: set[str] = set()
    ended: set[str | None] = set()
    highest = client.start
    for got in client.got:
        if got.event_id in seen:
            findings.add("dup_applied", f"{client.name} applied {got.event_id} twice")
            continue
        seen.add(got.event_id)
        if got.seq <= highest:
            findings.add("order", f"{client.name} applied {got.seq} after {highest}")
        highest = max(highest, got.seq)
        if got.terminal and got.run in ended:
            findings.add("two_terminals", f"{client.name} saw run {got.run} end twice")
        if got.terminal:
            ended.add(got.run)
        check_got(client, mark, got, rows.get(got.seq), findings)
    for seq in missing(client, rows):
        findings.add("client_lost", f"{client.name} never got {seq}")


def check_got(client: Client, mark: str, got: Got, row: Row | None, findings: Findings) -> None:
    """One event is this person's, and is the log's."""
    if got.user != client.user or got.marks not in ("", mark):
        findings.add("cross_user", f"{client.name} of {client.user} got {got.event_id} of {got.user}")
    if row is None or row[2:6] != got[3:7]:
        findings.add("unexpected", f"{client.name} applied {got.event_id}, which is not in the log")
    elif row.digest != got.digest:
        findings.add("sha_mismatch", f"{client.name} got another text of {got.event_id}")


def missing(client: Client, rows: dict[int, Row]) -> Iterator[int]:
    """What the client should have applied and did not; a snapshot stands for what lies before its place."""
    have = {got.seq for got in client.got}
    for jump in client.jumps:
        last = client.got[jump.applied - 1].seq if jump.applied else client.start
        have.update(range(last + 1, jump.to + 1))
    last = max(rows, default=0) if client.left_at is None else client.left_at
    return (seq for seq in rows if client.start < seq <= last and seq not in have)
