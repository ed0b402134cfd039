"""A client of the event stream: opens it, hears one block after the other, hangs up when told to."""

from __future__ import annotations

import http.client
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson
from websockets.client import ClientProtocol
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from tests.stack.clients import Answer, Caller
from tests.stack.people import database_of
from tests.stack_process import Stack

WAIT_SECONDS: Final = 15.0
# Hang up without a farewell: the other side gets a reset, and what was on its way is lost.
STOPPED_BUFFER_BYTES: Final = 4_096
FILL_LOG: Final = """
WITH stream AS (
    UPDATE chat_userstream SET last_seq = last_seq + %(many)s WHERE user_id = %(user)s RETURNING last_seq
)
INSERT INTO chat_event (user_id, seq, attempt, type, terminal, created_at, data)
SELECT %(user)s, stream.last_seq - %(many)s + number, 0, 'notice', false, now(),
       json_build_object('kind', 'filling', 'text', repeat('x', %(size)s))
  FROM stream, generate_series(1, %(many)s) AS number
"""
ABRUPT: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Block:
    """One server-sent event, or what else stands between two empty lines."""

    id: str | None
    event: str | None
    data: bytes | None
    comment: str | None

    @property
    def content(self) -> Any:
        assert self.data is not None
        return orjson.loads(self.data)


class EventStream(AbstractContextManager["EventStream"]):
    """One connection to `events/stream/`."""

    def __init__(
        self, caller: Caller, query: str = "", *, last_id: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", caller.port, timeout=WAIT_SECONDS)
        sent = {"Accept": "text/event-stream", **(headers or {})}
        if caller.key:
            sent["Authorization"] = f"Bearer {caller.key}"
        if last_id is not None:
            sent["Last-Event-ID"] = last_id
        self._connection.request("GET", f"/api/v1/events/stream/{query}", headers=sent)
        assert self._connection.sock is not None
        self._socket: socket.socket = self._connection.sock
        try:
            self.response = self._connection.getresponse()
        except BaseException:
            self._connection.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.response.close()
        self._connection.close()

    def open(self) -> Self:
        """The stream, if it is one."""
        assert self.response.status == 200, self.response.read()
        assert self.response.headers["Content-Type"] == "text/event-stream"
        return self

    def refusal(self) -> Answer:
        """The answer, if it is none."""
        with self:
            return Answer(self.response.status, self.response.read())

    def cut(self) -> None:
        """Hangs up without a farewell."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
        self._socket.close()

    def blocks(self) -> Iterator[Block]:
        """Every block until the stream ends."""
        fields: dict[str, bytes] = {}
        while line := self.response.readline():
            line = line.rstrip(b"\n")
            if line:
                name, _, value = line.partition(b":")
                fields[name.decode() or "comment"] = value.removeprefix(b" ")
            elif fields:
                texts = {name: value.decode() for name, value in fields.items() if name != "data"}
                yield Block(texts.get("id"), texts.get("event"), fields.get("data"), texts.get("comment"))
                fields = {}

    def events(self) -> Iterator[Block]:
        """Every block with an event of the log, until the stream ends."""
        return (block for block in self.blocks() if block.data is not None and block.event not in ("ready", "resync"))


def api_bodies(caller: Caller, after: int, to: int) -> list[bytes]:
    """Every event after a place, as the API has it, byte for byte."""
    bodies: list[bytes] = []
    while after < to:
        body = caller.call("GET", f"events/?after={after}&limit=500").body
        events = orjson.loads(body)["events"]
        assert events, f"the log ends at {after}, before {to}"
        bodies += split_events(body)
        after = events[-1]["seq"]
    return bodies[: len(bodies) - sum(orjson.loads(one)["seq"] > to for one in bodies[-500:])]


def split_events(body: bytes) -> list[bytes]:
    """The events of an answer as they are, without writing them anew."""
    text = body[len(b'{"events":[') : body.rindex(b'],"head":')]
    pieces = text.split(b',{"v":1,"seq":')
    return [pieces[0], *(b'{"v":1,"seq":' + piece for piece in pieces[1:])] if text else []


def fill_log(stack: Stack, caller: Caller, many: int, size: int) -> None:
    """Makes the person's log long without any work behind it."""
    caller.get("events/?after=0&limit=1")
    with database_of(stack) as database:
        database.execute(FILL_LOG, {"many": many, "size": size, "user": caller.get("me/")["id"]})


def open_poll(caller: Caller, path: str) -> http.client.HTTPConnection:
    """A request whose answer is not read yet."""
    connection = http.client.HTTPConnection("127.0.0.1", caller.port, timeout=60)
    connection.request("GET", f"/api/v1/{path}", headers={"Authorization": f"Bearer {caller.key}"})
    return connection


def read_poll(connection: http.client.HTTPConnection) -> Answer:
    """Its answer."""
    answer = connection.getresponse()
    return Answer(answer.status, answer.read())


def open_stopped_reader(caller: Caller, path: str) -> socket.socket:
    """A client that asks and then takes nothing any more."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STOPPED_BUFFER_BYTES)
    made.connect(("127.0.0.1", caller.port))
    head = f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {caller.key}\r\n\r\n"
    made.sendall(head.encode())
    return made


def open_stopped_socket(caller: Caller) -> socket.socket:
    """A socket that says hello, hears that it is ready, and never reads again."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STOPPED_BUFFER_BYTES)
    made.settimeout(WAIT_SECONDS)
    made.connect(("127.0.0.1", caller.port))
    protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{caller.port}/ws/"))
    request = protocol.connect()
    request.headers["Authorization"] = f"Bearer {caller.key}"
    protocol.send_request(request)
    made.sendall(b"".join(protocol.data_to_send()))
    while protocol.state is not OPEN:
        protocol.receive_data(made.recv(STOPPED_BUFFER_BYTES))
    protocol.send_text(b'{"command":"hello","v":1,"cursor":null,"epoch":null}')
    made.sendall(b"".join(protocol.data_to_send()))
    assert b'"ready"' in made.recv(STOPPED_BUFFER_BYTES)
    return made
