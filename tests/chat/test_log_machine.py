"""Whatever happens in whatever order, a client that keeps to the protocol ends with the log: a state machine."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import User
from chat.compaction import compact_run
from chat.events import EventType, NewEvent, StoredEvent, build_event, encode_event
from chat.log import Append, Chunk, Ending, Fence, append_in_transaction, ensure_stream, read_after
from chat.log.places import resync_reason
from chat.models import Agent, Event, Message, Run, Thread, UserStream
from chat.receipts import acked_seq, acknowledge
from tests.slices import one_in

OWNER: Final = "machine"
PAGE: Final = 3
ALL_STORIES: Final = 5_000
# In one transaction the database carries every version of every row: many stories would take longer and longer.
STORIES_AT_ONCE: Final = 50
Fold = dict[str, str]


class Crash(Exception):
    """The process dies before its transaction commits."""


@dataclass
class Reader:
    """A client: its place, what it has folded so far, and what is on its way to it."""

    cursor: int
    epoch: str
    fold: Fold
    on_its_way: deque[Chunk] = field(default_factory=deque)
    applied: list[str] = field(default_factory=list)
    online: bool = True

    def apply(self, stored: StoredEvent, epoch: str) -> None:
        """Folds one event into what is shown."""
        event = orjson.loads(encode_event(stored, uuid.UUID(epoch)))
        self.applied.append(event["event_id"])
        fold_event(self.fold, event)


def fold_event(fold: Fold, event: dict[str, Any]) -> None:
    """The text of each run as a page shows it."""
    run, data = str(event["run_id"]), event["data"]
    if event["type"] == "message_delta":
        fold[run] = fold.get(run, "") + data["delta"]
    elif event["type"] == "agent_restarted":
        fold[run] = ""
    elif event["terminal"]:
        fold[f"{run} ended"] = event["type"]


def fold_log(user_id: uuid.UUID, epoch: str) -> Fold:
    """What a page shows that reads the whole log now."""
    fold: Fold = {}
    for stored in read_after(user_id, 0, 100_000):
        fold_event(fold, orjson.loads(encode_event(stored, uuid.UUID(epoch))))
    return fold


class LogMachine(RuleBasedStateMachine):
    """One person's log, a few runs that write to it, and three clients."""

    def __init__(self) -> None:
        super().__init__()
        Agent.objects.get_or_create(name="netra", defaults={"title": "Netra"})
        # No password: making one takes longer than the story.
        self.user = User.objects.create(email=f"{uuid.uuid4().hex}@example.com", tier="mid")
        ensure_stream(self.user.id)
        self.runs = [self.begin_run() for _ in range(2)]
        self.words = 0
        epoch = str(UserStream.objects.get(user=self.user).epoch)
        self.readers = [Reader(0, epoch, {}) for _ in range(3)]

    def begin_run(self) -> Run:
        """A run that a worker has claimed."""
        thread = Thread.objects.create(user=self.user)
        question = Message.objects.create(thread=thread, role="user", text="?")
        return Run.objects.create(
            user=self.user, thread=thread, question=question, agent_id="netra", client_id=uuid.uuid4().hex,
            status="running", attempt=1, lease_owner=OWNER,
        )  # fmt: skip

    def event_of(self, run: Run, type: EventType, data: dict[str, Any]) -> NewEvent:
        """An event of this run."""
        return build_event(
            user_id=self.user.id, thread_id=run.thread_id, run_id=run.id, type=type, data=data, agent_name="netra"
        )

    def deltas(self, run: Run, count: int) -> list[NewEvent]:
        """Text that is told apart from all other text."""
        events = []
        for _ in range(count):
            self.words += 1
            events.append(self.event_of(run, EventType.MESSAGE_DELTA, {"delta": f"{self.words} ", "part": 0}))
        return events

    def write(self, run: Run, events: list[NewEvent], ending: Ending | None = None, *, crash: bool = False) -> Append:
        """One append, published to who is online where it commits."""
        fence = Fence(run.id, run.attempt, run.next_run_seq, run.lease_owner)
        append = Append(self.user.id, tuple(events), fence, ending)
        try:
            with transaction.atomic():
                outcome = append_in_transaction(append)
                if crash:
                    raise Crash
        except Crash:
            return append
        assert not outcome.fenced
        self.publish(outcome.chunks)
        run.refresh_from_db()
        return append

    def publish(self, chunks: list[Chunk]) -> None:
        """Puts what was committed on its way to everybody who is there."""
        for reader in self.readers:
            if reader.online:
                reader.on_its_way.extend(chunks)

    @property
    def open_runs(self) -> list[Run]:
        """Those that may still write."""
        return [run for run in self.runs if run.status == "running"]

    @rule(data=st.data(), count=st.integers(1, 4))
    @precondition(lambda self: self.open_runs)
    def append(self, data: st.DataObject, count: int) -> None:
        run = data.draw(st.sampled_from(self.open_runs))
        self.write(run, self.deltas(run, count))

    @rule(data=st.data(), count=st.integers(1, 4))
    @precondition(lambda self: self.open_runs)
    def crash_and_try_again(self, data: st.DataObject, count: int) -> None:
        """What was rolled back is tried again, as it was."""
        run = data.draw(st.sampled_from(self.open_runs))
        append = self.write(run, self.deltas(run, count), crash=True)
        run.refresh_from_db()
        self.write(run, list(append.events))

    @rule(data=st.data(), count=st.integers(1, 4))
    @precondition(lambda self: self.open_runs)
    def lose_the_answer(self, data: st.DataObject, count: int) -> None:
        """What was committed is tried again because nobody heard of it: it is known, and nothing is written twice."""
        run = data.draw(st.sampled_from(self.open_runs))
        append = self.write(run, self.deltas(run, count))
        before = UserStream.objects.get(user=self.user).last_seq
        with transaction.atomic():
            outcome = append_in_transaction(append)
        assert (outcome.chunks, outcome.fenced) == ([], set())
        assert UserStream.objects.get(user=self.user).last_seq == before

    @rule(data=st.data())
    @precondition(lambda self: self.open_runs)
    def restart(self, data: st.DataObject) -> None:
        """Another worker takes the run: the former one writes nothing any more."""
        run = data.draw(st.sampled_from(self.open_runs))
        former = Append(
            self.user.id, tuple(self.deltas(run, 1)), Fence(run.id, run.attempt, run.next_run_seq, run.lease_owner)
        )
        self.write(run, [self.event_of(run, EventType.AGENT_RESTARTED, {"run": {}, "reason": "worker_lost"})])
        Run.objects.filter(id=run.id).update(attempt=run.attempt + 1, next_run_seq=0)
        run.refresh_from_db()
        with transaction.atomic():
            assert append_in_transaction(former).fenced == {run.id}

    @rule(data=st.data(), compacted=st.booleans())
    @precondition(lambda self: self.open_runs)
    def end(self, data: st.DataObject, compacted: bool) -> None:
        """Its words may be joined before those who were away have read them."""
        run = data.draw(st.sampled_from(self.open_runs))
        ending = Ending(status="failed", owner=OWNER, ended_at=datetime.now(UTC))
        told = {"run": {}, "code": "made_up", "message": "Made up."}
        self.write(run, [self.event_of(run, EventType.AGENT_FAILED, told)], ending)
        if compacted:
            compact_run(run.id)
        self.runs.append(self.begin_run())

    @rule(number=st.integers(0, 2))
    def deliver(self, number: int) -> None:
        """The next message arrives; one that does not continue the place makes the client ask."""
        reader = self.readers[number]
        if not (reader.online and reader.on_its_way):
            return
        chunk = reader.on_its_way.popleft()
        if chunk.to <= reader.cursor or str(chunk.epoch) != reader.epoch:
            return
        if chunk.prev != reader.cursor:
            self.pull(reader)
            return
        for stored, _ in chunk.events:
            reader.apply(stored, reader.epoch)
        reader.cursor = chunk.to

    @rule(number=st.integers(0, 2))
    def drop(self, number: int) -> None:
        if self.readers[number].on_its_way:
            self.readers[number].on_its_way.popleft()

    @rule(number=st.integers(0, 2))
    def swap(self, number: int) -> None:
        self.readers[number].on_its_way.rotate(1)

    @rule(number=st.integers(0, 2))
    def disconnect(self, number: int) -> None:
        self.readers[number].online = False
        self.readers[number].on_its_way.clear()

    @rule(number=st.integers(0, 2))
    def reconnect(self, number: int) -> None:
        self.readers[number].online = True
        self.pull(self.readers[number])

    @rule(number=st.integers(0, 2), pages=st.integers(1, 2))
    def read_a_little(self, number: int, pages: int) -> None:
        """A line that breaks in the middle of a replay: the place is inside what may later be joined."""
        self.pull(self.readers[number], pages)

    @rule(number=st.integers(0, 2))
    def ack(self, number: int) -> None:
        reader = self.readers[number]
        stream = UserStream.objects.get(user=self.user)
        if reader.epoch == str(stream.epoch) and reader.cursor:
            acknowledge(self.user.id, stream.epoch, reader.cursor)
            assert (acked_seq(self.user.id) or 0) >= reader.cursor

    @rule(lost=st.integers(0, 4))
    def restore_backup(self, lost: int) -> None:
        """The log without the last words, which are written anew: nobody may go on from a place in the old one."""
        open_runs = {run.id: run for run in self.open_runs}
        for stored in reversed(read_after(self.user.id, 0, 100_000)[-lost:] if lost else []):
            run = open_runs.get(stored.event.run_id) if stored.event.run_id else None
            if run is None or not stored.is_delta or stored.attempt != run.attempt:
                break
            Event.objects.filter(user=self.user, seq=stored.seq).delete()
            UserStream.objects.filter(user=self.user).update(last_seq=stored.seq - 1)
            Run.objects.filter(id=run.id).update(next_run_seq=stored.run_seq)
            run.refresh_from_db()
        UserStream.objects.filter(user=self.user).update(epoch=uuid.uuid4())

    def pull(self, reader: Reader, pages: int = 1_000) -> None:
        """Reads on from the place, or begins anew where that cannot be."""
        stream = UserStream.objects.get(user=self.user)
        epoch = str(stream.epoch)
        if resync_reason(reader.cursor, reader.epoch, epoch, stream.last_seq, stream.floor_seq):
            # A snapshot: everything as it is now, and the place from which it goes on.
            reader.fold, reader.cursor, reader.epoch = fold_log(self.user.id, epoch), stream.last_seq, epoch
            reader.applied.clear()
            return
        for _ in range(pages):
            page = read_after(self.user.id, reader.cursor, PAGE)
            if not page:
                return
            for stored in page:
                reader.apply(stored, epoch)
            reader.cursor = page[-1].seq

    @invariant()
    def nobody_applies_an_event_twice(self) -> None:
        for reader in self.readers:
            assert len(set(reader.applied)) == len(reader.applied)

    def teardown(self) -> None:
        """However it went: everybody reads on, and shows what the log says."""
        epoch = str(UserStream.objects.get(user=self.user).epoch)
        truth = fold_log(self.user.id, epoch)
        for reader in self.readers:
            self.pull(reader)
            assert reader.fold == truth


def tell_stories(number: int) -> None:
    """Some of up to fifty steps, others for each number."""
    chosen = settings(
        max_examples=STORIES_AT_ONCE,
        database=None,
        stateful_step_count=50,
        deadline=None,
        # Making a story shorter takes hundreds of others, each in a real database.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    machine = seed(number)(type(f"LogMachine{number}", (LogMachine,), {}))
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.django_db
@pytest.mark.parametrize("number", one_in(ALL_STORIES // STORIES_AT_ONCE, range(ALL_STORIES // STORIES_AT_ONCE)))
def test_whatever_happens_a_client_ends_with_the_log(number: int) -> None:
    tell_stories(number)
