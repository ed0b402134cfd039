"""While Redis is dead people still sign in, connect and post; what ran goes on, what waited runs when it is back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime

from netra.embedded.server import EmbeddedServer
from tests.stack.clients import Caller, Client, PollingClient, SocketClient, sign_in
from tests.stack.faults import made_at, new_threads
from tests.stack.people import browser_session
from tests.stack_process import Stack

# After its return, by promise; a lag of 1.5 s gets five times that.
RUNS_WITHIN_SECONDS = 10.0
MOST_LAG_SECONDS = 7.5
QUESTION = "What do we spend, on what, and how does it trend?"


def post(caller: Caller, thread: str) -> str:
    body = {"text": QUESTION, "client_id": uuid.uuid4().hex}
    run: str = caller.post(f"threads/{thread}/messages/", body)["run"]["id"]
    return run


def wait_for(client: Client, is_true: Callable[[], bool], seconds: float, failure: str) -> None:
    """Returns as soon as the condition holds, fails with the text when it never does."""
    deadline = time.monotonic() + seconds
    while not is_true():
        client.check()
        assert time.monotonic() < deadline, failure
        time.sleep(0.02)


def test_everything_but_new_work_goes_on_without_redis(stack_without_redis: Stack, redis: EmbeddedServer) -> None:
    stack = stack_without_redis
    caller = sign_in(stack.port)
    threads = new_threads(caller, 3)
    with SocketClient(caller) as before:
        wait_for(before, lambda: before.is_ready, 15, "no socket before the fault")
        running = post(caller, threads[0])
        wait_for(before, lambda: status_of(caller, running) == "running", 15, "the run did not start")
        redis.kill()
        killed = time.time()
        wait_for(before, lambda: running in before.received.ended, 30, "the running run never ended")
        with browser_session(stack), SocketClient(sign_in(stack.port)) as during:
            wait_for(during, lambda: during.is_ready, 5, "no new socket without Redis")
            posted = time.monotonic()
            waiting = [post(caller, thread) for thread in threads[1:]]
            assert time.monotonic() - posted < 5
            head = caller.get("events/?after=0&limit=1")["head"]
            wait_for(during, lambda: (during.received.cursor or 0) >= head, MOST_LAG_SECONDS, "events did not come")
            time.sleep(3)
            assert {status_of(caller, run) for run in waiting} == {"queued"}
            redis.restart()
            returned = time.monotonic()
            ended = during.received.ended
            wait_for(during, lambda: ended >= set(waiting), 60, "the waiting runs did not run")
            print(f"waiting runs were done {time.monotonic() - returned:.1f} s after Redis' return")
        compare(caller, before, killed)
        assert before.close_codes.total() == 0, "a socket that was open did not survive"
    assert started_after(caller, waiting, returned - time.monotonic() + time.time()) <= RUNS_WITHIN_SECONDS


def status_of(caller: Caller, run: str) -> str:
    return str(caller.get(f"runs/{run}/")["status"])


def compare(caller: Caller, socket: SocketClient, killed: float) -> None:
    """The socket that lived through it has the log, and nothing came later than the head poll allows."""
    received = socket.received
    head = caller.get("events/?after=0&limit=1")["head"]
    wait_for(socket, lambda: received.cursor == head, 30, "the socket never reached the head")
    events = received.events
    with PollingClient(caller, events[0]["seq"] - 1) as polling:
        wait_for(polling, lambda: polling.received.cursor == head, 30, "the API never reached the head")
    assert received.joined == polling.received.joined
    lags = [received.arrived_at[e["seq"]] - made_at(e) for e in events if made_at(e) > killed]
    print(f"{len(lags)} events after the kill, longest lag {max(lags):.2f} s")
    assert max(lags) <= MOST_LAG_SECONDS


def started_after(caller: Caller, runs: list[str], returned: float) -> float:
    """Seconds from Redis' return until the first of the waiting runs was at work."""
    starts = [datetime.fromisoformat(caller.get(f"runs/{run}/")["started_at"]).timestamp() for run in runs]
    print(f"the first waiting run started {min(starts) - returned:.1f} s after Redis' return")
    return min(starts) - returned
