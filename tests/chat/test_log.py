"""The log: fences, seqs, endings, lost acknowledgements, locked users."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest
from django.db import connection

from accounts.models import User
from chat.emitter import RunStream
from chat.errors import Fenced
from chat.events import EventType, build_event
from chat.log import Append, Connections, Ending, Fence, append_at_once, read_after
from chat.log.append import append_values
from chat.log.connections import connection_parameters
from chat.log.drivers import APPEND
from chat.models import Agent, Blob, Event, Message, Run, Thread, UserStream
from chat.queue import dispatcher
from chat.runs import Kept, claim_run, renew_leases
from chat.threads import post_message
from tests.chat.writing import RunningWriter, stream_of
from tests.conftest import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(owner: User, agent: Agent) -> Run:
    """A claimed run of the owner."""
    posted = post_message(owner, text="What do we spend?", client_id="c1")
    claimed = claim_run(posted.run.id, "worker-1")
    assert claimed
    return claimed.run


def delta(run: Run, text: str) -> Any:
    return build_event(
        user_id=run.user_id,
        thread_id=run.thread_id,
        run_id=run.id,
        type=EventType.MESSAGE_DELTA,
        data={"delta": text, "part": 0},
        agent_name="netra",
    )


def texts(run: Run) -> list[str]:
    events = Event.objects.filter(run=run, type="message_delta").order_by("seq")
    return [orjson.loads(event.data)["delta"] for event in events]


def append(run: Run, base: int, count: int, owner: str = "worker-1", ending: Ending | None = None) -> Append:
    events = tuple(delta(run, str(base + index)) for index in range(count))
    return Append(run.user_id, events, Fence(run.id, run.attempt, base, owner), ending)


async def write(*batch: Append, wait: bool = True) -> Any:
    connections = Connections(1)
    async with connections.lend() as lent:
        outcome = await append_at_once(lent, batch, wait=wait)
    await connections.close()
    return outcome


@pytest.mark.parametrize("count", [1, 19, 20, 200])
def test_events_get_consecutive_places(run: Run, count: int) -> None:
    head = UserStream.objects.get(user=run.user_id).last_seq
    outcome = asyncio.run(write(append(run, 0, count)))
    assert [chunk.prev for chunk in outcome.chunks] == [head]
    assert outcome.chunks[0].to == head + count
    stored = read_after(run.user_id, head, 1000)
    assert [event.seq for event in stored] == list(range(head + 1, head + count + 1))
    assert [event.run_seq for event in stored] == list(range(count))
    assert UserStream.objects.get(user=run.user_id).last_seq == head + count


def test_live_bytes_equal_replayed_bytes(run: Run) -> None:
    from chat.events import encode_event

    text = 'quotes " backslash \\ newline \n tab \t emoji 🦆 half \ud83d nul \x00 end'
    event = delta(run, text)
    outcome = asyncio.run(write(Append(run.user_id, (event,), Fence(run.id, 1, 0, "worker-1"))))
    live = outcome.chunks[0].events[0][1]
    replayed = encode_event(read_after(run.user_id, outcome.chunks[0].prev, 1)[0], outcome.chunks[0].epoch)
    assert live == replayed
    assert "\ufffd" in orjson.loads(live)["data"]["delta"]


@pytest.mark.parametrize(
    ("attempt", "base", "lease_owner"), [(2, 0, "worker-1"), (1, 5, "worker-1"), (1, 0, "worker-2")]
)
def test_a_run_that_is_not_the_writers_is_fenced(run: Run, attempt: int, base: int, lease_owner: str) -> None:
    fenced = Append(run.user_id, (delta(run, "x"),), Fence(run.id, attempt, base, lease_owner))
    outcome = asyncio.run(write(fenced))
    assert outcome.fenced == {run.id}
    assert texts(run) == []


def test_a_fenced_run_does_not_stop_the_others(run: Run, stranger: User, agent: Agent) -> None:
    posted = post_message(stranger, text="And I?", client_id="c1")
    claimed = claim_run(posted.run.id, "worker-1")
    assert claimed
    outcome = asyncio.run(write(append(run, 7, 1), append(claimed.run, 0, 2)))
    assert outcome.fenced == {run.id}
    assert texts(claimed.run) == ["0", "1"]


def test_a_lost_acknowledgement_is_recognised_as_committed(run: Run) -> None:
    asyncio.run(write(append(run, 0, 3)))
    again = asyncio.run(write(append(run, 0, 3)))
    assert again.fenced == set()
    assert again.chunks == []
    assert texts(run) == ["0", "1", "2"]


def test_an_ended_run_is_not_taken_for_a_lost_acknowledgement(run: Run) -> None:
    ended = Ending(status="failed", owner="duties", ended_at=datetime.now(UTC))
    reaped = Append(
        run.user_id,
        (
            build_event(
                user_id=run.user_id,
                thread_id=run.thread_id,
                run_id=run.id,
                type=EventType.AGENT_FAILED,
                data={"run": {}, "code": "x", "message": "x"},
                agent_name="netra",
            ),
        ),
        Fence(run.id, 1, 0, "worker-1"),
        ended,
    )
    asyncio.run(write(reaped))
    outcome = asyncio.run(write(append(run, 0, 1)))
    assert outcome.fenced == {run.id}


def test_a_second_terminal_event_is_impossible(run: Run) -> None:
    from django.db import IntegrityError, transaction

    row = {"run": run, "user": run.user, "attempt": 1, "terminal": True, "created_at": datetime.now(UTC)}
    Event.objects.create(seq=901, run_seq=901, type="agent_failed", data="{}", **row)
    with pytest.raises(IntegrityError, match="one_terminal_event_a_run"), transaction.atomic():
        Event.objects.create(seq=902, run_seq=902, type="agent_failed", data="{}", **row)


def test_adjacent_deltas_merge_and_lifecycle_events_flush_them_in_order(run: Run) -> None:
    async def scenario() -> None:
        async with RunningWriter() as writer:
            stream = stream_of(writer, run, merge=True)
            for word in ("a ", "b ", "c "):
                await stream.emit("message_delta", {"delta": word, "part": 0}, "netra")
            await stream.emit("tool_executing", {"call_id": "1", "tool": "t", "arguments": {}}, "netra")
            await stream.emit("message_delta", {"delta": "d", "part": 0}, "netra")
            await stream.drain()
            stream.close()

    asyncio.run(scenario())
    events = [
        (e.type, orjson.loads(e.data).get("delta")) for e in Event.objects.filter(run=run, attempt=1).order_by("seq")
    ]
    assert events == [("message_delta", "a b c "), ("tool_executing", None), ("message_delta", "d")]


def test_the_end_of_a_run_is_one_transaction(run: Run) -> None:
    message_id = uuid.uuid4()
    ended_at = datetime.now(UTC)

    async def scenario() -> None:
        async with RunningWriter() as writer:
            stream = stream_of(writer, run)
            ending = Ending("completed", run.lease_owner, ended_at, message_id=message_id, message_text="Done.")
            data = {"run": {}, "message": {}, "sha256": ""}
            await stream.finish(EventType.AGENT_COMPLETED, data, "netra", ending)
            stream.close()

    asyncio.run(scenario())
    run.refresh_from_db()
    assert (run.status, run.finished_at) == ("completed", ended_at)
    assert Message.objects.get(id=message_id).text == "Done."
    assert Event.objects.filter(run=run, terminal=True).count() == 1
    assert Thread.objects.get(id=run.thread_id).updated_at == ended_at


def test_a_run_taken_over_hears_that_it_was_fenced(run: Run) -> None:
    async def scenario() -> None:
        async with RunningWriter() as writer:
            stream = stream_of(writer, run)
            await stream.emit("message_delta", {"delta": "mine", "part": 0}, "netra")
            await stream.drain()
            await asyncio.to_thread(take_over, run)
            await stream.emit("message_delta", {"delta": "too late", "part": 0}, "netra")
            await stream.drain()

    with pytest.raises(Fenced):
        asyncio.run(scenario())
    assert texts(run) == ["mine"]


def take_over(run: Run) -> None:
    Run.objects.filter(id=run.id).update(attempt=2, lease_owner="worker-2", next_run_seq=0)
    connection.close()


def test_a_locked_user_delays_nobody_else(run: Run, stranger: User, agent: Agent) -> None:
    posted = post_message(stranger, text="And I?", client_id="c1")
    other = claim_run(posted.run.id, "worker-1")
    assert other
    order: list[str] = []

    async def scenario() -> None:
        lock = Connections(1)
        async with RunningWriter() as writer, lock.lend() as holder:
            await holder.execute("BEGIN")
            await holder.execute("SELECT 1 FROM chat_userstream WHERE user_id = %s FOR UPDATE", (run.user_id,))
            locked, free = stream_of(writer, run), stream_of(writer, other.run)
            await locked.emit("message_delta", {"delta": "waits", "part": 0}, "netra")
            waiting = asyncio.create_task(note(locked, "locked", order))
            for index in range(20):
                await free.emit("message_delta", {"delta": str(index), "part": 0}, "netra")
                await free.drain()
            order.append("free")
            await holder.execute("COMMIT")
            await waiting
        await lock.close()

    asyncio.run(scenario())
    assert order == ["free", "locked"]
    assert texts(run) == ["waits"]
    assert len(texts(other.run)) == 20


def test_a_writer_that_sleeps_in_the_middle_of_an_append_holds_nobody_up(run: Run) -> None:
    """A worker stopped right after it sent its append: the same person's next message does not wait for it."""

    async def scenario() -> None:
        asleep = psycopg.connect(**connection_parameters(), autocommit=True)
        values = append_values([append(run, 0, 3)], wait=True)
        text = psycopg.ClientCursor(asleep).mogrify(APPEND, values)
        asleep.pgconn.send_query(text.encode())
        while asleep.pgconn.flush():
            pass
        await asyncio.to_thread(post_and_close, run)
        while asleep.pgconn.get_result():
            pass
        asleep.close()

    asyncio.run(scenario())
    assert texts(run) == ["0", "1", "2"]
    assert Run.objects.filter(user=run.user).count() == 2


