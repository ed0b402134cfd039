"""Clients as other products write them, on one event loop: a socket, an event stream, a long poll."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from datetime import datetime
from typing import Any, Final

import httpx2
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.campaign import recording
from tests.campaign.people import Person
from tests.campaign.recording import Recorder, digest_of, marks_in

ACK_EVENTS: Final = 100
ACK_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 10.0
POLL_WAIT_SECONDS: Final = 10
POLL_PAUSE_SECONDS: Final = 0.25
FINAL_CLOSE_CODES: Final = (4401, 4403)
NO_SOCKET: Final = (OSError, WebSocketException, TimeoutError)
NO_ANSWER: Final = (httpx2.HTTPError, OSError, TimeoutError)


class SessionEnded(Exception):
    """The server said that this person may not come back, which no fault here is a reason for."""


class Client:
    """What all have in common: a place in one person's log, and notes of every event that is applied."""

    def __init__(self, name: str, person: Person, port: int, recorder: Recorder, http: httpx2.AsyncClient) -> None:
        self.name = name
        self.person = person
        self.port = port
        self.cursor: int | None = None
        self.epoch: str | None = None
        self.ready = asyncio.Event()
        self.connects = 0
        self.losses: Counter[str] = Counter()
        self.recorder = recorder
        self._http = http

    @property
    def headers(self) -> dict[str, str]:
        """How the client says who it is."""
        return {"Authorization": f"Bearer {self.person.key}"}

    def path(self, rest: str) -> str:
        """An address of the API."""
        return f"http://127.0.0.1:{self.port}/api/v1/{rest}"

    async def serve(self) -> None:
        """Stays with the log until cancelled."""
        raise NotImplementedError

    def begin(self, cursor: int, epoch: str) -> None:
        """Its first place."""
        if self.cursor is None:
            self.recorder.write(recording.CLIENT, self.name, self.person.id, cursor)
            self.cursor, self.epoch = cursor, epoch
        self.connects += 1
        self.ready.set()

    def apply(self, events: list[dict[str, Any]], to: int) -> None:
        """Notes each event and moves on."""
        now = time.time()
        for event in events:
            data = event["data"]
            self.recorder.write(
                recording.GOT, self.name, event["seq"], event["event_id"], event["user_id"], event["run_id"],
                event["attempt"], event["run_seq"], event["type"], event["terminal"], digest_of(orjson.dumps(data)),
                marks_in(text_of(data)),
                now, datetime.fromisoformat(event["timestamp"]).timestamp(),
            )  # fmt: skip
        self.cursor = to

    async def start_afresh(self) -> None:
        """A snapshot stands for everything up to its place."""
        answer = await self._http.get(self.path("snapshot/"), headers=self.headers)
        content = answer.raise_for_status().json()
        cursor, epoch = content["as_of_seq"], content["epoch"]
        self.recorder.write(recording.JUMPED, self.name, cursor, epoch)
        self.cursor, self.epoch = cursor, epoch

    def tell_losses(self, *, leaves: bool) -> None:
        """Notes what the client met, and where it was if it leaves before the end."""
        if leaves and self.cursor is not None:
            self.recorder.write(recording.LEFT, self.name, self.cursor)
        self.recorder.write(recording.MET, self.name, self.connects, dict(self.losses))


def text_of(data: dict[str, Any]) -> str:
    """What an event says in words: a delta, a question or an answer."""
    message = data.get("message")
    return str(data.get("delta") or (message.get("text", "") if isinstance(message, dict) else ""))


