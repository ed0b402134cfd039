"""Each channel alone: the push and every other one are off, and the end of a run still arrives, exactly once."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pytest
from websockets.sync.client import ClientConnection

from tests.stack.clients import Caller
from tests.stack.conftest import own_stack
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.sockets import assert_alive, open_ready_socket, open_socket, say, with_key
from tests.stack_process import wait_until

# No limit of time, only of patience: the machine may be busy.
PATIENCE_SECONDS: Final = 60.0
QUIET_SECONDS: Final = 3.0
# The quick suite has each channel by itself, in tests/chat; here it is the only one of a whole Netra.
pytestmark = pytest.mark.long
FIND_END: Final = "SELECT seq FROM chat_event WHERE user_id = %s AND run_id = %s AND terminal"
LEAVE_PENDING: Final = """
INSERT INTO chat_deliveryattempt (user_id, seq, channel, state, tries, reason, next_at, created_at)
VALUES (%s, %s, 'message', 'pending', 1, 'to be tried again', now() + interval '1 hour', now())
"""
Event = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """Somebody with a key, and what the database has of them."""

    caller: Caller
    database: psycopg.Connection[Any]
    id: uuid.UUID

    def ask(self) -> str:
        """Starts a run, gives its id."""
        thread = self.caller.post("threads/", {"title": "Costs in May"})
        question = {"text": "What do we spend?", "client_id": uuid.uuid4().hex}
        return str(self.caller.post(f"threads/{thread['id']}/messages/", question)["run"]["id"])

    def wait_end(self, run_id: str) -> int:
        """The place of the run's end, once the log has it."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [row[0] for row in self.database.execute(FIND_END, (self.id, run_id)).fetchall()]
            return bool(found)

        wait_until(look, PATIENCE_SECONDS, "the run did not end")
        return found[0]

    def attempts(self, channel: str) -> list[tuple[int, str, bool]]:
        """Place and state of this channel's attempts, and whether they were acknowledged."""
        found = "SELECT seq, state, acked_at IS NOT NULL FROM chat_deliveryattempt WHERE user_id = %s AND channel = %s"
        return list(self.database.execute(f"{found} ORDER BY seq", (self.id, channel)).fetchall())

    def leave_pending(self, seq: int) -> None:
        """Something of this event is still to be tried again."""
        self.database.execute(LEAVE_PENDING, (self.id, seq))

    def assert_cancelled(self, seq: int) -> None:
        """What was left pending is cancelled by an acknowledgement."""
        cancelled = (seq, "cancelled", True)
        wait_until(lambda: cancelled in self.attempts("message"), PATIENCE_SECONDS, "the attempt is still pending")


@contextmanager
def alone(channel: str) -> Iterator[Person]:
    """Somebody on a Netra that has this one channel and no push."""
    short = {"NETRA_REDELIVER_SECONDS": "0.5", "NETRA_BANNER_SECONDS": "1"}
    with own_stack({"NETRA_CHANNELS": channel, **short}) as stack, database_of(stack) as database:
        email, user_id = new_person(database)
        yield Person(sign_in_as(stack, email), database, user_id)


def hear_events(socket: ClientConnection, seconds: float, until: int | None = None) -> list[Event]:
    """Every event that comes, up to a place or until the time is over."""
    deadline = time.monotonic() + seconds
    heard: list[Event] = []
    while (left := deadline - time.monotonic()) > 0 and (until is None or not heard or heard[-1]["seq"] < until):
        try:
            frame = json.loads(socket.recv(left))
        except TimeoutError:
            break
        heard += frame.get("events", [])
    return heard


def ends(events: list[Event]) -> list[int]:
    """The places of ends, of a stretch in which nothing came twice or out of order."""
    seqs = [event["seq"] for event in events]
    assert seqs == sorted(set(seqs))
    return [event["seq"] for event in events if event["terminal"]]


def test_the_log_is_replayed_to_whoever_comes_back() -> None:
    with alone("replay") as person:
        headers = with_key(person.caller.key)
        with open_ready_socket(person.caller.port, headers) as socket:
            end = person.wait_end(person.ask())
            assert hear_events(socket, QUIET_SECONDS) == []
            assert_alive(socket)
        # The instrument: what the other tests hear does not come in by another door.
        assert told(person) == []
        assert person.attempts("redelivery") == person.attempts("banner") == []
        person.leave_pending(end)
        with open_socket(person.caller.port, headers) as socket:
            epoch = person.caller.get("events/?limit=1")["epoch"]
            say(socket, command="hello", v=1, cursor=0, epoch=epoch)
            heard = hear_events(socket, PATIENCE_SECONDS, end) + hear_events(socket, QUIET_SECONDS)
            assert ends(heard) == [end]
            say(socket, command="ack", seq=end)
            person.assert_cancelled(end)


def test_a_worker_publishes_once_more_what_was_not_acknowledged() -> None:
    with alone("redelivery") as person, open_ready_socket(person.caller.port, with_key(person.caller.key)) as socket:
        end = person.wait_end(person.ask())
        heard = hear_events(socket, PATIENCE_SECONDS, end) + hear_events(socket, QUIET_SECONDS)
        assert ends(heard) == [end]
        assert person.attempts("redelivery")[-1] == (end, "sent", False)
        person.leave_pending(end)
        say(socket, command="ack", seq=end)
        person.assert_cancelled(end)
        assert person.attempts("redelivery")[-1] == (end, "sent", True)


def test_the_database_is_asked_without_anything_in_between() -> None:
    with alone("direct") as person:
        with open_ready_socket(person.caller.port, with_key(person.caller.key)) as socket:
            end = person.wait_end(person.ask())
            heard = hear_events(socket, PATIENCE_SECONDS, end) + hear_events(socket, QUIET_SECONDS)
            assert ends(heard) == [end]
            person.leave_pending(end)
            say(socket, command="ack", seq=end)
            person.assert_cancelled(end)
        run_id = person.ask()
        polled: list[Event] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not ends(polled) and time.monotonic() < deadline:
            after = polled[-1]["seq"] if polled else end
            polled += person.caller.get(f"events/?after={after}&wait=10")["events"]
        assert ends(polled) == [person.wait_end(run_id)]


def test_a_banner_waits_for_the_next_page() -> None:
    with alone("banner") as person:
        shown, acknowledged = (person.wait_end(person.ask()) for _ in range(2))
        wait_until(lambda: told(person) == [acknowledged, shown], PATIENCE_SECONDS, "there is no banner")
        notice = person.caller.get("notices/")["notices"][1]
        assert notice["text"] == "Your answer in “\u2068Costs in May\u2069” is ready."
        assert person.caller.call("POST", f"notices/{notice['id']}/seen/").status == 204
        assert told(person) == [acknowledged]
        person.leave_pending(acknowledged)
        log = person.caller.get("events/?limit=1")
        said = {"seq": acknowledged, "epoch": log["epoch"]}
        assert person.caller.call("POST", "events/ack/", said).status == 204
        assert told(person) == []
        person.assert_cancelled(acknowledged)
        assert person.attempts("banner") == [(shown, "sent", True), (acknowledged, "cancelled", True)]


def told(person: Person) -> list[int]:
    """The places of the ends a page would show now."""
    return [notice["seq"] for notice in person.caller.get("notices/")["notices"]]
