"""What a person does on the page of a running Netra."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, WebSocket, expect

LIFECYCLE = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
ACCOUNT = ("demo@example.com", "demo-netra-2026")
Event = dict[str, Any]


class Visit:
    """One tab: signs in, asks, and remembers every event the socket brought."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.events: list[Event] = []
        self.complaints: list[str] = []
        self.heard: Callable[[Event], None] = lambda _event: None
        self.page: Page = context.new_page()
        self.page.on("websocket", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note_complaint)

    def sign_in(self) -> None:
        email, password = ACCOUNT
        self.page.goto(f"{self.url}/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.wait_live()

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)
        self.wait_live()

    def wait_live(self) -> None:
        expect(self.page.locator("#connection")).to_have_text("Live", timeout=15_000)

    def choose_demo_data(self) -> None:
        self.page.get_by_role("button", name="Use the demo data").click()
        expect(self.page.locator("#dataset .badge")).to_have_text("Demo data")

    def ask(self, question: str) -> None:
        self.page.get_by_role("textbox", name="Your question").fill(question)
        self.page.keyboard.press("Enter")

    def wait_answer(self, number: int = 1) -> Locator:
        """The number-th run, once it is done."""
        expect(self.page.locator(".run[data-status=completed]")).to_have_count(number, timeout=30_000)
        return self.page.locator(".run").nth(number - 1)

    def timeline_text(self) -> str:
        """All words of the conversation, spaces aside: folded steps differ between tabs, words do not."""
        text: str = self.page.locator("#timeline").evaluate("(node) => node.textContent")
        return re.sub(r"\s+", " ", text)

    def _note_complaint(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: self._take(json.loads(payload)))

    def _take(self, frame: dict[str, Any]) -> None:
        for event in frame.get("events", []):
            self.events.append(event)
            self.heard(event)


def read_table(run: Locator, title: str) -> dict[str, dict[str, str]]:
    """The result table of a step, opened as a person would: first cell -> column -> text."""
    step = run.locator(".step.tool", has=run.page.locator(".step-title", has_text=re.compile(f"^{title}$"))).first
    open_team(run)
    step.locator("summary").first.click()
    table = step.locator("table")
    expect(table).to_be_visible()
    heads = table.locator("th").all_inner_texts()
    rows = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def open_team(run: Locator) -> None:
    """Unfolds the team and each of its agents, as a person would who wants to see every step."""
    group = run.locator("details.step-group:not([open]) > summary")
    for summary in group.all():
        summary.click()
    folded = run.locator(".agent-head[aria-expanded=false]")
    while folded.count():
        folded.first.click()


def as_number(text: str) -> float:
    """The figure in a cell."""
    return float(re.sub(r"[^\d.-]", "", text))
