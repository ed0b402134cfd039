"""A log that a backup replaces: its story ends there, and a second one begins with what the backup had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.campaign.checker import Findings, check
from tests.campaign.evidence import Client, Evidence, Place, Row


@dataclass(frozen=True)
class Restore:
    """One backup that was put back while nobody could write."""

    # What was there before, what had been acknowledged by then, and the runs that had begun.
    former: Sequence[Row]
    acked: set[Place]
    begun: set[str]
    # What the backup had, the new name it gave each person's log, and its runs: all, and those that had no end.
    kept: Sequence[Row]
    epochs: dict[str, str]
    runs: set[str]
    open_runs: set[str]

    @property
    def forgotten(self) -> set[Place]:
        """Places of events that were acknowledged in vain, as after every restore."""
        return places_of(self.former) - places_of(self.kept)


def places_of(rows: Sequence[Row]) -> set[Place]:
    """Where a run's events stand in it."""
    return {row.place for row in rows if row.place is not None}


def check_restored(evidence: Evidence, restores: Sequence[Restore]) -> Findings:
    """Each log by itself: what was in it until it was replaced, and what came after that."""
    findings = Findings()
    stories: list[Evidence] = []
    for restore in restores:
        check_kept(restore, findings)
        before, evidence = split(evidence, restore)
        stories.append(before)
    stories.append(evidence)
    for story in stories:
        findings.include(check(story))
    for restore, after in zip(restores, stories[1:], strict=True):
        check_names(after, restore, findings)
    return findings


def check_kept(restore: Restore, findings: Findings) -> None:
    """A backup has nothing that was not there."""
    for row in set(restore.kept) - set(restore.former):
        findings.add("unexpected", f"seq {row.seq} of {row.user}: only the backup has it")


def check_names(after: Evidence, restore: Restore, findings: Findings) -> None:
    """Who went on with the new log applies nothing of the former one."""
    for client in after.clients:
        for got in client.got:
            if not got.event_id.startswith(restore.epochs[client.user]):
                findings.add("unexpected", f"{client.name} applied {got.event_id} of a former log")


def split(evidence: Evidence, restore: Restore) -> tuple[Evidence, Evidence]:
    """The story until the log was replaced, and the one that goes on."""
    kept = places_of(restore.kept)
    pairs = [split_client(client, restore.epochs[client.user]) for client in evidence.clients]
    before = replace(
        evidence,
        is_cut_off=True,
        rows=list(restore.former),
        clients=[former for former, _ in pairs],
        # Commits in doubt are told once, in the story that goes on.
        emitted=replace(evidence.emitted, acked=restore.acked & evidence.emitted.acked, unsure=set()),
    )
    emitted = replace(
        evidence.emitted,
        runs={run: user for run, user in evidence.emitted.runs.items() if survives(run, restore)},
        # Whoever ends a run that was set back may write something else where its emitter had gone on.
        tried={
            place: digest
            for place, digest in evidence.emitted.tried.items()
            if place[0] not in restore.open_runs or place in kept
        },
        acked=evidence.emitted.acked - restore.forgotten,
        unsure=evidence.emitted.unsure - restore.forgotten,
        reopened=evidence.emitted.reopened | restore.open_runs,
    )
    return before, replace(evidence, clients=[later for _, later in pairs], emitted=emitted)


def survives(run: str, restore: Restore) -> bool:
    """Unless it had begun by then and the backup does not know it."""
    return run in restore.runs or run not in restore.begun


def split_client(client: Client, epoch: str) -> tuple[Client, Client]:
    """Its time with the former log, and from the snapshot on that told it of the new one."""
    number = next((number for number, jump in enumerate(client.jumps) if jump.epoch == epoch), None)
    if number is None:
        # It never heard of the new log, of which it should have everything.
        return replace(client, left_at=client.left_at or last_place(client)), Client(client.name, client.user, 0)
    jump = client.jumps[number]
    former = replace(client, got=client.got[: jump.applied], jumps=client.jumps[:number])
    later = replace(
        client,
        start=jump.to,
        got=client.got[jump.applied :],
        jumps=[other._replace(applied=other.applied - jump.applied) for other in client.jumps[number + 1 :]],
    )
    return replace(former, left_at=last_place(former)), later


def last_place(client: Client) -> int:
    """How far it had come."""
    return max([client.start, *(got.seq for got in client.got), *(jump.to for jump in client.jumps)])
