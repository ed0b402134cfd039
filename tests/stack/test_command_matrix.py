"""Every socket command for every kind of person; a new command without a row fails."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

import pytest

from chat.commands import COMMANDS
from tests.matrix.actors import Actor
from tests.stack.clients import Caller, sign_in
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.sockets import assert_alive, hear, open_ready_socket, refusal, say, with_key
from tests.stack_process import Stack, wait_until

DONE: Final = "done"
# What who may connect gets: the owner, a stranger or staff with the owner's ids, a key for reading only.
ROWS: Final[dict[str, tuple[str, str, str]]] = {
    "hello": (DONE, DONE, DONE),
    "ack": (DONE, DONE, DONE),
    "watch": (DONE, "thread_not_found", DONE),
    "resync": (DONE, DONE, DONE),
    "ping": (DONE, DONE, DONE),
    "send_message": (DONE, "thread_not_found", "read_only_key"),
    "cancel_run": ("run_already_finished", "run_not_found", "read_only_key"),
}
COLUMNS: Final = {Actor.OWNER: 0, Actor.STRANGER: 1, Actor.STAFF: 1, Actor.READ_KEY: 2}
# These are not let in at all.
SHUT_OUT: Final = {Actor.ANONYMOUS: 4401, Actor.DISABLED: 4401}


@dataclass(frozen=True)
class Things:
    """The owner's, and everybody's keys."""

    thread: str
    run: str
    keys: dict[Actor, str]


@pytest.fixture(scope="module")
def things(stack: Stack) -> Things:
    owner = sign_in(stack.port)
    thread = owner.post("threads/", {"title": "Mine"})["id"]
    run = owner.post(f"threads/{thread}/messages/", {"text": "Hello", "client_id": uuid.uuid4().hex})["run"]["id"]
    with database_of(stack) as database:
        copies = {actor: new_person(database)[0] for actor in (Actor.STRANGER, Actor.STAFF, Actor.DISABLED)}
        keys = {actor: sign_in_as(stack, email).key for actor, email in copies.items()}
        database.execute("UPDATE accounts_user SET is_staff = true WHERE email = %s", (copies[Actor.STAFF],))
        database.execute("UPDATE accounts_user SET is_active = false WHERE email = %s", (copies[Actor.DISABLED],))
    keys[Actor.OWNER] = owner.key
    keys[Actor.READ_KEY] = owner.post("keys/", {"name": "reading", "scope": "read"})["key"]
    keys[Actor.ANONYMOUS] = "none"
    wait_until_ended(owner, run)
    return Things(thread, run, keys)


def wait_until_ended(owner: Caller, run: str) -> None:
    wait_until(lambda: owner.get(f"runs/{run}/")["status"] == "completed", 60, "the run did not end")


def frame_of(name: str, things: Things) -> dict[str, Any]:
    """The command as a good client sends it, about the owner's things."""
    client_id = uuid.uuid4().hex
    frames: dict[str, dict[str, Any]] = {
        "hello": {"v": 1, "cursor": None, "epoch": None},
        "ack": {"seq": 0},
        "watch": {"thread_id": things.thread},
        "resync": {},
        "ping": {},
        "send_message": {"client_id": client_id, "thread_id": things.thread, "text": "Hello"},
        "cancel_run": {"client_id": client_id, "run_id": things.run},
    }
    return {**frames[name], "command": name}


def test_every_command_has_a_row() -> None:
    assert set(ROWS) == set(COMMANDS)
    assert set(COLUMNS) | set(SHUT_OUT) == set(Actor)


@pytest.mark.parametrize("actor", COLUMNS)
@pytest.mark.parametrize("name", ROWS)
def test_each_command_does_what_the_matrix_says(stack: Stack, things: Things, name: str, actor: Actor) -> None:
    with open_ready_socket(stack.port, with_key(things.keys[actor])) as socket:
        say(socket, **frame_of(name, things))
        # Whatever the command answered has come before this one's answer.
        say(socket, command="ping")
        answers: list[dict[str, Any]] = []
        while not answers or answers[-1]["type"] != "pong":
            answers.append(hear(socket))
        errors = [answer["code"] for answer in answers if answer["type"] == "error"]
        assert errors == ([] if ROWS[name][COLUMNS[actor]] == DONE else [ROWS[name][COLUMNS[actor]]])
        if actor in {Actor.STRANGER, Actor.STAFF}:
            assert things.thread not in str(answers)
        assert_alive(socket)


@pytest.mark.parametrize("actor", SHUT_OUT)
def test_who_is_nobody_says_nothing(stack: Stack, things: Things, actor: Actor) -> None:
    assert refusal(stack.port, with_key(things.keys[actor])) == SHUT_OUT[actor]
