"""Sockets as the web process serves them: whoever pauses misses no byte, and whoever leaves leaves nothing behind."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import orjson
import psutil
import pytest
import websockets.sync.client as websockets

from bench.viewing import viewing
from bench.websocket import find_frame
from tests.stack.clients import Caller
from tests.stack.conftest import own_stack
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.pouring import pouring
from tests.stack.sockets import WAIT_SECONDS
from tests.stack.streams import api_bodies, fill_log, open_stopped_socket
from tests.stack_process import Stack, wait_until

# Far more than the kernel's buffers on both sides hold together.
EVENTS: Final = 15_000
EVENT_BYTES: Final = 400
ACK_EVENTS: Final = 500
ACK_PAUSE_SECONDS: Final = 0.1
PEOPLE: Final = 20
SOCKETS_A_PERSON: Final = 10
ROUNDS: Final = 6
SOCKET_BYTES: Final = 30 * 1_024
# What a round of sockets would leave behind if nothing of them went.
ROUND_BYTES: Final = PEOPLE * SOCKETS_A_PERSON * SOCKET_BYTES
# Cookies and names a browser brings, more than any does, so that keeping them shows.
HEADER_BYTES: Final = 12 * 1_024


def caller_of_new_person(stack: Stack) -> Caller:
    with database_of(stack) as database:
        email, _ = new_person(database)
    return sign_in_as(stack, email)


def frames_of(reader: socket.socket) -> Iterator[dict[str, Any]]:
    """Every frame of events that comes."""
    buffer = bytearray()
    while received := reader.recv(65_536):
        buffer += received
        place = 0
        while (frame := find_frame(buffer, place)) is not None:
            _, start, place = frame
            content = orjson.loads(buffer[start:place])
            if content["type"] == "events":
                yield content
        del buffer[:place]


def acknowledge(reader: socket.socket, seq: int) -> None:
    """Says that it has everything up to there, whether it has read it or not."""
    text = b'{"command":"ack","seq":%d}' % seq
    reader.sendall(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)


def test_a_reader_that_pauses_misses_no_byte(stack: Stack) -> None:
    caller = caller_of_new_person(stack)
    with open_stopped_socket(caller) as reader:
        fill_log(stack, caller, EVENTS, EVENT_BYTES)
        assert select.select([reader], [], [], WAIT_SECONDS)[0]
        # It reads nothing and gets more and more: what the kernel does not take waits in the server.
        for seq in range(ACK_EVENTS, EVENTS, ACK_EVENTS):
            acknowledge(reader, seq)
            time.sleep(ACK_PAUSE_SECONDS)
        read: list[dict[str, Any]] = []
        for frame in frames_of(reader):
            assert frame["prev"] == len(read)
            read += frame["events"]
            acknowledge(reader, frame["to"])
            if frame["to"] >= EVENTS:
                break
    assert read == [orjson.loads(body) for body in api_bodies(caller, 0, EVENTS)]


@pytest.mark.long
def test_sockets_that_were_closed_leave_nothing_behind() -> None:
    """Without the garbage collector's help, which does not look at what has lived for a second."""
    with own_stack() as quiet, pouring(quiet, PEOPLE) as pour:
        process = psutil.Process(quiet.pid("web"))
        sizes = []
        for _ in range(ROUNDS):
            with viewing(quiet.url, [(key, 0) for key in pour.keys for _ in range(SOCKETS_A_PERSON)]):
                wait_until(lambda: open_sockets(quiet) == PEOPLE * SOCKETS_A_PERSON, 30, "not all sockets are open")
            wait_until(lambda: open_sockets(quiet) == 0, 30, "the sockets are still open")
            sizes.append(process.memory_info().rss)
    print("MB after each round:", ", ".join(f"{size / 1e6:.1f}" for size in sizes))
    assert max(sizes) - sizes[1] < (ROUNDS - 2) * ROUND_BYTES / 3


@pytest.mark.long
def test_a_socket_keeps_its_request_once() -> None:
    """In the scope, for the application; the libraries below would keep it twice more, as it came and taken apart."""
    with own_stack() as quiet, pouring(quiet, PEOPLE) as pour:
        process = psutil.Process(quiet.pid("web"))
        keys = [key for key in pour.keys for _ in range(SOCKETS_A_PERSON)]
        with viewing(quiet.url, [(pour.keys[0], 0)]):
            before = process.memory_info().rss
        with ExitStack() as opened:
            for key in keys:
                headers = {"authorization": f"Bearer {key}", "x-long": "x" * HEADER_BYTES}
                connecting = websockets.connect(quiet.url.replace("http", "ws") + "/ws/", additional_headers=headers)
                socket = opened.enter_context(connecting)
                socket.send('{"command":"hello","v":1,"cursor":null,"epoch":null}')
                assert orjson.loads(socket.recv(WAIT_SECONDS))["type"] == "ready"
            each = (process.memory_info().rss - before) / len(keys)
    print(f"a socket with a request of {HEADER_BYTES} bytes: {each:,.0f} bytes")
    # Reading it leaves holes in the memory, about as large again.
    assert each < SOCKET_BYTES + 3 * HEADER_BYTES


def open_sockets(stack: Stack) -> int:
    """As the web process' heartbeat tells."""
    with database_of(stack) as database:
        row = database.execute(
            "SELECT COALESCE(sum((details ->> 'sockets')::int), 0) FROM chat_heartbeat WHERE kind = 'web'"
        ).fetchone()
    assert row
    return int(row[0])
