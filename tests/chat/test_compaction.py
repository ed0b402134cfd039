"""Compaction: fewer lines, the same text for every reader, wherever it stands; and nobody is in its way."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings
from uuid_utils.compat import uuid7

from accounts.limits import Tier
from accounts.models import User
from chat import compaction
from chat.belongings import event_lines
from chat.compaction import compact_ended_runs, compact_run, last_joined_seq
from chat.emitter import append_now
from chat.events import DELTA_TYPES, MAX_DATA_BYTES, EventType, NewEvent, StoredEvent, build_event
from chat.log import Ending, join_deltas, lock_stream, read_after, read_run_steps
from chat.log.read import READ_AFTER
from chat.models import Agent, Event, Run
from chat.queue import dispatcher
from chat.runs import cancel_run
from chat.selectors import events_for, snapshot_for
from chat.serializers import shape_run
from chat.threads import post_message
from tests.chat.telling import OWNER, begin, complete, fence_of, lose_worker, moved, take, tell_many, told_run, use_tool

pytestmark = pytest.mark.django_db(transaction=True)
ALL = 1_000_000


@pytest.fixture(autouse=True)
def at_once(settings: Settings) -> None:
    settings.COMPACT_AFTER_SECONDS = 0


def log_of(user: User, after: int = 0) -> list[StoredEvent]:
    return read_after(user.id, after, ALL)


def canonical(log: list[StoredEvent]) -> list[StoredEvent]:
    """The log with what a fold over it cannot tell apart made equal: the cutting of each run's text into deltas."""
    of_runs: dict[uuid.UUID | None, list[StoredEvent]] = defaultdict(list)
    for stored in log:
        of_runs[stored.event.run_id].append(stored)
    joined = [stored for of_run in of_runs.values() for stored in join_deltas(of_run)]
    return sorted(joined, key=lambda stored: stored.seq)


def text_of(log: list[StoredEvent], kind: EventType = EventType.MESSAGE_DELTA) -> str:
    return "".join(orjson.loads(stored.event.data)["delta"] for stored in log if stored.event.type == kind)


def assert_reads_the_same_from_everywhere(user: User, before: list[StoredEvent]) -> None:
    """What a reader had up to any place, and what the log says now from there on, is the log as it was."""
    wanted = canonical(before)
    for place in range(before[-1].seq + 1):
        had = [stored for stored in before if stored.seq <= place]
        assert canonical(had + log_of(user, place)) == wanted, f"from {place}"


def event_in(run: Run, kind: EventType, data: dict[str, Any], agent_name: str = "netra") -> NewEvent:
    return build_event(
        user_id=run.user_id, thread_id=run.thread_id, run_id=run.id, type=kind, data=data, agent_name=agent_name
    )


def add(run: Run, *events: NewEvent) -> None:
    run.refresh_from_db()
    append_now(list(events), fence=fence_of(run))


def stream(run: Run, *texts: str) -> None:
    add(run, *[event_in(run, EventType.MESSAGE_DELTA, {"delta": text, "part": 0}) for text in texts])


def answer(run: Run, text: str) -> None:
    """The run's end as a worker writes it: the whole text with its checksum."""
    run.refresh_from_db()
    ending = Ending("completed", OWNER, datetime.now(UTC), message_id=uuid7(), message_text=text)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    data = {"run": shape_run(run), "message": {"text": text}, "sha256": sha256}
    append_now([event_in(run, EventType.AGENT_COMPLETED, data)], fence=fence_of(run), ending=ending)
    dispatcher.drain()


def ended_run(user: User, client_id: str = "told") -> Run:
    """A told run whose end is some time ago."""
    run = moved(told_run(user, client_id), finished_at=timezone.now() - timedelta(minutes=1))
    dispatcher.drain()
    return run


def compact(run: Run) -> None:
    """Compacts the run; that its task was sent is noted in the background, and a held row is left for later."""
    dispatcher.drain()
    assert compact_run(run.id)


def kinds(user: User) -> list[str]:
    return [str(stored.event.type) for stored in log_of(user)]


