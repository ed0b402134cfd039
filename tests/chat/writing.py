"""A worker's writer and claimed runs, for tests of the append."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts.models import User
from chat.emitter import RunStream, Writer, publisher_thread
from chat.log import connections
from chat.models import Event, Run
from chat.runs import claim_run
from chat.threads import post_message
from tests.conftest import make_user


class RunningWriter:
    """A writer with its loop running, as in a worker."""

    async def __aenter__(self) -> Writer:
        self.writer = Writer(publisher_thread.submit)
        self.task = asyncio.create_task(self.writer.run())
        return self.writer

    async def __aexit__(self, *_: Any) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.writer.close()


def stream_of(writer: Writer, run: Run, *, merge: bool = False) -> RunStream:
    """The door through which this run writes."""
    return RunStream.of(writer, run, merge_deltas=merge)


def claimed_runs(people: int, runs_each: int, owner: str, prefix: str = "person") -> list[Run]:
    """Runs of several people, claimed by one worker; people are made on first use."""
    runs = []
    for number in range(people):
        email = f"{prefix}{number}@example.com"
        person = User.objects.filter(email=email).first() or make_user(email)
        for _ in range(runs_each):
            posted = post_message(person, text="What do we spend?", client_id=uuid.uuid4().hex)
            claimed = claim_run(posted.run.id, owner)
            assert claimed
            runs.append(claimed.run)
    return runs


def assert_logs_whole(runs: list[Run], events_each: int) -> None:
    """Every event of every run once and in order, and no hole in any stream."""
    for run in runs:
        places = list(
            Event.objects.filter(run=run, attempt=run.attempt).order_by("seq").values_list("run_seq", flat=True)
        )
        assert places == list(range(events_each)), f"run {run.id}"
        run.refresh_from_db()
        assert run.next_run_seq == events_each
    for user_id in {run.user_id for run in runs}:
        seqs = list(Event.objects.filter(user_id=user_id).order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, len(seqs) + 1))


@contextmanager
def database_at(monkeypatch: Any, host: str, port: int) -> Iterator[None]:
    """Own connections of the live path go to this address meanwhile, with every statement readable on the wire."""
    there = {**connections.connection_parameters(), "host": host, "port": port, "prepare_threshold": None}
    with monkeypatch.context() as patched:
        patched.setattr(connections, "connection_parameters", lambda: there)
        yield
