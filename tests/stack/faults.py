"""One fault in the middle of work: questions in several threads, a program killed, and what each client ends with."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
import psycopg
from playwright.sync_api import BrowserContext

from tests.stack.clients import Caller, Event, PollingClient, SocketClient
from tests.stack.records import check_log, check_runs, read_log
from tests.stack.tab import Tab, show_fresh
from tests.stack_process import Stack

QUESTIONS: Final = (
    "What do we spend, on what, and how does it trend by model, team and feature?",
    "Our responses are too slow. Which models are the slowest?",
    "Why did the bill jump?",
    "What did we spend last month, by team?",
)
THREADS: Final = 4
LONGEST_DELAY_SECONDS: Final = 1.5
DONE_TIMEOUT_SECONDS: Final = 120.0
ALIKE_TIMEOUT_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Measured:
    """What one cycle showed."""

    program: str
    seed: int
    delay: float
    running: int
    restarted: int
    ready: float
    back: float
    lag: float
    done: float
    events: int
    endings: dict[str, int]
    losses: dict[str, int]

    def line(self) -> str:
        return (
            f"{self.program:9}{self.seed:>5}{self.delay:>8.2f}{self.running:>9}{self.restarted:>10}"
            f"{self.ready:>8.2f}{self.back:>8.2f}{self.lag:>8.2f}{self.done:>8.2f}{self.events:>8}"
            f"  {self.endings}  {self.losses}"
        )


HEADER: Final = (
    f"{'killed':9}{'seed':>5}{'at s':>8}{'running':>9}{'restarted':>10}{'ready s':>8}{'back s':>8}{'lag s':>8}"
    f"{'done s':>8}{'events':>8}  endings  what the polling client met"
)


@dataclass
class Poster:
    """Asks every question in every thread, each until it is accepted, in a thread of its own."""

    caller: Caller
    threads: Sequence[str]
    mark: str
    accepted: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    first: threading.Event = field(default_factory=threading.Event)

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.work, name="poster", daemon=True)
        thread.start()
        return thread

    def work(self) -> None:
        """Posts round-robin, so that all threads have work at once."""
        for number, question in enumerate(QUESTIONS):
            for index, thread_id in enumerate(self.threads):
                self.post(thread_id, question, f"{self.mark}-{number}-{index}")

    def post(self, thread_id: str, text: str, client_id: str) -> None:
        """One question; a second sending of it gets the first one's answer."""
        body = {"text": text, "client_id": client_id}
        answer = self.caller.insist("POST", f"threads/{thread_id}/messages/", body, DONE_TIMEOUT_SECONDS)
        if answer.status == 201:
            self.accepted[client_id] = answer.content["run"]["id"]
        else:
            self.refused.append(f"{client_id}: {answer.status} {answer.body[:200]!r}")
        self.first.set()

    @property
    def wanted(self) -> int:
        return len(QUESTIONS) * len(self.threads)


def new_threads(caller: Caller, count: int = THREADS) -> list[str]:
    """Fresh threads about the demo data."""
    [demo] = [dataset for dataset in caller.get("datasets/")["datasets"] if dataset["demo"]]
    threads = [caller.post("threads/", {})["id"] for _ in range(count)]
    for thread_id in threads:
        caller.put(f"threads/{thread_id}/dataset/", {"dataset_id": demo["id"]})
    return threads


def perform_cycle(stack: Stack, caller: Caller, context: BrowserContext, program: str, seed: int) -> Measured:
    """Kills the program at the seed's moment and returns when every client has been shown to have everything."""
    delay = random.Random(f"{program} {seed}").uniform(0, LONGEST_DELAY_SECONDS)
    threads = new_threads(caller)
    socket = SocketClient(caller)
    with socket:
        tab = Tab(context, stack.url, threads[0])
        tab.wait_until(lambda: socket.is_ready, 30, "the socket never got ready")
        start = socket.received.cursor
        assert start is not None
        with PollingClient(caller, start) as polling:
            poster = Poster(caller, threads, f"{program}-{seed}-{start}")
            posting = poster.start()
            tab.wait_until(poster.first.is_set, 30, "the first question was not accepted")
            tab.pause(delay)
            running = count_running(stack)
            killed = Moment()
            old_pid = stack.kill(program)
            stack.wait_restarted(program, old_pid)
            ready = time.monotonic() - killed.monotonic
            wait_done(tab, socket, poster, posting)
            events = compare_all(stack, context, tab, socket, polling, start)
            assert polling.received.epoch == socket.received.epoch
    tab.close()
    assert set(poster.accepted.values()) == {event["run_id"] for event in events if event["terminal"]}
    return Measured(
        program,
        seed,
        delay,
        running,
        sum(event["type"] == "agent_restarted" for event in events),
        ready,
        measure_return(stack, program, killed, events, socket, polling),
        measure_lag(killed, events, socket),
        max(socket.received.arrived_at.values()) - killed.wall,
        len(events),
        count_endings(events),
        dict(polling.failures),
    )


