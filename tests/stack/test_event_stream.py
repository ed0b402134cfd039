"""The log over plain HTTP on the real server: streams, long polls, cuts, and what they cost."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Final

import psutil
import pytest
from playwright.sync_api import BrowserContext

from netra.embedded.server import EmbeddedServer
from tests.stack.clients import Caller, Client, sign_in
from tests.stack.people import browser_session, database_of, new_person, sign_in_as
from tests.stack.streams import Block, EventStream, api_bodies, fill_log, open_poll, open_stopped_reader, read_poll
from tests.stack.tab import sign_in_browser
from tests.stack_process import Stack, wait_until

QUESTION: Final = "What do we spend, on what, and how does it trend by model, team and feature?"
# Each promise is one or two seconds; a busy machine gets five times that.
MOST_SECONDS: Final = 7.5
PEOPLE, CLIENTS_EACH, CUTS = 3, 10, 10
WAITING = 200
STOPPED = 20


def newcomer(stack: Stack, tier: str = "enterprise") -> Caller:
    """A person of its own, for whom nothing runs."""
    with database_of(stack) as database:
        email, user_id = new_person(database)
        database.execute("UPDATE accounts_user SET tier = %s WHERE id = %s", (tier, user_id))
    return sign_in_as(stack, email)


@pytest.fixture
def caller(stack: Stack) -> Caller:
    return newcomer(stack)


def ask(caller: Caller, thread: str | None = None) -> str:
    """Starts a run, gives its id."""
    place = thread or caller.post("threads/", {"title": "Costs"})["id"]
    body = {"text": QUESTION, "client_id": uuid.uuid4().hex}
    return str(caller.post(f"threads/{place}/messages/", body)["run"]["id"])


def head_of(caller: Caller) -> int:
    return int(caller.get("events/?after=0&limit=1")["head"])


def until_end_of(stream: EventStream, run: str) -> list[Block]:
    """The stream's events up to the terminal one of the run."""
    return until(stream, run, lambda content: content["terminal"])


def until(stream: EventStream, run: str, is_last: Callable[[dict[str, Any]], bool]) -> list[Block]:
    """The stream's events up to this one of the run."""
    found = []
    for block in stream.events():
        found.append(block)
        if block.content["run_id"] == run and is_last(block.content):
            return found
    raise AssertionError("the stream ended before the run")


def bodies_of(blocks: list[Block]) -> list[bytes]:
    return [block.data or b"" for block in blocks]


def test_a_stream_of_a_run_is_byte_for_byte_the_api(stack: Stack, caller: Caller) -> None:
    with EventStream(caller).open() as stream:
        ready = next(stream.blocks())
        blocks = until_end_of(stream, ask(caller))
    bodies = api_bodies(caller, 0, blocks[-1].content["seq"])
    assert bodies_of(blocks) == bodies
    assert ready.event == "ready"
    assert ready.content["head"] == 0
    for block in blocks:
        assert (block.id, block.event) == (block.content["event_id"], block.content["type"])


@pytest.mark.parametrize("form", ["event_id", "seq"])
def test_the_last_events_id_goes_on_in_the_middle_of_a_run(stack: Stack, caller: Caller, form: str) -> None:
    with EventStream(caller).open() as stream:
        next(stream.blocks())
        run = ask(caller)
        before = list(islice(stream.events(), 9))
        stream.cut()
    with EventStream(caller, last_id=str(before[-1].content[form])).open() as stream:
        after = until_end_of(stream, run)
    assert bodies_of(before + after) == api_bodies(caller, 0, after[-1].content["seq"])


class CutClient(Client):
    """Comes back with the id of its last event after every cut, by itself or by the server."""

    def __init__(self, caller: Caller, seed: int) -> None:
        super().__init__(caller)
        self.random = random.Random(seed)
        self.blocks: list[Block] = []
        self.cuts = 0
        self.last_seq = 0
        self.enough = 2**63

    def work(self) -> None:
        """Reads until it has been cut often enough and has everything."""
        while not self.stopping.is_set() and self.last_seq < self.enough:
            last = self.blocks[-1].id if self.blocks else None
            with EventStream(self.caller, "?after=0", last_id=last).open() as stream:
                self._read(stream, self.random.randint(1, 8) if self.cuts < CUTS else None)

    def _read(self, stream: EventStream, many: int | None) -> None:
        for block in islice(stream.events(), many):
            self.blocks.append(block)
            self.last_seq = block.content["seq"]
            if self.last_seq >= self.enough:
                return
        if many is not None:
            self.cuts += 1
            if self.random.random() < 0.5:
                stream.cut()