class SocketClient(Client):
    """Keeps a socket: cursor, acknowledgements, the test of `prev`, and a new connection after every loss."""

    def __init__(
        self, name: str, person: Person, port: int, recorder: Recorder, http: httpx2.AsyncClient,
        *, jitter_seconds: float, acks: bool, reads: bool, cursor: int | None,
    ) -> None:  # fmt: skip
        super().__init__(name, person, port, recorder, http)
        self._jitter_seconds = jitter_seconds
        self._acks = acks
        self._reads = reads
        self._first_cursor = cursor
        self._knows_log = cursor is None
        self._acked = 0
        self._acked_at = 0.0
        self._greeting = False

    async def serve(self) -> None:
        """Connects again after every loss."""
        while True:
            try:
                await self._connect()
            except (*NO_SOCKET, httpx2.HTTPError) as error:
                self._note_loss(error)
            await asyncio.sleep(random.uniform(0, self._jitter_seconds))

    async def _connect(self) -> None:
        async with connect(
            f"ws://127.0.0.1:{self.port}/ws/",
            additional_headers=self.headers,
            max_size=None,
            max_queue=256,
            open_timeout=30,
            close_timeout=1,
            ping_interval=HEARTBEAT_SECONDS,
            ping_timeout=HEARTBEAT_SECONDS,
            compression=None,
            proxy=None,
        ) as socket:
            await self._talk(socket)

    def _note_loss(self, error: BaseException) -> None:
        received = getattr(error, "rcvd", None)
        code = received.code if received else type(error).__name__
        self.losses[str(code)] += 1
        if code in FINAL_CLOSE_CODES:
            raise SessionEnded(f"{self.name} was closed with {code}") from error

    async def _talk(self, socket: ClientConnection) -> None:
        """One connection: hello, then frames and acknowledgements."""
        self._acked, self._acked_at = 0, time.monotonic()
        await self._greet(socket)
        while True:
            try:
                async with asyncio.timeout(0.5):
                    frame = orjson.loads(await socket.recv())
            except TimeoutError:
                frame = None
            if frame:
                await self._take(socket, frame)
            await self._acknowledge(socket)
            if not self._reads and self.ready.is_set():
                await asyncio.Event().wait()

    async def _greet(self, socket: ClientConnection) -> None:
        self._greeting = True
        cursor = self._first_cursor if self.cursor is None else self.cursor
        hello = {"command": "hello", "v": 1, "cursor": cursor, "epoch": self.epoch}
        await socket.send(orjson.dumps(hello).decode())

    async def _take(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "events":
            await self._take_events(socket, frame)
        elif frame["type"] == "ready":
            self._greeting = False
            self.begin(frame["head"] if self._first_cursor is None else self._first_cursor, frame["epoch"])
        elif frame["type"] == "resync" and not self._knows_log:
            # It came with a place and without the log's name, and has just been told that.
            self._knows_log = True
            await self._greet(socket)
        elif frame["type"] == "resync":
            self.losses[f"resync {frame['reason']}"] += 1
            await self.start_afresh()
            await self._greet(socket)

    async def _take_events(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        """A stretch that does not continue the cursor means something was missed: ask again from there, once."""
        if self._greeting or (self.cursor is not None and frame["to"] <= self.cursor):
            return
        if frame["prev"] == self.cursor:
            self.apply(frame["events"], frame["to"])
        else:
            self.losses["gap"] += 1
            await self._greet(socket)

    async def _acknowledge(self, socket: ClientConnection) -> None:
        if not self._acks or self.cursor is None or self.cursor <= self._acked or self._greeting:
            return
        if self.cursor - self._acked >= ACK_EVENTS or time.monotonic() - self._acked_at >= ACK_SECONDS:
            await socket.send(orjson.dumps({"command": "ack", "seq": self.cursor}).decode())
            self._acked, self._acked_at = self.cursor, time.monotonic()


class HttpClient(Client):
    """Reads the log over plain HTTP."""

    async def serve(self) -> None:
        """Asks again after every loss."""
        while True:
            try:
                await self.ask()
            except NO_ANSWER as error:
                self.losses[type(error).__name__] += 1
                await asyncio.sleep(random.uniform(0.1, 0.5))

    async def ask(self) -> None:
        """One request, for as long as it lasts."""
        raise NotImplementedError

    async def find_head(self) -> None:
        """Where the log ends now is where this client begins."""
        answer = await self._http.get(self.path("events/?after=0&limit=1"), headers=self.headers)
        content = answer.raise_for_status().json()
        self.begin(content["head"], content["epoch"])


class StreamClient(HttpClient):
    """Server-sent events, resumed by the id of the last one."""

    async def ask(self) -> None:
        """One stream until it breaks."""
        if self.cursor is None:
            await self.find_head()
        headers = self.headers | {"Accept": "text/event-stream", "Last-Event-ID": f"{self.epoch}-{self.cursor}"}
        timeout = httpx2.Timeout(30.0, connect=5.0)
        async with self._http.stream("GET", self.path("events/stream/"), headers=headers, timeout=timeout) as answer:
            answer.raise_for_status()
            self.connects += 1
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(":")
                if line:
                    fields[name] = value.removeprefix(" ")
                else:
                    await self._take(fields)
                    fields = {}

    async def _take(self, fields: dict[str, str]) -> None:
        """Blocks with an id and data are events of the log."""
        if fields.get("event") == "resync":
            self.losses[f"resync {fields['data']}"] += 1
            await self.start_afresh()
        elif "data" in fields and fields.get("event") != "ready":
            event = orjson.loads(fields["data"])
            self.apply([event], event["seq"])


class PollClient(HttpClient):
    """Asks for what comes after its place, and lets the server wait for it."""

    async def ask(self) -> None:
        """One answer."""
        if self.cursor is None:
            await self.find_head()
        query = f"events/?after={self.cursor}&limit=500&wait={POLL_WAIT_SECONDS}"
        answer = await self._http.get(self.path(query), headers=self.headers)
        if answer.status_code == 503:
            self.losses["503"] += 1
            await asyncio.sleep(0.2)
            return
        content = answer.raise_for_status().json()
        if content["epoch"] != self.epoch:
            self.losses["another log"] += 1
            await self.start_afresh()
        elif content["events"]:
            self.apply(content["events"], content["events"][-1]["seq"])
        # A page that polls is no busy loop: every request costs the server more than a frame does.
        await asyncio.sleep(POLL_PAUSE_SECONDS)