def test_each_stretch_of_text_becomes_one_event_at_its_last_place(owner: User, agent: Agent) -> None:
    run = begin(owner)
    first = log_of(owner)[-1].seq
    tell_many(run, EventType.AGENT_THINKING, [{"delta": text} for text in ("I ", "think")])
    use_tool(run, begin=2, end=3)
    stream(run, "You ", "spend ", "5 €", " 😀")
    answer(run, "You spend 5 € 😀")
    assert compact_ended_runs() == 1
    log = log_of(owner, first)
    places = [(stored.seq - first, str(stored.event.type)) for stored in log]
    assert places == [
        (2, "agent_thinking"),
        (3, "tool_executing"),
        (4, "tool_completed"),
        (8, "message_delta"),
        (9, "agent_completed"),
    ]
    assert orjson.loads(log[0].event.data) == {"delta": "I think"}
    assert orjson.loads(log[3].event.data) == {"delta": "You spend 5 € 😀", "part": 0}
    said = orjson.loads(log[4].event.data)
    assert hashlib.sha256(text_of(log).encode()).hexdigest() == said["sha256"]


def test_other_events_stay_byte_for_byte(owner: User, agent: Agent) -> None:
    run = ended_run(owner)
    before = [stored for stored in log_of(owner) if not stored.is_delta]
    compact(run)
    assert [stored for stored in log_of(owner) if not stored.is_delta] == before


def test_the_snapshot_is_the_same_byte_for_byte(owner: User, agent: Agent) -> None:
    run = ended_run(owner)
    before = snapshot_for(owner, run.thread_id)
    compact(run)
    assert snapshot_for(owner, run.thread_id) == before


def test_staff_see_the_same_steps(owner: User, agent: Agent) -> None:
    run = begin(owner)
    tell_many(run, EventType.AGENT_THINKING, [{"delta": "one"}] * 2, at=1.5)
    tell_many(run, EventType.AGENT_THINKING, [{"delta": "two"}] * 3, at=4)
    use_tool(run, begin=5, end=6)
    complete(run)
    before = read_run_steps(run.user_id, run.id, most=100)
    compact(run)
    assert read_run_steps(run.user_id, run.id, most=100) == before


