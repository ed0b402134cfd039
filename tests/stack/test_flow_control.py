"""Readers that stop, lines that break, places nobody can read on from: what flow control promises."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final

import orjson
import psutil
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bench.viewing import viewing
from tests.stack.clients import Caller, SocketClient
from tests.stack.conftest import own_stack
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.pouring import Pouring, pouring
from tests.stack.streams import EventStream, api_bodies, fill_log, open_stopped_socket
from tests.stack_process import Stack, wait_until

MEBIBYTE: Final = 1_048_576
OTHERS: Final = 20
OTHERS_EVENTS_A_SECOND: Final = 20
POUR_SECONDS: Final = 4
ROUNDS: Final = 3
STOPPED: Final = 50
# Five times what a quiet machine shows: below it the ratio of two hundredths tells of the machine, not of the server.
NOISE_SECONDS: Final = 0.1
SLOW_READER: Final = 4408
EIGHT_HOURS_AGO: Final = "UPDATE chat_event SET created_at = created_at - interval '8 hours' WHERE user_id = %s"


@pytest.fixture(scope="module")
def quiet() -> Iterator[Stack]:
    """A Netra in which nothing happens but what the test does."""
    with own_stack() as stack:
        yield stack


@pytest.fixture
def database(quiet: Stack) -> Iterator[psycopg.Connection[Any]]:
    with database_of(quiet) as database:
        yield database


@contextmanager
def open_socket(port: int, key: str, cursor: int | None = None, epoch: str | None = None) -> Iterator[ClientConnection]:
    """A socket that has said hello and been told ready."""
    with connect(
        f"ws://127.0.0.1:{port}/ws/",
        additional_headers={"Authorization": f"Bearer {key}"},
        max_size=None,
        compression=None,
        proxy=None,
        close_timeout=0.1,
    ) as socket:
        socket.send(orjson.dumps({"command": "hello", "v": 1, "cursor": cursor, "epoch": epoch}).decode())
        assert orjson.loads(socket.recv(timeout=10))["type"] == "ready"
        yield socket


@dataclass(frozen=True)
class Others:
    """How late the events of the other people were."""

    p50: float
    p99: float


def measure_others(quiet: Stack, pour: Pouring, meanwhile: Callable[[], None]) -> Others:
    """What the others see of one pour in which, after a second, something else happens; nothing may be missing."""
    each = OTHERS_EVENTS_A_SECOND * POUR_SECONDS
    with viewing(quiet.url, [(key, each) for key in pour.keys[1:]]) as viewers:
        pour.begin((OTHERS + 1) * OTHERS_EVENTS_A_SECOND, POUR_SECONDS)
        time.sleep(1)
        meanwhile()
        figures = viewers.figures()
        pour.wait()
    assert (figures["events"], figures["faults"]) == (OTHERS * each, 0)
    return Others(figures["p50"] / 1000, figures["p99"] / 1000)


def memory_of(quiet: Stack) -> int:
    return int(psutil.Process(quiet.pid("web")).memory_info().rss)


def closed_as_slow(database: psycopg.Connection[Any]) -> int:
    """How many sockets the web process has closed for not acknowledging."""
    row = database.execute(
        "SELECT COALESCE(sum((details -> 'measures' ->> 'closed|slow_reader')::numeric), 0) FROM chat_heartbeat"
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.long
def test_fifty_readers_that_stop_cost_little_and_delay_nobody(quiet: Stack, database: psycopg.Connection[Any]) -> None:
    """One person's fifty sockets do not read while a log of 6,000 events comes; twenty other people do.

    The others are in a process of their own, and what is compared is the best of three rounds by turns: a neighbour
    of this machine only ever makes them later.
    """
    with pouring(quiet, OTHERS + 1) as pour, ExitStack() as opened:
        person = Caller(quiet.port, pour.keys[0])
        measure_others(quiet, pour, lambda: None)
        alone, beside, sizes = [], [], [memory_of(quiet)]
        for _ in range(ROUNDS):
            opened.close()
            alone.append(measure_others(quiet, pour, lambda: None))
            for _ in range(STOPPED):
                opened.enter_context(open_stopped_socket(person))
            closed, began = closed_as_slow(database), time.monotonic()
            beside.append(measure_others(quiet, pour, lambda: fill_log(quiet, person, 6_000, 400)))
            sizes.append(memory_of(quiet))
        grown = (max(sizes) - sizes[0]) / MEBIBYTE / STOPPED
        wait_until(lambda: closed_as_slow(database) >= closed + STOPPED, 60, "the readers that stopped are still open")
        took = time.monotonic() - began
    print(f"{STOPPED} readers that stop: {grown:.2f} MB each; all closed after {took:.1f} s; others, ms:")
    for name, rounds in (("alone", alone), ("beside them", beside)):
        print(name, ", ".join(f"p50 {1000 * one.p50:.1f} p99 {1000 * one.p99:.1f}" for one in rounds))
    assert grown <= 0.5
    assert min(one.p99 for one in beside) < max(2 * min(one.p99 for one in alone), NOISE_SECONDS)
    assert 30 <= took <= 5 * 35


def read_until_closed(socket: ClientConnection) -> tuple[int, int]:
    """Reads without acknowledging; up to where, and with which code it ended."""
    seen = 0
    try:
        while True:
            seen = orjson.loads(socket.recv(timeout=60))["to"]
    except ConnectionClosed as closed:
        return seen, closed.rcvd.code if closed.rcvd else 1006


@pytest.mark.long
def test_a_reader_without_acknowledgements_is_closed_and_may_come_back(quiet: Stack) -> None:
    with database_of(quiet) as database:
        email, _ = new_person(database)
    caller = sign_in_as(quiet, email)
    with open_socket(quiet.port, caller.key) as socket:
        fill_log(quiet, caller, 4_000, 100)
        began = time.monotonic()
        seen, code = read_until_closed(socket)
    took = time.monotonic() - began
    assert code == SLOW_READER
    # The window, and one more frame at most: the rest has waited in the database.
    assert 2_000 <= seen < 4_000
    print(f"closed with 4408 after {took:.1f} s, {seen} events sent")
    assert 29 <= took <= 5 * 35
    epoch = caller.get("events/?after=0&limit=1")["epoch"]
    with open_socket(quiet.port, caller.key, seen, epoch) as again:
        assert orjson.loads(again.recv(timeout=10))["prev"] == seen


class Breaking(SocketClient):
    """A socket client whose line is cut when it is told to."""

    def _talk(self, socket: ClientConnection) -> None:
        self.socket = socket
        super()._talk(socket)

    def cut(self) -> bool:
        socket = getattr(self, "socket", None)
        if socket is None or not self.is_ready:
            return False
        socket.close_socket()
        return True


class BreakingStream(threading.Thread):
    """A client of the event stream that is cut and comes back with the id of its last event."""

    def __init__(self, caller: Caller, last_id: str) -> None:
        super().__init__(daemon=True)
        self.caller = caller
        self.last_id = last_id
        self.bodies: list[bytes] = []
        self.stopping = threading.Event()
        self.stream: EventStream | None = None
        self.cuts = 0

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                with EventStream(self.caller, last_id=self.last_id).open() as stream:
                    self.stream = stream
                    self.read(stream)
            except (OSError, ValueError, AttributeError, HTTPException):
                continue

    def read(self, stream: EventStream) -> None:
        """Keeps every event and the place it gives."""
        for block in stream.events():
            assert block.data is not None
            assert block.id is not None
            self.bodies.append(block.data)
            self.last_id = block.id

    @property
    def place(self) -> int:
        """Up to where it has the log."""
        return int(self.last_id.rpartition("-")[2])

    def cut(self) -> bool:
        stream, self.stream = self.stream, None
        if stream is None:
            return False
        try:
            stream.cut()
        except OSError:
            # It has just ended by itself.
            return False
        self.cuts += 1
        return True


def three_each(heads: list[int]) -> list[int]:
    return [head for head in heads for _ in range(3)]


def two_each(heads: list[int]) -> list[int]:
    return [head for head in heads for _ in range(2)]


@pytest.mark.long
def test_a_thousand_cuts_lose_double_and_reorder_nothing(quiet: Stack) -> None:
    """A hundred clients of twenty people, sockets and event streams, while events pour."""
    source = random.Random(11)
    with pouring(quiet, 20) as pour, ExitStack() as opened:
        callers = [Caller(quiet.port, key) for key in pour.keys]
        starts = [caller.get("events/?after=0&limit=1") for caller in callers]
        sockets = [Breaking(caller) for caller in callers for _ in range(3)]
        for client in sockets:
            opened.enter_context(client)
        streams = [
            BreakingStream(caller, f"{start['epoch']}-{start['head']}")
            for caller, start in zip(callers, starts, strict=True)
            for _ in range(2)
        ]
        for stream in streams:
            stream.start()
        wait_until(lambda: all(client.is_ready for client in sockets), 60, "not every socket was ready")
        everyone: list[Any] = [*sockets, *streams]
        source.shuffle(everyone)
        pour.begin(2_000, 30)
        cuts, turn = 0, 0
        until = time.monotonic() + 60
        while cuts < 1_000 and time.monotonic() < until:
            cuts += everyone[turn % len(everyone)].cut()
            turn += 1
            time.sleep(0.02)
        pour.wait()
        heads = [caller.get("events/?after=0&limit=1")["head"] for caller in callers]
        wait_until(
            lambda: [client.received.cursor for client in sockets] == three_each(heads), 60, "a socket is behind"
        )
        wait_until(lambda: [stream.place for stream in streams] == two_each(heads), 60, "a stream is behind")
        for stream in streams:
            stream.stopping.set()
            stream.cut()
        with ThreadPoolExecutor(4) as pool:
            froms = [start["head"] for start in starts]
            wholes = list(pool.map(api_bodies, callers, froms, heads))
        for place, client in enumerate(sockets):
            assert client.received.joined == b",".join(wholes[place // 3])
        for place, stream in enumerate(streams):
            assert stream.bodies == wholes[place // 2]
    events = sum(len(whole) for whole in wholes)
    print(f"{cuts} cuts of {len(everyone)} clients while {events:,} events were poured: 0 lost, 0 doubled, 0 reordered")
    assert cuts >= 1_000


def test_a_replay_of_two_thousand_events_is_quick(quiet: Stack, database: psycopg.Connection[Any]) -> None:
    email, _ = new_person(database)
    caller = sign_in_as(quiet, email)
    start = caller.get("events/?after=0&limit=1")
    fill_log(quiet, caller, 2_000, 150)
    database.execute("ANALYZE chat_event")
    times = []
    for _ in range(20):
        began = time.monotonic()
        with open_socket(quiet.port, caller.key, start["head"], start["epoch"]) as socket:
            place = start["head"]
            while place < start["head"] + 2_000:
                place = orjson.loads(socket.recv(timeout=10))["to"]
                socket.send(orjson.dumps({"command": "ack", "seq": place}).decode())
        times.append(time.monotonic() - began)
    middle, worst = statistics.median(times) * 1000, max(times) * 1000
    print(f"replay of 2,000 events, connection included: p50 {middle:.0f} ms, worst {worst:.0f} ms")
    assert statistics.median(times) < 0.5


@pytest.mark.parametrize("cause", ["asleep", "epoch_changed", "cursor_ahead", "too_far_behind", "history_gone"])
def test_a_place_that_cannot_be_read_on_from_gives_one_resync_and_then_the_right_state(
    quiet: Stack, database: psycopg.Connection[Any], cause: str
) -> None:
    email, user_id = new_person(database)
    caller = sign_in_as(quiet, email)
    start = caller.get("events/?after=0&limit=1")
    cursor, epoch = start["head"], start["epoch"]
    if cause == "asleep":
        # Eight hours of other people's days: the log has moved on and its oldest part is gone.
        fill_log(quiet, caller, 7_000, 50)
        database.execute(
            "UPDATE chat_event SET created_at = created_at - interval '8 hours' WHERE user_id = %s", (user_id,)
        )
    elif cause == "epoch_changed":
        database.execute("UPDATE chat_userstream SET epoch = gen_random_uuid() WHERE user_id = %s", (user_id,))
    elif cause == "cursor_ahead":
        cursor += 10
    elif cause == "too_far_behind":
        fill_log(quiet, caller, 5_001, 50)
    else:
        fill_log(quiet, caller, 100, 50)
        database.execute("UPDATE chat_userstream SET floor_seq = last_seq - 10 WHERE user_id = %s", (user_id,))
    reasons = {"asleep": "too_far_behind"}
    with open_socket(quiet.port, caller.key, cursor, epoch) as socket:
        frame = orjson.loads(socket.recv(timeout=10))
        assert frame == {"type": "resync", "reason": reasons.get(cause, cause)}
        snapshot = caller.get("snapshot/")
        hello = {"command": "hello", "v": 1, "cursor": snapshot["as_of_seq"], "epoch": snapshot["epoch"]}
        socket.send(orjson.dumps(hello).decode())
        ready = orjson.loads(socket.recv(timeout=10))
        assert (ready["type"], ready["head"]) == ("ready", snapshot["as_of_seq"])
        thread = caller.post("threads/", {"title": "After it"})
        frame = orjson.loads(socket.recv(timeout=10))
        assert (frame["type"], frame["prev"]) == ("events", snapshot["as_of_seq"])
        assert frame["events"][0]["data"]["thread"]["id"] == thread["id"]