def post_and_close(run: Run) -> None:
    post_message(run.user, text="And now?", client_id="c2")
    connection.close()


def test_leases_are_renewed_beside_a_locked_run(run: Run, stranger: User, agent: Agent) -> None:
    """The locked one is not waited for, and is not taken for lost."""
    posted = post_message(stranger, text="And I?", client_id="c1")
    other = claim_run(posted.run.id, "worker-1")
    assert other
    # The note that the run was sent is written in the background, and would lock a row for a moment, too.
    dispatcher.drain()
    Run.objects.update(lease_until=datetime(2020, 1, 1, tzinfo=UTC))

    async def scenario() -> dict[uuid.UUID, Kept]:
        lanes = Connections(2)
        async with lanes.lend() as holder, lanes.lend() as mine:
            await holder.execute("BEGIN")
            await holder.execute("SELECT 1 FROM chat_run WHERE id = %s FOR NO KEY UPDATE", (run.id,))
            kept = await renew_leases(mine, "worker-1", [other.run.id, run.id])
            await holder.execute("COMMIT")
        await lanes.close()
        return kept

    assert asyncio.run(scenario()) == {run.id: Kept(False, 100), other.run.id: Kept(False, 100)}
    renewed = Run.objects.filter(lease_until__gt=datetime.now(UTC)).values_list("id", flat=True)
    assert list(renewed) == [other.run.id]


