"""Clients of a running Netra as other products write them: one polls the API, one keeps a socket."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Self

import orjson
from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

DEMO_ACCOUNT: Final = {"email": "demo@example.com", "password": "demo-netra-2026"}
EVENTS_FRAME: Final = re.compile(r'\{"type":"events","prev":(\d+),"to":(\d+),"events":\[(.*)\]\}', re.DOTALL)
FINAL_CLOSE_CODES: Final = (4401, 4403)
ACK_EVENTS: Final = 100
ACK_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.1
CALL_TIMEOUT_SECONDS: Final = 15.0
NO_ANSWER = (OSError, http.client.HTTPException)
NO_SOCKET = (OSError, WebSocketException, InvalidHandshake, InvalidMessage, InvalidURI)
Event = dict[str, Any]


class Refused(AssertionError):
    """The server answered with something that trying again does not change."""


@dataclass(frozen=True)
class Answer:
    """What the server said to one call."""

    status: int
    body: bytes

    @property
    def content(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """Calls the API of one Netra with one person's key."""

    port: int
    key: str = ""

    def call(self, method: str, path: str, body: Any = None, timeout_seconds: float = CALL_TIMEOUT_SECONDS) -> Answer:
        """One call on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_seconds)
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        try:
            connection.request(method, f"/api/v1/{path}", None if body is None else orjson.dumps(body), headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The content of an answer that has to be good."""
        return self._good("GET", path)

    def post(self, path: str, body: Any) -> Any:
        """The content of an answer that has to be good."""
        return self._good("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        """The content of an answer that has to be good."""
        return self._good("PUT", path, body)

    def insist(self, method: str, path: str, body: Any, deadline_seconds: float) -> Answer:
        """Repeats a call, as a client would, while the server is away or says that it is at fault."""
        deadline = time.monotonic() + deadline_seconds
        while time.monotonic() < deadline:
            try:
                answer = self.call(method, path, body)
            except NO_ANSWER:
                time.sleep(POLL_SECONDS)
                continue
            if answer.status < 500:
                return answer
            time.sleep(POLL_SECONDS)
        raise Refused(f"{method} {path} was not accepted within {deadline_seconds} seconds")

    def _good(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, path, body)
        if answer.status not in (200, 201):
            raise Refused(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer.content


def sign_in(port: int) -> Caller:
    """The demo account with a key of its own."""
    return Caller(port, Caller(port).post("auth/token/", DEMO_ACCOUNT)["token"])


@dataclass
class Received:
    """The log as one client got it: every byte in order, and when each event came."""

    cursor: int | None = None
    epoch: str | None = None
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    arrived_at: dict[int, float] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    gaps: int = 0

    def take(self, prev: int, to: int, body: bytes) -> bool:
        """Applies a stretch that continues the cursor; False for one that must not be applied."""
        if self.cursor is not None and prev != self.cursor:
            return False
        now = time.time()
        for event in orjson.loads(b"[" + body + b"]"):
            self.arrived_at[event["seq"]] = now
            if event["terminal"]:
                self.ended.add(event["run_id"])
        self.pieces.append((to, body))
        self.cursor = to
        return True

    def rewind(self, cursor: int) -> None:
        """Forgets what came after a place from which the client has asked again."""
        while self.pieces and self.pieces[-1][0] > cursor:
            self.pieces.pop()
        self.cursor = cursor

    @property
    def joined(self) -> bytes:
        return b",".join(body for _, body in self.pieces if body)

    @property
    def events(self) -> list[Event]:
        return list(orjson.loads(b"[" + self.joined + b"]"))


class Client(AbstractContextManager["Client"]):
    """A client with a thread of its own; a fault of it is raised where the client is left."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.received = Received()
        self.fault: BaseException | None = None
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=type(self).__name__, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._thread.join(CALL_TIMEOUT_SECONDS * 2)
        self.check()

    def check(self) -> None:
        """Raises what went wrong in the client's thread."""
        if self.fault is not None:
            raise AssertionError(f"{type(self).__name__} gave up") from self.fault

    def work(self) -> None:
        """What the thread does until told to stop."""
        raise NotImplementedError

    def _serve(self) -> None:
        try:
            self.work()
        except (AssertionError, ValueError, KeyError) as fault:
            self.fault = fault


class PollingClient(Client):
    """Asks `events/?after=` again and again."""

    def __init__(self, caller: Caller, cursor: int) -> None:
        super().__init__(caller)
        self.received.cursor = cursor
        self.failures: Counter[str] = Counter()
        self.answered_at: list[float] = []

    def work(self) -> None:
        """Polls; a server that is away or at fault is asked again."""
        while not self.stopping.wait(POLL_SECONDS):
            try:
                answer = self.caller.call("GET", f"events/?after={self.received.cursor}")
            except NO_ANSWER as error:
                self.failures[type(error).__name__] += 1
                continue
            if answer.status >= 500:
                self.failures[str(answer.status)] += 1
                continue
            self._take(answer)

    def _take(self, answer: Answer) -> None:
        if answer.status != 200:
            raise Refused(f"events: {answer.status} {answer.body[:300]!r}")
        self.answered_at.append(time.monotonic())
        content = answer.content
        epoch = self.received.epoch = self.received.epoch or content["epoch"]
        assert content["epoch"] == epoch, "the log of this person was replaced by another"
        if content["events"]:
            body = answer.body[len(b'{"events":[') : answer.body.rindex(b'],"head":')]
            assert self.received.cursor is not None
            assert self.received.take(self.received.cursor, content["events"][-1]["seq"], body)


class SocketClient(Client):
    """Keeps a socket: cursor, acknowledgements, the test of `prev`, and a new connection after every loss."""

    def __init__(self, caller: Caller, jitter_seconds: float = 0.2) -> None:
        super().__init__(caller)
        self.jitter_seconds = jitter_seconds
        self.ready_at: list[float] = []
        self.close_codes: Counter[int] = Counter()
        self.errors: list[Event] = []
        self._acked = 0
        self._acked_at = 0.0
        self._greeting = False

    @property
    def is_ready(self) -> bool:
        """True once the server has said ready; raises what ended the client before."""
        self.check()
        return bool(self.ready_at)

    def work(self) -> None:
        """Connects until told to stop or told that it may not come back."""
        headers = {"Authorization": f"Bearer {self.caller.key}"}
        while not self.stopping.is_set():
            try:
                with connect(
                    f"ws://127.0.0.1:{self.caller.port}/ws/",
                    additional_headers=headers,
                    max_size=None,
                    open_timeout=5,
                    close_timeout=1,
                    compression=None,
                    proxy=None,
                ) as socket:
                    self._talk(socket)
            except NO_SOCKET as error:
                self._note_loss(error)
            self.stopping.wait(random.uniform(0, self.jitter_seconds))

    def _note_loss(self, error: BaseException) -> None:
        received = getattr(error, "rcvd", None)
        code = received.code if received else 1006
        self.close_codes[code] += 1
        assert code not in FINAL_CLOSE_CODES, f"the server ended the session with {code}"

    def _talk(self, socket: ClientConnection) -> None:
        """One connection: hello, then frames and acknowledgements."""
        self._acked, self._acked_at = 0, time.monotonic()
        self._greet(socket)
        while not self.stopping.is_set():
            try:
                frame = socket.recv(timeout=0.25)
            except TimeoutError:
                frame = None
            if isinstance(frame, str):
                self._take(socket, frame)
            self._acknowledge(socket)

    def _greet(self, socket: ClientConnection) -> None:
        self._greeting = True
        hello = {"command": "hello", "v": 1, "cursor": self.received.cursor, "epoch": self.received.epoch}
        socket.send(orjson.dumps(hello).decode())

    def _take(self, socket: ClientConnection, text: str) -> None:
        events = EVENTS_FRAME.fullmatch(text)
        if events:
            self._take_events(socket, int(events[1]), int(events[2]), events[3].encode())
            return
        frame = orjson.loads(text)
        if frame["type"] == "ready":
            self._take_ready(frame)
        elif frame["type"] == "error":
            self.errors.append(frame)
        assert frame["type"] != "resync", f"the server cannot continue from {self.received.cursor}: {frame['reason']}"

    def _take_ready(self, frame: Event) -> None:
        self._greeting = False
        if self.received.epoch is None:
            self.received.epoch, self.received.cursor = frame["epoch"], frame["head"]
        self.ready_at.append(time.monotonic())

    def _take_events(self, socket: ClientConnection, prev: int, to: int, body: bytes) -> None:
        """A stretch that does not continue the cursor means something was missed: ask again from there, once."""
        cursor = self.received.cursor
        if self._greeting or (cursor is not None and to <= cursor):
            return
        if not self.received.take(prev, to, body):
            self.received.gaps += 1
            self._greet(socket)

    def _acknowledge(self, socket: ClientConnection) -> None:
        cursor = self.received.cursor
        if cursor is None or cursor <= self._acked or self._greeting:
            return
        if cursor - self._acked >= ACK_EVENTS or time.monotonic() - self._acked_at >= ACK_SECONDS:
            socket.send(orjson.dumps({"command": "ack", "seq": cursor}).decode())
            self._acked, self._acked_at = cursor, time.monotonic()
