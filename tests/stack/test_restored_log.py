"""A backup is restored under open connections: nobody applies what the log does not hold any more."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
import pytest
from websockets.sync.client import ClientConnection

from tests.stack.clients import Caller
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.sockets import hear_type, open_ready_socket, say, say_hello, with_key
from tests.stack.streams import EventStream
from tests.stack_process import Stack


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    with database_of(stack) as database:
        yield database


@pytest.fixture
def person(stack: Stack, database: psycopg.Connection[Any]) -> tuple[Caller, uuid.UUID]:
    email, user_id = new_person(database)
    return sign_in_as(stack, email), user_id


def restore(database: psycopg.Connection[Any], user_id: uuid.UUID, head: int) -> None:
    """The person's log as it was at this place, and the new epoch an operator gives it then."""
    with database.transaction():
        database.execute("DELETE FROM chat_event WHERE user_id = %s AND seq > %s", (user_id, head))
        database.execute(
            "UPDATE chat_userstream SET last_seq = %s, epoch = gen_random_uuid() WHERE user_id = %s", (head, user_id)
        )


def take_up_to(socket: ClientConnection, head: int) -> None:
    """Hears and acknowledges everything up to this place."""
    place = 0
    while place < head:
        place = hear_type(socket, "events")["to"]
    say(socket, command="ack", seq=place)


def test_an_open_socket_is_told_to_start_afresh_and_gets_nothing_of_the_former_log(
    stack: Stack, database: psycopg.Connection[Any], person: tuple[Caller, uuid.UUID]
) -> None:
    caller, user_id = person
    with open_ready_socket(stack.port, with_key(caller.key)) as socket:
        for number in range(3):
            caller.post("threads/", {"title": f"Lost {number}"})
        head = caller.get("events/?after=0&limit=1")["head"]
        take_up_to(socket, head)
        restore(database, user_id, head - 2)
        assert hear_type(socket, "resync")["reason"] == "epoch_changed"
        snapshot = caller.get("snapshot/")
        ready = say_hello(socket, snapshot["as_of_seq"], snapshot["epoch"])
        assert ready["head"] == head - 2
        thread = caller.post("threads/", {"title": "After it"})
        frame = hear_type(socket, "events")
        assert (frame["prev"], frame["to"]) == (head - 2, head - 1)
        [event] = frame["events"]
        assert event["event_id"] == f"{snapshot['epoch']}-{head - 1}"
        assert event["data"]["thread"]["id"] == thread["id"]


def test_an_open_stream_ends_and_whoever_comes_again_is_told(
    stack: Stack, database: psycopg.Connection[Any], person: tuple[Caller, uuid.UUID]
) -> None:
    caller, user_id = person
    with EventStream(caller).open() as stream:
        caller.post("threads/", {"title": "Lost"})
        last = next(stream.events())
        restore(database, user_id, orjson.loads(last.data or b"")["seq"] - 1)
        assert [block.comment for block in stream.blocks()][-1] == "another log"
    with EventStream(caller, last_id=last.id).open() as again:
        told = next(block for block in again.blocks() if block.event == "resync")
        assert told.content["reason"] == "epoch_changed"
