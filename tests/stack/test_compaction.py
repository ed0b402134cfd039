"""A running Netra that joins and forgets soon: whoever comes back ends with what a newcomer sees."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute
from websockets.sync.client import connect

from tests.stack.clients import DEMO_ACCOUNT, EVENTS_FRAME, Caller, Event, SocketClient, sign_in
from tests.stack.conftest import own_stack
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.tab import open_thread, show_fresh, sign_in_browser
from tests.stack_process import Stack, wait_until

pytestmark = pytest.mark.long

QUESTIONS: Final = ("What do we spend?", "Which models are slowest at p95?")
SOON: Final = {"NETRA_COMPACT_AFTER_SECONDS": "2", "NETRA_KEEP_EVENTS_DAYS": "1"}
SLEPT: Final = """
SELECT count(*) FROM chat_event
 WHERE thread_id = %s AND seq > %s AND (joined -> 'pieces' -> 0 ->> 0)::bigint <= %s
"""
AGE: Final = (
    "UPDATE chat_event SET created_at = created_at - interval '2 days' WHERE user_id = %s",
    "UPDATE chat_run SET finished_at = finished_at - interval '2 days' WHERE user_id = %s",
)
# The page's own store, from each place on: what it had, and what the API says now.
FOLD: Final = """
async ([early, log, fresh, key]) => {
  const { loadSnapshot, applyEvent } = await import("/static/js/store.js");
  const wanted = told(loadSnapshot(fresh));
  const wrong = [];
  for (let place = early.as_of_seq; place <= fresh.as_of_seq; place += 1) {
    const had = log.filter((event) => event.seq <= place);
    const headers = { Authorization: `Bearer ${key}` };
    const answer = await fetch(`/api/v1/events/?after=${place}&limit=2000`, { headers });
    const { events } = await answer.json();
    const now = events.filter((event) => event.seq <= fresh.as_of_seq);
    if (told([...had, ...now].reduce(applyEvent, loadSnapshot(early))) !== wanted) wrong.push(place);
  }
  return wrong;
  function told(state) { return JSON.stringify(sorted(state)); }
  function sorted(value) {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
  }
}
"""


@dataclass(frozen=True)
class Told:
    """A thread as it was told live, and as it is after its runs were compacted."""

    thread: str
    early: Any
    log: list[Event]
    fresh: Any


@pytest.fixture(scope="module")
def soon() -> Iterator[Stack]:
    with own_stack(SOON) as stack:
        yield stack


@pytest.fixture(scope="module")
def caller(soon: Stack) -> Caller:
    return sign_in(soon.port)


@pytest.fixture(scope="module")
def database(soon: Stack) -> Iterator[psycopg.Connection[Any]]:
    with database_of(soon) as connection:
        yield connection


@pytest.fixture(scope="module")
def told(caller: Caller, database: psycopg.Connection[Any]) -> Told:
    thread = new_thread(caller)
    early = caller.get(f"snapshot/?thread={thread}")
    with SocketClient(caller) as client:
        client.received.cursor, client.received.epoch = early["as_of_seq"], early["epoch"]
        for question in QUESTIONS:
            run = ask(caller, thread, question)
            wait_until(partial(client.received.ended.__contains__, run), 60, "the run did not end")
        log = client.received.events
    wait_until(lambda: is_compacted(database, thread), 30, "the runs were not compacted")
    return Told(thread, early, log, caller.get(f"snapshot/?thread={thread}"))


def new_thread(caller: Caller) -> str:
    thread: str = caller.post("threads/", {"title": ""})["id"]
    demo = caller.get("datasets/")["datasets"][0]
    caller.put(f"threads/{thread}/dataset/", {"dataset_id": demo["id"]})
    return thread


def ask(caller: Caller, thread: str, question: str) -> str:
    body = {"text": question, "client_id": uuid.uuid4().hex}
    run: str = caller.post(f"threads/{thread}/messages/", body)["run"]["id"]
    return run


def count(database: psycopg.Connection[Any], query: str, *values: Any) -> int:
    row = database.execute(query.encode(), values).fetchone()
    assert row
    return int(row[0])


def is_compacted(database: psycopg.Connection[Any], thread: str) -> bool:
    return count(database, "SELECT count(*) FROM chat_run WHERE thread_id = %s AND compacted_at IS NULL", thread) == 0


def events_after(caller: Caller, after: int) -> bytes:
    """The events of an answer of the API, byte for byte."""
    body = caller.call("GET", f"events/?after={after}&limit=2000").body
    return body[len(b'{"events":[') : body.rindex(b'],"head":')]


def deltas_of(log: list[Event]) -> dict[tuple[str, str], list[Event]]:
    """The answer's deltas of each run and each part of it."""
    found: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in log:
        if event["type"] == "message_delta":
            found[event["run_id"], event["agent_name"]].append(event)
    return found


def test_a_run_has_far_fewer_events_and_each_answer_its_checksum(told: Told, caller: Caller) -> None:
    answer = caller.get(f"events/?after={told.early['as_of_seq']}&limit=2000")
    now = [event for event in answer["events"] if event["thread_id"] == told.thread]
    pieces = [event for event in told.log if event["type"] in ("message_delta", "agent_thinking")]
    print(f"two runs: {len(told.log)} events, {len(pieces)} of them deltas; compacted {len(now)}")
    assert len(now) < len(told.log) / 2
    others = [event for event in told.log if event not in pieces]
    assert [event for event in now if event["type"] not in ("message_delta", "agent_thinking")] == others
    ends = [event for event in now if event["terminal"]]
    assert len(ends) == len(QUESTIONS)
    for end in ends:
        text = "".join(event["data"]["delta"] for event in deltas_of(now)[end["run_id"], "reporting"])
        assert text == end["data"]["message"]["text"]
        assert hashlib.sha256(text.encode()).hexdigest() == end["data"]["sha256"]