def test_no_cut_loses_doubles_or_reorders_an_event(stack: Stack) -> None:
    people = [newcomer(stack) for _ in range(PEOPLE)]
    clients = [CutClient(person, number) for number, person in enumerate(people * CLIENTS_EACH)]
    for client in clients:
        client.__enter__()
    try:
        runs = [(person, ask(person)) for person in people * 3]
        for person, run in runs:
            wait_until(lambda: person.get(f"runs/{run}/")["finished_at"] is not None, 60, "a run did not end")  # noqa: B023
        heads = {person.key: head_of(person) + 1 for person in people}
        for client in clients:
            client.enough = heads[client.caller.key]
        for person in people:
            person.post("threads/", {"title": "The last word"})
        wait_until(lambda: all(c.fault or c.last_seq >= c.enough for c in clients), 30, "not everybody has everything")
    finally:
        for client in clients:
            client.__exit__()
    for person in people:
        bodies = api_bodies(person, 0, heads[person.key])
        for client in (client for client in clients if client.caller is person):
            assert bodies_of(client.blocks) == bodies
    cuts = [client.cuts for client in clients]
    events = sum(len(client.blocks) for client in clients)
    print(f"{len(clients)} clients, {sum(cuts)} cuts, {events} events: 0 lost, 0 doubled, 0 reordered")
    assert min(cuts) == CUTS


def test_events_still_come_when_redis_is_dead(stack_without_redis: Stack, redis: EmbeddedServer) -> None:
    stack = stack_without_redis
    caller = newcomer(stack)
    with EventStream(caller).open() as before:
        next(before.blocks())
        run = ask(caller)
        # A worker has it: a task that dies with Redis is sent again only when that is back.
        blocks = until(before, run, lambda content: content["type"] == "agent_started")
        redis.kill()
        blocks += until_end_of(before, run)
        with EventStream(caller).open() as during, ThreadPoolExecutor(1) as pool:
            next(during.blocks())
            head = head_of(caller)
            poll = pool.submit(caller.call, "GET", f"events/?after={head}&wait=20")
            time.sleep(1)
            posted = time.monotonic()
            caller.post("threads/", {"title": "Without Redis"})
            (came,) = islice(during.events(), 1)
            streamed = time.monotonic() - posted
            assert poll.result().content["events"][0] == came.content
            polled = time.monotonic() - posted
        blocks += islice(before.events(), 1)
    print(f"without Redis: streamed after {streamed:.2f} s, polled after {polled:.2f} s")
    assert max(streamed, polled) < MOST_SECONDS
    assert bodies_of(blocks) == api_bodies(caller, 0, came.content["seq"])


def test_a_long_poll_answers_soon_after_the_event(stack: Stack, caller: Caller) -> None:
    caller.post("threads/", {"title": "First"})
    head = head_of(caller)
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(caller.call, "GET", f"events/?after={head}&wait=30")
        time.sleep(0.5)
        posted = time.monotonic()
        caller.post("threads/", {"title": "Second"})
        answer = poll.result()
        print(f"the poll was answered {time.monotonic() - posted:.2f} s after the event")
        assert time.monotonic() - posted < MOST_SECONDS
    assert answer.status == 200
    assert answer.body == caller.call("GET", f"events/?after={head}").body


def test_a_long_poll_with_nothing_to_tell_ends_with_an_empty_page(stack: Stack, caller: Caller) -> None:
    head = head_of(caller)
    started = time.monotonic()
    answer = caller.call("GET", f"events/?after={head}&wait=1")
    assert time.monotonic() - started >= 1
    assert answer.body == caller.call("GET", f"events/?after={head}").body