def test_joined_pieces_do_not_count_as_events_that_were_read(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ended_run(owner)
    compact(run)
    # Eight events with thirteen pieces.
    assert Event.objects.filter(run=run).count() == 8
    monkeypatch.setattr("chat.log.steps.MOST_EVENTS_READ", 9)
    page = read_run_steps(run.user_id, run.id, most=100)
    assert sum(step.pieces for step in page.steps) == 13
    assert page.next_after is None


def test_a_reader_in_the_middle_gets_only_what_it_lacks(owner: User, agent: Agent) -> None:
    run = begin(owner)
    first = log_of(owner)[-1].seq
    stream(run, "ab", "€😀", "cd")
    answer(run, "ab€😀cd")
    compact(run)
    rests = [text_of(log_of(owner, first + read)) for read in range(4)]
    assert rests == ["ab€😀cd", "€😀cd", "cd", ""]


def test_the_api_gives_a_client_in_the_middle_only_what_it_lacks(owner: User, agent: Agent) -> None:
    run = begin(owner)
    first = log_of(owner)[-1].seq
    stream(run, "One ", "two ", "three")
    answer(run, "One two three")
    compact(run)
    events, _ = events_for(owner, after=first + 1)
    assert orjson.loads(events[0])["seq"] == first + 3
    assert orjson.loads(events[0])["data"] == {"delta": "two three", "part": 0}


def test_the_text_of_another_run_in_between_is_kept_apart(owner: User, agent: Agent) -> None:
    one, other = begin(owner, "one"), begin(owner, "other")
    for number in range(3):
        stream(one, f"one{number} ")
        stream(other, f"other{number} ")
    answer(one, "one0 one1 one2 ")
    answer(other, "other0 other1 other2 ")
    before = log_of(owner)
    compact(one)
    assert_reads_the_same_from_everywhere(owner, before)
    compact(other)
    assert_reads_the_same_from_everywhere(owner, before)
    # A reader can stand between any two of these.
    assert kinds(owner).count("message_delta") == 6


@pytest.mark.parametrize("page", [1, 2, 3])
def test_who_reads_the_joined_log_in_pages_gets_all_of_two_runs_that_streamed_at_once(
    owner: User, agent: Agent, page: int
) -> None:
    """Between two pages a reader stands where the other run wrote: it has had nothing of what was joined behind it."""
    run, other = begin(owner, "one"), begin(owner, "two")
    for number in range(4):
        stream(run, f"a{number} ", f"b{number} ")
        stream(other, f"c{number} ")
    answer(run, "".join(f"a{number} b{number} " for number in range(4)))
    before = log_of(owner)
    compact(run)
    read: list[StoredEvent] = []
    while found := read_after(owner.id, read[-1].seq if read else 0, page):
        read += found
    assert canonical(read) == canonical(before)
    assert_reads_the_same_from_everywhere(owner, before)


def test_attempts_agents_and_parts_are_not_mixed(owner: User, agent: Agent) -> None:
    run = begin(owner)
    stream(run, "lost ", "attempt")
    lose_worker(run)
    take(run)
    stream(run, "second ", "attempt")
    add(run, *[event_in(run, EventType.MESSAGE_DELTA, {"delta": "x", "part": 1}) for _ in range(2)])
    part = {"delta": "y", "part": 1, "parent": "netra"}
    add(run, *[event_in(run, EventType.MESSAGE_DELTA, part, "reporting") for _ in range(2)])
    add(run, *[event_in(run, EventType.AGENT_THINKING, {"delta": "z"}, "netra") for _ in range(2)])
    answer(run, "second attemptxx")
    before = log_of(owner)
    compact(run)
    deltas = [stored for stored in log_of(owner) if stored.is_delta]
    assert [orjson.loads(stored.event.data)["delta"] for stored in deltas] == [
        "lost attempt",
        "second attempt",
        "xx",
        "yy",
        "zz",
    ]
    assert_reads_the_same_from_everywhere(owner, before)


def test_a_long_stretch_becomes_several_events_of_a_bounded_size(owner: User, agent: Agent) -> None:
    run = begin(owner)
    piece = "€" * 6_000
    stream(run, *[piece] * 8)
    answer(run, piece * 8)
    before = log_of(owner)
    compact(run)
    sizes = [len(stored.event.data) for stored in log_of(owner) if stored.is_delta]
    # Three pieces of 18,000 bytes fit into 65,536.
    assert len(sizes) == 3
    assert max(sizes) <= MAX_DATA_BYTES
    assert text_of(log_of(owner)) == piece * 8
    assert_reads_the_same_from_everywhere(owner, before)


def test_many_events_take_several_transactions_and_read_the_same(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ended_run(owner)
    before = log_of(owner)
    monkeypatch.setattr(compaction, "EVENTS_A_TRANSACTION", 3)
    assert compact_run(run.id)
    assert len(log_of(owner)) < len(before)
    assert_reads_the_same_from_everywhere(owner, before)


def test_a_failure_between_two_transactions_leaves_a_log_that_reads_the_same(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ended_run(owner)
    before = log_of(owner)
    calls: list[int] = []

    def fail_later(user_id: uuid.UUID, joined: list[compaction.Joined]) -> None:
        calls.append(len(joined))
        if len(calls) == 3:
            raise OperationalError("the server closed the connection unexpectedly")
        replace(user_id, joined)

    replace = compaction.replace_pieces
    with monkeypatch.context() as patched:
        patched.setattr(compaction, "EVENTS_A_TRANSACTION", 4)
        patched.setattr(compaction, "replace_pieces", fail_later)
        with pytest.raises(OperationalError):
            compact_run(run.id)
    run.refresh_from_db()
    assert run.compacted_at is None
    assert_reads_the_same_from_everywhere(owner, before)
    assert compact_ended_runs() == 1
    assert_reads_the_same_from_everywhere(owner, before)


def test_a_failure_in_a_transaction_leaves_the_log_as_it_was(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ended_run(owner)
    before = log_of(owner)

    def fail_at_the_end(user_id: uuid.UUID, joined: list[compaction.Joined]) -> None:
        replace(user_id, joined)
        raise OperationalError("the server closed the connection unexpectedly")

    replace = compaction.replace_pieces
    with monkeypatch.context() as patched:
        patched.setattr(compaction, "replace_pieces", fail_at_the_end)
        with pytest.raises(OperationalError):
            compact_ended_runs()
    assert log_of(owner) == before
    assert compact_run(run.id)


def test_a_compacted_run_is_left_alone(owner: User, agent: Agent) -> None:
    run = ended_run(owner)
    assert compact_ended_runs() == 1
    before = log_of(owner)
    assert compact_ended_runs() == 0
    assert not compact_run(run.id)
    assert log_of(owner) == before


def test_a_run_that_has_not_ended_is_never_touched(owner: User, agent: Agent) -> None:
    running = begin(owner)
    stream(running, "still ", "writing")
    queued = post_message(owner, text="And then?", client_id="queued").run
    before = log_of(owner)
    assert compact_ended_runs() == 0
    assert not compact_run(running.id)
    assert not compact_run(queued.id)
    assert log_of(owner) == before


def test_a_run_that_was_stopped_is_compacted_too(owner: User, agent: Agent) -> None:
    queued = post_message(owner, text="And then?", client_id="queued").run
    cancel_run(owner, queued.id)
    dispatcher.drain()
    assert compact_ended_runs() == 1


def test_a_run_is_compacted_only_some_time_after_its_end(owner: User, agent: Agent, settings: Settings) -> None:
    settings.COMPACT_AFTER_SECONDS = 300
    run = ended_run(owner)
    moved(run, finished_at=timezone.now() - timedelta(seconds=290))
    assert compact_ended_runs() == 0
    moved(run, finished_at=timezone.now() - timedelta(seconds=310))
    assert compact_ended_runs() == 1


def test_a_round_takes_some_runs_and_begins_with_the_oldest(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "RUNS_A_ROUND", 2)
    runs = [ended_run(owner, f"run{number}") for number in range(3)]
    for age, run in zip((10, 30, 20), runs, strict=True):
        moved(run, finished_at=timezone.now() - timedelta(seconds=age))
    assert compact_ended_runs() == 2
    assert list(Run.objects.filter(compacted_at=None)) == [runs[0]]


def test_a_round_ends_when_its_time_is_over(owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "ROUND_SECONDS", -1.0)
    ended_run(owner, "one")
    ended_run(owner, "other")
    assert compact_ended_runs() == 1


def test_due_runs_are_found_by_their_index(owner: User, agent: Agent) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {compaction.FIND_RUNS}", [300, 20])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "runs_to_compact" in plan
    assert "Sort" not in plan


def test_a_replay_reads_in_the_order_of_the_key(owner: User, agent: Agent) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {READ_AFTER}", [owner.id, 5, 500])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using chat_event_pkey" in plan
    assert "Sort" not in plan


def test_the_export_has_the_whole_text_once(owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(owner)
    stream(run, *"abcdefgh")
    answer(run, "abcdefgh")
    monkeypatch.setattr("chat.belongings.EVENTS_A_READ", 6)
    lines = event_lines(owner)
    # The export has read a page up to the middle of the answer when the run is compacted.
    told = [orjson.loads(next(lines))]
    compact(run)
    told += [orjson.loads(line) for line in lines]
    assert "".join(event["data"]["delta"] for event in told if event["type"] == "message_delta") == "abcdefgh"


def test_where_the_last_joined_delta_stands_is_known(owner: User, stranger: User, agent: Agent) -> None:
    run = begin(owner)
    first = log_of(owner)[-1].seq
    stream(run, "a", "b", "c")
    use_tool(run, begin=1, end=2)
    stream(run, "d", "e")
    answer(run, "abcde")
    compact(run)
    places = [first, first + 3, first + 7, first + 8]
    assert [last_joined_seq(owner.id, after) for after in places] == [first + 7, first + 7, first + 7, first + 8]
    assert last_joined_seq(stranger.id, 5) == 5


def on_another_connection(work: Callable[[], None]) -> threading.Thread:
    def work_and_close() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work_and_close)
    thread.start()
    return thread


def test_a_stream_somebody_writes_to_is_left_for_later(owner: User, agent: Agent) -> None:
    run = ended_run(owner)
    locked, released = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            lock_stream(owner.id)
            locked.set()
            assert released.wait(30)

    writer = on_another_connection(write)
    assert locked.wait(30)
    assert compact_ended_runs() == 0
    released.set()
    writer.join(30)
    assert compact_ended_runs() == 1
    run.refresh_from_db()
    assert run.compacted_at is not None


def test_two_that_compact_at_once_do_no_harm(owner: User, agent: Agent) -> None:
    for number in range(4):
        ended_run(owner, f"run{number}")
    before = log_of(owner)
    barrier = threading.Barrier(2)
    compacted: list[int] = []

    def compact_all() -> None:
        barrier.wait(30)
        while Run.objects.filter(compacted_at=None).exists():
            compacted.append(compact_ended_runs())

    for thread in [on_another_connection(compact_all) for _ in range(2)]:
        thread.join(60)
    assert sum(compacted) == 4
    assert_reads_the_same_from_everywhere(owner, before)


def test_a_live_run_of_the_same_user_writes_on_meanwhile(owner: User, agent: Agent) -> None:
    for number in range(3):
        ended_run(owner, f"run{number}")
    live = begin(owner, "live")
    first = log_of(owner)[-1].seq
    done = threading.Event()

    def compact_all() -> None:
        for run in Run.objects.filter(status="completed"):
            while not compact_run(run.id):
                pass
        done.set()

    thread = on_another_connection(compact_all)
    written = 0
    while not done.is_set() or written < 20:
        stream(live, f"{written} ")
        written += 1
    thread.join(30)
    assert Run.objects.filter(compacted_at=None).count() == 1
    assert [stored.seq for stored in log_of(owner, first)] == list(range(first + 1, first + 1 + written))


def test_what_another_user_wrote_is_not_read_for_this_one(owner: User, stranger: User, agent: Agent) -> None:
    ended_run(owner)
    ended_run(stranger, "theirs")
    theirs = log_of(stranger)
    assert compact_run(Run.objects.get(user=owner).id)
    assert log_of(stranger) == theirs


Move = tuple[int, str, str]
texts = st.text(alphabet='ab€😀\n"\\', min_size=1, max_size=4)
kinds_of_moves = st.sampled_from(["think", "text", "part", "tool", "stop"])
moves = st.lists(st.tuples(st.integers(0, 1), kinds_of_moves, texts), max_size=30)
DOES: dict[str, Callable[[Run, str], NewEvent]] = {
    "think": lambda run, text: event_in(run, EventType.AGENT_THINKING, {"delta": text}),
    "text": lambda run, text: event_in(run, EventType.MESSAGE_DELTA, {"delta": text, "part": len(text) % 2}),
    "part": lambda run, text: event_in(
        run, EventType.MESSAGE_DELTA, {"delta": text, "part": 0, "parent": "netra"}, "reporting"
    ),
    "tool": lambda run, text: event_in(run, EventType.TOOL_PROGRESS, {"call_id": "c1", "note": text}),
    "stop": lambda run, text: event_in(run, EventType.NOTICE, {"kind": "cancel_requested", "text": text}),
}


@pytest.fixture
def people(agent: Agent) -> Iterator[User]:
    """A new person for each example."""
    return (User.objects.create(email=f"{uuid.uuid4().hex}@example.com", tier=Tier.MID) for _ in iter(int, 1))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves, chunk=st.integers(2, 40), order=st.booleans())
def test_any_log_reads_the_same_from_every_place(
    people: Iterator[User], moves: list[Move], chunk: int, order: bool
) -> None:
    user = next(people)
    runs = [begin(user, "one"), begin(user, "other")]
    for which, kind, text in moves:
        add(runs[which], DOES[kind](runs[which], text))
    for run in runs:
        answer(run, "done")
    before = log_of(user)
    snapshots = [snapshot_for(user, run.thread_id) for run in runs]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(compaction, "EVENTS_A_TRANSACTION", chunk)
        for run in sorted(runs, key=lambda run: run.id, reverse=order):
            assert compact_run(run.id)
            assert_reads_the_same_from_everywhere(user, before)
    assert [snapshot_for(user, run.thread_id) for run in runs] == snapshots
    stored = Event.objects.filter(user=user, type__in=[str(kind) for kind in DELTA_TYPES])
    if chunk > len(before):
        assert stored.count() == sum(stored.is_delta for stored in join_deltas(before))