async def note(stream: RunStream, name: str, order: list[str]) -> None:
    await stream.drain()
    order.append(name)


def test_a_row_postgres_refuses_fails_only_its_own_run(run: Run, agent: Agent) -> None:
    other = make_user("other@example.com")
    posted = post_message(other, text="And I?", client_id="c1")
    healthy = claim_run(posted.run.id, "worker-1")
    assert healthy
    # A line already at the place of the next event: the unique key refuses the run's append.
    Event.objects.create(
        user=run.user,
        seq=10_000,
        run=run,
        attempt=1,
        run_seq=0,
        type="notice",
        data="{}",
        created_at=datetime.now(UTC),
    )

    async def scenario() -> None:
        async with RunningWriter() as writer:
            bad, good = stream_of(writer, run), stream_of(writer, healthy.run)
            await bad.emit("message_delta", {"delta": "refused", "part": 0}, "netra")
            await good.emit("message_delta", {"delta": "fine", "part": 0}, "netra")
            await good.drain()
            with pytest.raises(Exception, match="one_event_a_run_seq"):
                await bad.drain()

    asyncio.run(scenario())
    assert texts(healthy.run) == ["fine"]


def test_a_large_result_is_kept_whole_and_previewed(run: Run) -> None:
    result = {"kind": "table", "title": "t", "columns": [{"key": "a"}], "rows": [["x" * 100] for _ in range(2000)]}

    async def scenario() -> None:
        async with RunningWriter() as writer:
            stream = stream_of(writer, run)
            data = {"call_id": "1", "tool": "t", "outcome": "success", "result": result}
            await stream.emit("tool_completed", data, "netra")
            await stream.drain()
            stream.close()

    asyncio.run(scenario())
    shown = orjson.loads(Event.objects.get(run=run, type="tool_completed").data)["result"]
    assert (len(shown["rows"]), shown["total_rows"]) == (50, 2000)
    blob = Blob.objects.get()
    assert shown["href"] == f"/api/v1/blobs/{blob.id}/"
    assert orjson.loads(bytes(blob.content)) == result