def test_two_hundred_waiting_polls_leave_the_site_responsive(stack: Stack, caller: Caller) -> None:
    head = head_of(caller)
    polls = [open_poll(caller, f"events/?after={head}&wait=30") for _ in range(WAITING)]
    try:
        wait_until(lambda: sockets_of(caller) == WAITING, 30, "not all of them were waiting")
        times = []
        for _ in range(20):
            started = time.monotonic()
            caller.get("me/")
            times.append(time.monotonic() - started)
        posted = time.monotonic()
        caller.post("threads/", {"title": "For all of you"})
        answers = [read_poll(poll) for poll in polls]
        all_told = time.monotonic() - posted
    finally:
        for poll in polls:
            poll.close()
    print(f"{WAITING} waiting: a request took {max(times):.2f} s at most; all were told within {all_told:.2f} s")
    assert max(times) < MOST_SECONDS
    assert {len(answer.content["events"]) for answer in answers} == {1}


def sockets_of(caller: Caller) -> int:
    return int(caller.get("usage/")["sockets"])


def test_who_hangs_up_is_counted_no_more(stack: Stack, caller: Caller) -> None:
    poll = open_poll(caller, f"events/?after={head_of(caller)}&wait=30")
    with EventStream(caller).open():
        wait_until(lambda: sockets_of(caller) == 2, 10, "they were not counted")
    poll.close()
    wait_until(lambda: sockets_of(caller) == 0, 10, "they are still counted")


def test_the_tiers_number_of_connections_holds_for_streams(stack: Stack) -> None:
    caller = newcomer(stack, "free")
    streams = [EventStream(caller).open() for _ in range(10)]
    refused = EventStream(caller).refusal()
    assert (refused.status, refused.content["code"]) == (429, "too_many_connections")
    streams.pop().__exit__()
    wait_until(lambda: sockets_of(caller) == 9, 10, "the place was not freed")
    streams.append(EventStream(caller).open())
    for stream in streams:
        stream.__exit__()


def test_a_foreign_thread_cannot_be_watched(stack: Stack, caller: Caller) -> None:
    foreign = newcomer(stack).post("threads/", {"title": "Theirs"})["id"]
    refused = EventStream(caller, f"?thread={foreign}").refusal()
    assert (refused.status, refused.content["code"]) == (404, "thread_not_found")


def test_deltas_of_other_threads_are_left_out_and_nothing_else(stack: Stack, caller: Caller) -> None:
    watched = caller.post("threads/", {"title": "Watched"})["id"]
    head = head_of(caller)
    with EventStream(caller, f"?thread={watched}").open() as stream:
        next(stream.blocks())
        run = ask(caller, caller.post("threads/", {"title": "Other"})["id"])
        types = [block.event for block in until_end_of(stream, run)]
    every = [event["type"] for event in caller.get(f"events/?after={head}&limit=2000")["events"]]
    assert "message_delta" in every
    wanted = [kind for kind in every if kind not in ("message_delta", "agent_thinking")]
    assert types == wanted[: len(types)]
    assert types[-1] == "agent_completed"


def test_a_revoked_key_ends_its_stream(stack: Stack, caller: Caller) -> None:
    with EventStream(caller).open() as stream:
        next(stream.blocks())
        with database_of(stack) as database:
            database.execute("DELETE FROM accounts_apikey WHERE token_key = %s", (caller.key[:15],))
        started = time.monotonic()
        assert [block.comment for block in stream.blocks()] == ["access ended"]
        assert time.monotonic() - started < MOST_SECONDS
    assert EventStream(caller).refusal().status == 401


def test_a_place_beyond_the_head_is_of_another_log_and_waits_for_nothing(stack: Stack, caller: Caller) -> None:
    now = caller.get("events/?after=0&limit=1")
    started = time.monotonic()
    answer = caller.call("GET", f"events/?after={now['head'] + 1}&wait=30")
    assert time.monotonic() - started < 10
    assert (answer.content["events"], answer.content["epoch"]) == ([], now["epoch"])


def test_signing_out_ends_the_poll_that_waits(stack: Stack) -> None:
    with browser_session(stack) as browser, ThreadPoolExecutor(1) as pool:
        head = browser.get("/api/v1/events/?after=0&limit=1").json()["head"]
        poll = pool.submit(browser.get, f"/api/v1/events/?after={head}&wait=30", timeout=40)
        time.sleep(0.5)
        with database_of(stack) as database:
            database.execute(
                "UPDATE accounts_session SET expire_date = now() WHERE session_key = %s",
                (browser.cookies["sessionid"],),
            )
        started = time.monotonic()
        assert poll.result().status_code == 401
        assert time.monotonic() - started < MOST_SECONDS