@dataclass(frozen=True)
class Moment:
    """Now, on both clocks."""

    monotonic: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=time.time)


def count_running(stack: Stack) -> int:
    """How many runs a worker has in hand."""
    with psycopg.connect(stack.addresses["DATABASE_URL"], connect_timeout=5) as connection:
        row = connection.execute("SELECT count(*) FROM chat_run WHERE status = 'running'").fetchone()
    assert row is not None
    return int(row[0])


def wait_done(tab: Tab, socket: SocketClient, poster: Poster, posting: threading.Thread) -> None:
    """Returns when every question was accepted and its run has ended."""

    def is_done() -> bool:
        socket.check()
        return not posting.is_alive() and set(poster.accepted.values()) <= socket.received.ended

    missing = "runs without an end after the fault"
    tab.wait_until(is_done, DONE_TIMEOUT_SECONDS, missing)
    assert poster.refused == []
    assert len(set(poster.accepted.values())) == poster.wanted


def compare_all(
    stack: Stack, context: BrowserContext, tab: Tab, socket: SocketClient, polling: PollingClient, start: int
) -> list[Event]:
    """Socket, API and database have the same bytes, the browser shows what a fresh page shows; gives the events."""
    url, user_id = stack.addresses["DATABASE_URL"], socket.received.events[0]["user_id"]
    stored, head = read_log(url, user_id, start)

    def have_all() -> bool:
        return (socket.received.cursor, polling.received.cursor) == (head, head)

    tab.wait_until(have_all, ALIKE_TIMEOUT_SECONDS, "a client never reached the head of the log")
    assert socket.received.joined == stored
    assert polling.received.joined == stored
    events: list[Event] = orjson.loads(b"[" + stored + b"]")
    check_log(events, start)
    check_runs(url, events)
    compare_tab(context, stack.url, tab, events)
    return events


def compare_tab(context: BrowserContext, url: str, tab: Tab, events: list[Event]) -> None:
    """The tab got every event it was owed once and in order, and shows what a fresh page of the thread shows."""
    owed = [event for event in events if tab.is_wanted(event)]

    def got() -> list[Event]:
        return [event for event in tab.received.events if tab.is_wanted(event)]

    tab.wait_until(lambda: len(got()) >= len(owed), ALIKE_TIMEOUT_SECONDS, "the tab never got everything")
    assert got() == owed
    fresh = show_fresh(context, url, tab.thread_id)
    tab.wait_until(lambda: tab.shown() == fresh, ALIKE_TIMEOUT_SECONDS, f"{tab.shown()} is not {fresh}")
    assert tab.page_errors == []


def measure_return(
    stack: Stack, program: str, killed: Moment, events: list[Event], socket: SocketClient, polling: PollingClient
) -> float:
    """Seconds from the kill until the service the program gives was there again, as a client sees it."""
    if program == "web":
        again = min(at for at in socket.ready_at if at > killed.monotonic)
        return max(again, min(at for at in polling.answered_at if at > killed.monotonic)) - killed.monotonic
    if program == "worker":
        return time_of_takeover(events, killed, socket) - killed.wall
    since = postmaster_start(stack) if program == "postgres" else killed.wall
    return min((at for at in socket.received.arrived_at.values() if at > since), default=since) - killed.wall


def time_of_takeover(events: list[Event], killed: Moment, socket: SocketClient) -> float:
    """When the last of the interrupted runs was at work again; without any, when the next run began."""
    arrived = socket.received.arrived_at
    started = [event for event in events if event["type"] == "agent_started"]
    taken_over = [arrived[event["seq"]] for event in started if event["attempt"] > 1]
    return max(taken_over, default=min(arrived[e["seq"]] for e in started if arrived[e["seq"]] > killed.wall))


def postmaster_start(stack: Stack) -> float:
    """When the database of now was started."""
    with psycopg.connect(stack.addresses["DATABASE_URL"], connect_timeout=5) as connection:
        row = connection.execute("SELECT extract(epoch FROM pg_postmaster_start_time())").fetchone()
    assert row is not None
    return float(row[0])


def measure_lag(killed: Moment, events: list[Event], socket: SocketClient) -> float:
    """The longest way of an event of after the kill from its making to the socket client."""
    lags = [socket.received.arrived_at[event["seq"]] - made_at(event) for event in events]
    return max((lag for event, lag in zip(events, lags, strict=True) if made_at(event) > killed.wall), default=0.0)


def made_at(event: Event) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def count_endings(events: list[Event]) -> dict[str, int]:
    """How the runs ended, by type, with the code where they failed."""
    counts: dict[str, int] = {}
    for event in events:
        if event["terminal"]:
            data: dict[str, Any] = event["data"]
            name = event["type"].removeprefix("agent_") + (f" ({data['code']})" if "code" in data else "")
            counts[name] = counts.get(name, 0) + 1
    return counts