def test_the_pages_store_ends_alike_from_every_place_in_the_log(
    told: Told, soon: Stack, caller: Caller, page: Page
) -> None:
    page.goto(f"{soon.url}/accounts/login/")
    assert page.evaluate(FOLD, [told.early, told.log, told.fresh, caller.key]) == []


def test_a_socket_from_any_place_brings_what_the_api_says(told: Told, caller: Caller) -> None:
    head = caller.get("events/?after=0")["head"]
    places = [event["seq"] for event in told.log][::11]
    for place in places:
        with SocketClient(caller) as client:
            client.received.cursor, client.received.epoch = place, told.fresh["epoch"]
            wait_until(partial(has_reached, client, head), 20, f"nothing came after {place}")
            assert client.received.joined == events_after(caller, place)


def has_reached(client: SocketClient, head: int) -> bool:
    client.check()
    return client.received.cursor == head


class Sleeper:
    """A tab whose connection is lost with the first piece of an answer, until it is woken."""

    def __init__(self, page: Page) -> None:
        self.asleep = False
        self.cursor = 0
        page.route_web_socket("**/ws/", self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.asleep:
            socket.close(code=1012)
            return
        server = socket.connect_to_server()
        server.on_message(lambda text: self._hand_on(socket, str(text)))

    def _hand_on(self, socket: WebSocketRoute, text: str) -> None:
        if self.asleep:
            return
        frame = EVENTS_FRAME.fullmatch(text)
        if self.cursor or frame is None or '"type":"message_delta"' not in text:
            socket.send(text)
            return
        events = orjson.loads(f"[{frame[3]}]")
        first = next(number for number, event in enumerate(events) if event["type"] == "message_delta")
        self.cursor, self.asleep = events[first]["seq"], True
        cut = {"type": "events", "prev": int(frame[1]), "to": self.cursor, "events": events[: first + 1]}
        socket.send(orjson.dumps(cut).decode())
        socket.close(code=1012)


def test_a_page_that_slept_in_the_middle_of_an_answer_ends_like_a_new_one(
    soon: Stack, caller: Caller, database: psycopg.Connection[Any], context: BrowserContext
) -> None:
    thread = new_thread(caller)
    sign_in_browser(context, soon.url)
    page = context.new_page()
    sleeper = Sleeper(page)
    open_thread(page, soon.url, thread)
    run = ask(caller, thread, QUESTIONS[0])
    page.wait_for_function("() => document.querySelector('.answer')?.textContent", timeout=30_000)
    assert sleeper.asleep
    # The browser's messages are taken meanwhile: the page tries to connect all the time.
    while caller.get(f"runs/{run}/")["status"] != "completed" or not is_compacted(database, thread):
        page.wait_for_timeout(100)
    assert count(database, SLEPT, thread, sleeper.cursor, sleeper.cursor) == 1
    sleeper.asleep = False
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    page.wait_for_selector(".run[data-status=completed]", timeout=15_000)
    slept = page.evaluate("() => ['#timeline', '#threads'].map((id) => document.querySelector(id).textContent)")
    assert slept == show_fresh(context, soon.url, thread)


def test_a_past_that_was_forgotten_leaves_questions_and_answers(
    soon: Stack, database: psycopg.Connection[Any], page: Page
) -> None:
    email, user_id = new_person(database)
    caller = sign_in_as(soon, email)
    thread = new_thread(caller)
    run = ask(caller, thread, QUESTIONS[0])
    wait_until(lambda: caller.get(f"runs/{run}/")["status"] == "completed", 60, "the run did not end")
    told = caller.get(f"threads/{thread}/")["messages"]
    for statement in AGE:
        database.execute(statement, (user_id,))
    wait_until(lambda: caller.get("events/?after=0")["events"] == [], 20, "the events were not removed")
    answer = caller.get("events/?after=0")
    assert answer["floor"] == answer["head"] > 0
    assert hello(caller, answer["floor"] - 1, answer["epoch"]) == {"type": "resync", "reason": "history_gone"}
    page.goto(f"{soon.url}/accounts/login/?next=/t/{thread}/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", DEMO_ACCOUNT["password"])
    page.click("button[type=submit]")
    page.wait_for_selector(".run[data-status=completed]")
    shown = page.locator("#timeline").inner_text()
    assert [message["role"] for message in told] == ["user", "assistant"]
    for message in told:
        assert all(word in shown for word in message["text"].split() if word.isalpha())


def hello(caller: Caller, cursor: int, epoch: str) -> Event:
    """What the server says after ready to a client that comes with this cursor."""
    headers = {"Authorization": f"Bearer {caller.key}"}
    address = f"ws://127.0.0.1:{caller.port}/ws/"
    with connect(address, additional_headers=headers, compression=None, proxy=None) as socket:
        socket.send(orjson.dumps({"command": "hello", "v": 1, "cursor": cursor, "epoch": epoch}).decode())
        assert orjson.loads(socket.recv(timeout=10))["type"] == "ready"
        said: Event = orjson.loads(socket.recv(timeout=10))
    return said
