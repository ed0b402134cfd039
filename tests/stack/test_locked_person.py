"""Whoever waits for a lock in the database waits alone: the commands of other people's sockets go on beside it."""

from __future__ import annotations

import uuid

import pytest
from websockets.sync.client import ClientConnection

from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.sockets import hear_type, open_ready_socket, say, with_key
from tests.stack_process import Stack, wait_until

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def test_a_message_that_waits_for_a_lock_holds_nobody_else_up(stack: Stack) -> None:
    with database_of(stack) as database, database_of(stack) as holder:
        (locked, locked_id), (other, _) = new_person(database), new_person(database)
        keys = [with_key(sign_in_as(stack, email).key) for email in (locked, other)]
        with open_ready_socket(stack.port, keys[0]) as first, open_ready_socket(stack.port, keys[1]) as second:
            with holder.transaction():
                holder.execute("SELECT 1 FROM chat_userstream WHERE user_id = %s FOR UPDATE", (locked_id,))
                ask(first)
                wait_until(lambda: database.execute(WAITING).fetchone() == (1,), 5, "nobody waits")
                ask(second)
                assert hear_type(second, "result")["result"]["run"]
                with pytest.raises(TimeoutError):
                    first.recv(0)
            assert hear_type(first, "result")["result"]["run"]


def ask(socket: ClientConnection) -> None:
    """Begins a thread with a question."""
    say(socket, command="send_message", text="What do we spend?", client_id=uuid.uuid4().hex)
