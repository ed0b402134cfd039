"""A browser tab of a running Netra: what its page shows, and what its socket brought."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import orjson
from playwright.sync_api import BrowserContext, Page, WebSocket

from tests.stack.clients import DEMO_ACCOUNT, EVENTS_FRAME, Event, Received

READY: Final = "html[data-ready=true]"
SHOWN: Final = "() => ['#timeline', '#threads'].map((id) => document.querySelector(id).textContent)"
PUMP_MILLISECONDS: Final = 30


def sign_in_browser(context: BrowserContext, url: str) -> None:
    """The demo account signed in through the page."""
    page = context.new_page()
    page.goto(f"{url}/accounts/login/")
    page.fill("[name=login]", DEMO_ACCOUNT["email"])
    page.fill("[name=password]", DEMO_ACCOUNT["password"])
    page.click("button[type=submit]")
    page.wait_for_selector(READY, state="attached")
    page.close()


class Tab:
    """A tab on one thread, and every frame of its sockets."""

    def __init__(self, context: BrowserContext, url: str, thread_id: str) -> None:
        self.thread_id = thread_id
        self.received = Received()
        self.page_errors: list[str] = []
        self.page = context.new_page()
        self.page.on("websocket", self._watch)
        self.page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        open_thread(self.page, url, thread_id)

    def wait_until(self, is_true: Callable[[], bool], timeout_seconds: float, failure: str) -> None:
        """Like any wait, but the browser's messages are taken meanwhile."""
        deadline = time.monotonic() + timeout_seconds
        while not is_true():
            assert time.monotonic() < deadline, failure
            self.page.wait_for_timeout(PUMP_MILLISECONDS)

    def pause(self, seconds: float) -> None:
        """Lets the browser's messages in for a while."""
        self.page.wait_for_timeout(seconds * 1_000)

    def shown(self) -> list[str]:
        """All text of the timeline and of the list of threads."""
        texts: list[str] = self.page.evaluate(SHOWN)
        return texts

    def is_wanted(self, event: Event) -> bool:
        """What a page that watches one thread is owed: everything but the deltas of the others."""
        return event["type"] not in ("message_delta", "agent_thinking") or event["thread_id"] == self.thread_id

    def close(self) -> None:
        self.page.close()

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framesent", self._note_hello)
        socket.on("framereceived", self._take)

    def _note_hello(self, payload: Any) -> None:
        """The cursor the page says is where its list of events goes on, whatever else had reached the browser."""
        if b'"hello"' in as_bytes(payload):
            self.received.rewind(orjson.loads(as_bytes(payload))["cursor"])

    def _take(self, payload: Any) -> None:
        frame = EVENTS_FRAME.fullmatch(as_bytes(payload).decode())
        if frame and not self.received.take(int(frame[1]), int(frame[2]), frame[3].encode()):
            self.received.gaps += 1


def as_bytes(payload: str | bytes) -> bytes:
    """A frame's text, however the browser's driver hands it over."""
    return payload.encode() if isinstance(payload, str) else payload


def open_thread(page: Page, url: str, thread_id: str) -> None:
    """The page of a thread, its modules running."""
    page.goto(f"{url}/t/{thread_id}/")
    page.wait_for_selector(READY, state="attached")


def show_fresh(context: BrowserContext, url: str, thread_id: str) -> list[str]:
    """What a newly opened page of the thread shows."""
    tab = Tab(context, url, thread_id)
    try:
        return tab.shown()
    finally:
        tab.close()
