"""Snapshot and events end in the same state as a fresh snapshot: random work, cut anywhere, in the page's own store."""

from __future__ import annotations

import random
import time
import uuid
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.slices import one_in
from tests.stack.clients import Caller, sign_in
from tests.stack_process import Stack

FOLD = """
async ([early, events, fresh]) => {
  const { loadSnapshot, applyEvent } = await import("/static/js/store.js");
  let state = loadSnapshot(early);
  for (const event of events) state = applyEvent(state, event) ?? state;
  return [JSON.stringify(sorted(state)), JSON.stringify(sorted(loadSnapshot(fresh)))];
  function sorted(value) {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
  }
}
"""
QUESTIONS = ("What do we spend?", "How does spend trend by week?", "Hello", "Which models are slowest at p95?")


@pytest.fixture(scope="module")
def caller(stack: Stack) -> Caller:
    return sign_in(stack.port)


@pytest.mark.parametrize("seed", one_in(3, range(6)))
def test_snapshot_and_events_equal_a_fresh_snapshot(stack: Stack, caller: Caller, page: Page, seed: int) -> None:
    chance = random.Random(seed)
    thread = caller.post("threads/", {"title": ""})["id"]
    if chance.random() < 0.7:
        demo = caller.get("datasets/")["datasets"][0]
        caller.put(f"threads/{thread}/dataset/", {"dataset_id": demo["id"]})
    snapshots = work_at_random(caller, thread, chance)
    wait_for_rest(caller, thread)
    fresh = caller.get(f"snapshot/?thread={thread}")
    page.goto(f"{stack.url}/accounts/login/")
    for early in snapshots:
        events = events_between(caller, early["as_of_seq"], fresh["as_of_seq"])
        folded, loaded = page.evaluate(FOLD, [early, events, fresh])
        assert folded == loaded, f"seed {seed}, cut at {early['as_of_seq']}"


def work_at_random(caller: Caller, thread: str, chance: random.Random) -> list[dict[str, Any]]:
    """Posts, cancels and retries, with a snapshot between any two of them."""
    snapshots, runs = [], []
    for _ in range(chance.randint(2, 4)):
        body = {"text": chance.choice(QUESTIONS), "client_id": uuid.uuid4().hex}
        runs.append(caller.post(f"threads/{thread}/messages/", body)["run"]["id"])
        for _ in range(chance.randint(1, 4)):
            time.sleep(chance.uniform(0, 0.25))
            snapshots.append(caller.get(f"snapshot/?thread={thread}"))
        if chance.random() < 0.5:
            attempt(caller, f"runs/{chance.choice(runs)}/cancel/")
        if chance.random() < 0.3:
            attempt(caller, f"runs/{chance.choice(runs)}/retry/")
        snapshots.append(caller.get(f"snapshot/?thread={thread}"))
    return snapshots


def attempt(caller: Caller, path: str) -> None:
    """A command that may come too late or too early: both are answers."""
    assert caller.call("POST", path, {}).status in {200, 201, 409}


def wait_for_rest(caller: Caller, thread: str) -> None:
    """Returns when no run of the thread works any more."""
    deadline = time.monotonic() + 60
    while any(run["status"] in {"queued", "running"} for run in caller.get(f"threads/{thread}/")["runs"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def events_between(caller: Caller, after: int, to: int) -> list[dict[str, Any]]:
    """The log from one place to another."""
    events: list[dict[str, Any]] = []
    while after < to:
        page = caller.get(f"events/?after={after}&limit=2000")["events"]
        events += [event for event in page if event["seq"] <= to]
        after = page[-1]["seq"]
    return events
