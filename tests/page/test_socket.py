"""The connection: greets with the page's cursor, keeps order, acknowledges, comes back, and knows when to stop."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.page.conftest import Run

# The far end of the wire: records what is sent, and says what the test tells it to say.
PREPARE = """(socket) => {
  const sockets = [];
  class Wire {
    constructor(url) { this.url = url; this.readyState = 0; this.sent = []; sockets.push(this); }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.readyState = 3; this.left = true; }
    open() { this.readyState = 1; this.onopen(); }
    say(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
    end(code) { this.readyState = 3; this.onclose({ code }); }
  }
  const page = {
    cursor: 5, epoch: "e", states: [], resyncs: [], answers: [], readies: 0,
    position() { return { cursor: this.cursor, epoch: this.epoch }; },
    watched: () => "t",
    applyFrame(frame) { if (frame.prev !== this.cursor) return false; this.cursor = frame.to; return true; },
    changed(state) { this.states.push(state.name); },
    ready() { this.readies += 1; },
    answered(frame) { this.answers.push(frame); },
    async resync(reason) { this.resyncs.push(reason); this.cursor = 90; this.epoch = "new"; return true; },
  };
  const connection = new socket.Connection("ws://x/ws/", page, Wire);
  connection.start();
  Object.assign(window, { sockets, peer: page, connection });
}"""
START = datetime(2026, 11, 20, 10, tzinfo=UTC)
READY = {"type": "ready", "v": 1, "epoch": "e", "head": 5, "floor": 0}
Do = Callable[..., Any]


@pytest.fixture
def do(page: Page, run: Run) -> Do:
    """Runs a statement against `wire` (the newest socket), `peer` (the page's side) and `connection`."""
    # Stopped: a delay drawn near zero must not pass by itself between two lines of a test.
    page.clock.install(time=START)
    page.clock.pause_at(START + timedelta(seconds=1))
    run("socket", PREPARE)

    def do_statement(statement: str, argument: Any = None) -> Any:
        script = "([argument]) => { const wire = sockets.at(-1); return (%s); }"
        return page.evaluate(script % statement, [argument])

    return do_statement


@pytest.fixture
def live(do: Do) -> Do:
    do("wire.open()")
    do("wire.say(argument)", READY)
    return do


def frame(prev: int, to: int) -> dict[str, Any]:
    return {"type": "events", "prev": prev, "to": to, "events": []}


def test_it_greets_with_the_cursor_and_watches_its_thread(live: Do) -> None:
    assert live("wire.sent") == [
        {"command": "hello", "v": 1, "cursor": 5, "epoch": "e"},
        {"command": "watch", "thread_id": "t"},
    ]
    assert live("peer.states") == ["connecting", "live"]
    assert live("peer.readies") == 1


def test_a_gap_makes_it_greet_again_once_from_its_cursor(live: Do) -> None:
    live("wire.sent.length = 0")
    for gap in (frame(7, 8), frame(8, 9)):
        live("wire.say(argument)", gap)
    assert live("wire.sent") == [{"command": "hello", "v": 1, "cursor": 5, "epoch": "e"}]
    assert live("peer.cursor") == 5


def test_it_acknowledges_each_second_only_what_is_new(live: Do, page: Page) -> None:
    page.clock.run_for(1_000)
    assert live("wire.sent.at(-1)") == {"command": "ack", "seq": 5}
    live("wire.sent.length = 0")
    live("wire.say(argument)", frame(5, 9))
    assert live("wire.sent") == []
    page.clock.run_for(1_000)
    page.clock.run_for(5_000)
    assert live("wire.sent") == [{"command": "ack", "seq": 9}]


def test_it_acknowledges_at_once_after_a_hundred_events(live: Do) -> None:
    live("wire.sent.length = 0")
    live("wire.say(argument)", frame(5, 105))
    assert live("wire.sent") == [{"command": "ack", "seq": 105}]


def test_a_resync_loads_a_snapshot_and_greets_with_its_position(live: Do) -> None:
    live("wire.sent.length = 0")
    live("wire.say({type: 'resync', reason: 'behind'})")
    live("Promise.resolve()")
    assert live("peer.resyncs") == ["behind"]
    assert live("wire.sent") == [{"command": "hello", "v": 1, "cursor": 90, "epoch": "new"}]


def test_another_epoch_is_a_resync(do: Do) -> None:
    do("wire.open()")
    do("wire.say(argument)", READY | {"epoch": "another"})
    assert do("peer.resyncs") == ["epoch"]
    assert "live" not in do("peer.states")


@pytest.mark.parametrize("code", [4401, 4403])
def test_it_does_not_come_back_when_it_may_not(live: Do, page: Page, code: int) -> None:
    live("wire.end(argument)", code)
    page.clock.run_for(120_000)
    live("dispatchEvent(new Event('online'))")
    assert live("sockets.length") == 1
    assert live("connection.state") == {"name": "ended", "code": code}


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 4400, 4408, 4413, 4429])
def test_it_comes_back_after_every_other_end(live: Do, page: Page, code: int) -> None:
    live("wire.end(argument)", code)
    assert live("connection.state.name") == "waiting"
    page.clock.run_for(2_001)
    assert live("sockets.length") == 2
    live("wire.open()")
    live("wire.say(argument)", READY)
    assert live("connection.state.name") == "live"


def test_delays_are_short_at_first_and_longer_later(run: Run) -> None:
    source = """(socket) => [[0, 1], [9999, 1], [10000, 1], [60000, 0.5], [60000, 0]]
      .map(([down, random]) => socket.reconnectDelay(down, () => random))"""
    assert run("socket", source) == [2_000, 2_000, 10_000, 5_000, 0]


def test_silence_after_a_ping_ends_the_connection(live: Do, page: Page) -> None:
    page.clock.run_for(25_000)
    assert live("wire.sent.at(-1)") == {"command": "ping"}
    page.clock.run_for(4_900)
    assert live("connection.state.name") == "live"
    page.clock.run_for(100)
    assert live("connection.state.name") == "waiting"
    assert live("sockets[0].left") is True


def test_an_answered_ping_keeps_it(live: Do, page: Page) -> None:
    page.clock.run_for(25_000)
    live("wire.say({type: 'pong'})")
    page.clock.run_for(10_000)
    assert live("connection.state.name") == "live"


@pytest.mark.parametrize(
    "event", ["dispatchEvent(new Event('online'))", "document.dispatchEvent(new Event('visibilitychange'))"]
)
def test_it_asks_at_once_when_the_world_around_it_changed(live: Do, event: str) -> None:
    live("wire.sent.length = 0")
    live(event)
    assert live("wire.sent") == [{"command": "ping"}]


def test_it_reconnects_at_once_when_the_network_is_back(live: Do) -> None:
    live("wire.end(1006)")
    live("dispatchEvent(new Event('online'))")
    assert live("sockets.length") == 2


def test_a_server_that_never_answers_the_greeting_is_left(do: Do, page: Page) -> None:
    do("wire.open()")
    page.clock.run_for(10_000)
    assert do("sockets[0].left") is True
    assert do("peer.states")[:2] == ["connecting", "waiting"]
