"""The socket's protocol on the real server: who may connect, what may be said, what a mistake leads to."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.stack.clients import Caller, sign_in
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.sockets import WAIT_SECONDS, close_code, hear_type, open_socket, say, say_hello, with_key
from tests.stack_process import Stack


@pytest.fixture(scope="module")
def caller(stack: Stack) -> Caller:
    return sign_in(stack.port)


@pytest.fixture
def newcomer(stack: Stack) -> Caller:
    """A person of its own, for whom nothing runs: the demo account's log is long, and others' runs move its head."""
    with database_of(stack) as database:
        email, _ = new_person(database)
    return sign_in_as(stack, email)


def test_hello_answers_ready_with_the_head(stack: Stack, newcomer: Caller) -> None:
    newcomer.post("threads/", {"title": "First"})
    with open_socket(stack.port, with_key(newcomer.key)) as socket:
        ready = say_hello(socket)
    assert ready["head"] == newcomer.get("events/?after=0&limit=1")["head"] > 0
    assert set(ready) == {"type", "v", "epoch", "head", "floor"}


def test_a_message_sent_on_the_socket_is_answered_and_idempotent(stack: Stack, caller: Caller) -> None:
    client_id = uuid.uuid4().hex
    with open_socket(stack.port, with_key(caller.key)) as socket:
        say_hello(socket)
        answers = []
        for _ in range(2):
            say(socket, command="send_message", client_id=client_id, thread_id=None, text="Hello")
            answers.append(hear_type(socket, "result"))
    assert answers[0]["client_id"] == client_id
    assert answers[0]["result"]["run"]["id"] == answers[1]["result"]["run"]["id"]
    assert answers[0]["result"]["message"]["text"] == "Hello"


def test_a_replay_is_byte_for_byte_the_api(stack: Stack, newcomer: Caller) -> None:
    caller = newcomer
    thread = caller.post("threads/", {"title": "Replay"})["id"]
    caller.post(f"threads/{thread}/messages/", {"text": "Hello", "client_id": uuid.uuid4().hex})
    raw = caller.call("GET", "events/?after=0&limit=2000").body
    log = json.loads(raw)
    with open_socket(stack.port, with_key(caller.key)) as socket:
        ready = say_hello(socket, 0, log["epoch"])
        received, cursor = b"", 0
        while cursor < log["events"][-1]["seq"]:
            text = socket.recv(WAIT_SECONDS)
            assert isinstance(text, str)
            frame = json.loads(text)
            assert (frame["type"], frame["prev"]) == ("events", cursor)
            cursor = frame["to"]
            body = text.encode()
            received += (b"," if received else b"") + body[body.index(b"[") + 1 : body.rindex(b"]")]
            say(socket, command="ack", seq=cursor)
    assert ready["epoch"] == log["epoch"]
    whole = raw[raw.index(b"[") + 1 : raw.rindex(b"]")]
    assert received.startswith(whole)


@pytest.mark.parametrize(
    ("cursor", "epoch", "reason"),
    [
        (0, "00000000-0000-4000-8000-000000000000", "epoch_changed"),
        (0, None, "epoch_changed"),
        (10**9, "now", "cursor_ahead"),
    ],
)
def test_a_cursor_that_cannot_be_read_on_from_is_a_resync(
    stack: Stack, caller: Caller, cursor: int, epoch: str | None, reason: str
) -> None:
    with open_socket(stack.port, with_key(caller.key)) as socket:
        now = say_hello(socket)["epoch"]
        say_hello(socket, cursor, now if epoch == "now" else epoch)
        assert hear_type(socket, "resync")["reason"] == reason


def test_a_resync_can_be_asked_for(stack: Stack, caller: Caller) -> None:
    with open_socket(stack.port, with_key(caller.key)) as socket:
        say_hello(socket)
        say(socket, command="resync")
        assert hear_type(socket, "resync")["reason"] == "asked"


def test_unwatched_deltas_are_left_out_and_nothing_else(stack: Stack, caller: Caller) -> None:
    watched = caller.post("threads/", {"title": "Watched"})["id"]
    other = caller.post("threads/", {"title": "Other"})["id"]
    with open_socket(stack.port, with_key(caller.key)) as socket:
        say_hello(socket)
        say(socket, command="watch", thread_id=watched)
        say(socket, command="ping")
        hear_type(socket, "pong")
        run = caller.post(f"threads/{other}/messages/", {"text": "Hello", "client_id": uuid.uuid4().hex})["run"]
        events: list[dict[str, Any]] = []
        while not any(event["terminal"] and event["run_id"] == run["id"] for event in events):
            frame = hear_type(socket, "events")
            events += frame["events"]
            say(socket, command="ack", seq=frame["to"])
    types = [event["type"] for event in events if event["run_id"] == run["id"]]
    assert "message_delta" not in types
    assert types[0] == "message_posted"
    assert types[-1] == "agent_completed"


MISTAKES: tuple[tuple[str | bytes, str], ...] = (
    ("", "bad_frame"),
    ("{", "bad_frame"),
    ("[]", "bad_frame"),
    ("7", "bad_frame"),
    ("null", "bad_frame"),
    ("[" * 100_000, "bad_frame"),
    ('{"a":' * 20_000, "bad_frame"),
    ('{"command":"\\ud83d"}', "bad_frame"),
    (b"\x00\xff binary", "bad_frame"),
    ("{}", "unknown_command"),
    ('{"command":null}', "unknown_command"),
    ('{"command":["hello"]}', "unknown_command"),
    ('{"command":"connect"}', "unknown_command"),
    ('{"command":"__class__"}', "unknown_command"),
    ('{"command":"websocket.disconnect"}', "unknown_command"),
    ('{"type":"websocket.disconnect"}', "unknown_command"),
    ('{"command":"hello","v":2}', "bad_frame"),
    ('{"command":"hello","v":1,"cursor":-1}', "bad_frame"),
    ('{"command":"hello","v":1,"cursor":"5"}', "bad_frame"),
    ('{"command":"hello","v":1,"cursor":1e99}', "bad_frame"),
    ('{"command":"hello","v":1,"cursor":true}', "bad_frame"),
    ('{"command":"hello","v":1,"cursor":0,"epoch":7}', "bad_frame"),
    ('{"command":"ack","seq":99999999999}', "bad_frame"),
    ('{"command":"ack","seq":"1"}', "bad_frame"),
    ('{"command":"watch","thread_id":"x"}', "thread_not_found"),
    ('{"command":"watch","thread_id":"01990000-0000-7000-8000-000000000000"}', "thread_not_found"),
    ('{"command":"send_message","text":"hello"}', "client_id_unusable"),
    ('{"command":"send_message","client_id":"a b","text":"hello"}', "client_id_unusable"),
    ('{"command":"send_message","client_id":"bad1","text":""}', "text_unusable"),
    ('{"command":"send_message","client_id":"bad2","text":null}', "text_unusable"),
    ('{"command":"send_message","client_id":"bad3","text":"a\\u0000b"}', "text_unusable"),
    ('{"command":"send_message","client_id":"bad4","text":"' + "x" * 32_001 + '"}', "text_unusable"),
    ('{"command":"send_message","client_id":"bad7","text":"x","agent":"triage"}', "agent_not_found"),
    ('{"command":"send_message","client_id":"bad8","text":"x","agent":"a\\u0000b"}', "agent_not_found"),
    ('{"command":"send_message","client_id":"bad10","text":"x","agent":5}', "agent_not_found"),
    ('{"command":"send_message","client_id":"bad5","text":"x","thread_id":"nope"}', "thread_not_found"),
    (
        '{"command":"send_message","client_id":"bad6","text":"x","thread_id":"01990000-0000-7000-8000-000000000000"}',
        "thread_not_found",
    ),
    ('{"command":"cancel_run","client_id":"bad7","run_id":"nope"}', "run_not_found"),
    ('{"command":"cancel_run","client_id":"bad8"}', "run_not_found"),
)


@pytest.mark.parametrize(("frame", "code"), MISTAKES, ids=[f"mistake{number}" for number in range(len(MISTAKES))])
def test_a_mistake_is_answered_and_leaves_the_socket_alive(
    stack: Stack, caller: Caller, frame: str | bytes, code: str
) -> None:
    with open_socket(stack.port, with_key(caller.key)) as socket:
        say_hello(socket)
        socket.send(frame)
        answer = hear_type(socket, "error")
        assert answer["code"] == code
        assert answer["message"]
        say(socket, command="ping")
        assert hear_type(socket, "pong")
    assert "Traceback" not in stack.log("web")


def test_a_frame_over_the_limit_closes_its_own_socket_only(stack: Stack, caller: Caller) -> None:
    with open_socket(stack.port, with_key(caller.key)) as good, open_socket(stack.port, with_key(caller.key)) as bad:
        say_hello(good)
        bad.send('{"command":"ping","padding":"' + "x" * 200_000 + '"}')
        assert close_code(bad) == 4413
        say(good, command="ping")
        assert hear_type(good, "pong")


def test_a_flood_closes_its_own_socket_only(stack: Stack, caller: Caller) -> None:
    with open_socket(stack.port, with_key(caller.key)) as good, open_socket(stack.port, with_key(caller.key)) as bad:
        say_hello(good)
        with contextlib.suppress(ConnectionClosed):
            for _ in range(2_000):
                say(bad, command="ping")
        assert close_code(bad) == 4429
        say(good, command="ping")
        assert hear_type(good, "pong")


@pytest.mark.parametrize("key", ["wrong", "netra_" + "0" * 64, "ÄÖ"])
def test_a_bad_key_is_a_closed_session(stack: Stack, key: str) -> None:
    address = f"ws://127.0.0.1:{stack.port}/ws/"
    header = f"Bearer {key}".encode().decode("latin-1")
    with connect(address, additional_headers={"Authorization": header}) as socket:
        assert close_code(socket) == 4401


def test_the_exact_origin_without_a_session_is_told_to_sign_in(stack: Stack) -> None:
    headers = {"Origin": stack.url}
    with connect(f"ws://127.0.0.1:{stack.port}/ws/", additional_headers=headers) as socket:
        assert close_code(socket) == 4401


def test_an_unknown_socket_path_is_refused(stack: Stack) -> None:
    headers = {"Origin": stack.url}
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://127.0.0.1:{stack.port}/nowhere/", additional_headers=headers),
    ):
        pass
    assert refused.value.response.status_code in {403, 404}
    assert "Traceback" not in stack.log("web")