def test_readers_that_stop_cost_next_to_nothing(stack: Stack, caller: Caller) -> None:
    fill_log(stack, caller, 200, 10_000)
    web = psutil.Process(stack.pid("web"))
    with EventStream(caller, "?after=0").open() as warm:
        assert sum(1 for _ in warm.events()) < 40
    before = web.memory_info().rss
    stopped = [open_stopped_reader(caller, "events/stream/?after=0") for _ in range(STOPPED)]
    try:
        # Each has been given its share, which it does not take, and is none of the person's connections any more.
        wait_until(lambda: sockets_of(caller) == 0, 20, "a reader that stopped is still being served")
        grown = (web.memory_info().rss - before) / STOPPED / 1_048_576
        with EventStream(caller, "?after=0").open() as beside:
            assert sum(1 for _ in beside.events()) < 40
    finally:
        for reader in stopped:
            reader.close()
    print(f"{STOPPED} readers that stopped: {grown:.2f} MB each")
    assert grown <= 0.5


FOLLOW: Final = """
async ([after, last]) => {
  const source = new EventSource(`/api/v1/events/stream/?after=${after}`);
  const seqs = [];
  let opened = 0;
  source.onopen = () => { opened += 1; };
  const done = new Promise((resolve) => {
    const take = (event) => {
      const told = JSON.parse(event.data);
      seqs.push(told.seq);
      if (last ? told.seq >= last : told.terminal) resolve();
    };
    for (const type of TYPES) source.addEventListener(type, take);
  });
  if (!last) {
    await new Promise((resolve) => source.addEventListener("ready", resolve));
    const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    const say = (path, body) =>
      fetch(`/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) }).then((answer) => answer.json());
    const thread = await say("threads/", { title: "From a stream" });
    await say(`threads/${thread.id}/messages/`, { text: "What do we spend?", client_id: crypto.randomUUID() });
  }
  await done;
  source.close();
  return { seqs, opened };
}
"""
TYPES: Final = (
    "message_posted", "thread_changed", "agent_queued", "agent_started", "agent_thinking", "tool_executing",
    "tool_progress", "tool_completed", "message_delta", "agent_completed", "model_switched", "notice",
)  # fmt: skip


def test_the_place_a_client_comes_with_is_acknowledged(stack: Stack, caller: Caller) -> None:
    for title in ("First", "Second", "Third"):
        caller.post("threads/", {"title": title})
    head = head_of(caller)
    assert caller.call("GET", f"events/?after={head - 2}&wait=1").content["events"][0]["seq"] == head - 1
    wait_until(lambda: acknowledged_by(stack, caller) == head - 2, MOST_SECONDS, "the poll's place was not kept")
    with EventStream(caller, last_id=str(head - 1)).open() as stream:
        (last,) = islice(stream.events(), 1)
    wait_until(lambda: acknowledged_by(stack, caller) == head - 1, MOST_SECONDS, "the stream's place was not kept")
    assert caller.call("POST", "events/ack/", {"seq": head, "epoch": last.content["event_id"][:36]}).status == 204
    assert acknowledged_by(stack, caller) == head


def acknowledged_by(stack: Stack, caller: Caller) -> int:
    """Up to where the person's log is known to have arrived."""
    with database_of(stack) as database:
        row = database.execute(
            "SELECT acked_seq FROM chat_receipt WHERE user_id = %s", (caller.get("me/")["id"],)
        ).fetchone()
    return int(row[0]) if row else 0


def test_a_browsers_own_event_source_gets_a_run_and_comes_back_by_itself(stack: Stack, context: BrowserContext) -> None:
    sign_in_browser(context, stack.url)
    page = context.new_page()
    page.goto(f"{stack.url}/")
    follow = FOLLOW.replace("TYPES", str(list(TYPES)))
    demo = sign_in(stack.port)
    head = head_of(demo)
    live: dict[str, Any] = page.evaluate(follow, [head, 0])
    assert live["seqs"] == list(range(head + 1, head + 1 + len(live["seqs"])))
    fill_log(stack, demo, 1_200, 100)
    last = head_of(demo)
    replayed: dict[str, Any] = page.evaluate(follow, [last - 1_200, last])
    assert replayed["seqs"] == list(range(last - 1_199, last + 1))
    assert replayed["opened"] == 3
