"""A visit to the chat page whose far end the test plays."""

import json
import re
import time
from typing import Any

from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.page.server_log import EPOCH, Row, ServerLog
from tests.page.site_files import SiteFiles

DEMO = {
    "id": "d1",
    "title": "Demo data",
    "demo": True,
    "rows": 24118,
    "first_day": "2026-08-20",
    "last_day": "2026-11-19",
}


class Visit:
    """A page whose far end the test plays: REST by routes, the socket by hand."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.log = ServerLog()
        self.sent: list[Row] = []
        self.sockets: list[WebSocketRoute] = []
        self.accepts = True
        page.route("**/api/v1/**", self._answer_rest)
        page.route_web_socket(re.compile("/ws/$"), self._take_socket)

    def open(self, thread_id: str | None) -> Page:
        path = f"/t/{thread_id}/" if thread_id else "/"
        SiteFiles.pages[path] = self.render(path, thread_id).encode()
        self.page.goto(self.site + path)
        expect(self.page.locator("html")).to_have_attribute("data-ready", "true")
        return self.page

    def say(self, prev: int) -> None:
        """Send every event after `prev`, as the server would."""
        frame = {"type": "events", "prev": prev, "to": len(self.log.events), "events": self.log.events[prev:]}
        self.sockets[-1].send(json.dumps(frame))

    def commands(self, name: str) -> list[Row]:
        return [frame for frame in self.sent if frame["command"] == name]

    def wait_for(self, name: str) -> Row:
        """The first command of that name, waited for while the page goes on."""
        deadline = time.monotonic() + 5
        while not self.commands(name):
            assert time.monotonic() < deadline, f"the page sent no {name}"
            self.page.wait_for_timeout(5)
        return self.commands(name)[0]

    def render(self, path: str, thread_id: str | None) -> str:
        snapshot = self.log.snapshot() | ({} if thread_id else {"thread": None})
        boot = {
            "user": {"id": "u", "email": "demo@example.com", "tier": "free"}, "thread_id": thread_id,
            "snapshot": snapshot, "urls": {"socket": "/ws/", "api": "/api/v1/", "threads": "/t/"},
            "agents": [{"name": "netra", "title": "Netra"}], "limits": {"text_characters": 100},
            "demo": {"available": True}, "data": {"dataset": None},
        }  # fmt: skip
        thread = snapshot["thread"]
        context = {"user_email": "demo@example.com", "boot": boot, "threads": snapshot["threads"], "thread": thread}
        context["messages"] = thread["messages"] if thread else []
        return render_to_string("chat/page.html", context, request=RequestFactory().get(path))

    def _take_socket(self, socket: WebSocketRoute) -> None:
        if not self.accepts:
            socket.close(code=4408)
            return
        self.sockets.append(socket)
        socket.on_message(lambda text: self._take_frame(socket, json.loads(text)))

    def _take_frame(self, socket: WebSocketRoute, frame: Row) -> None:
        self.sent.append(frame)
        if frame["command"] == "hello":
            ready = {"type": "ready", "v": 1, "epoch": EPOCH, "head": len(self.log.events), "floor": 0}
            socket.send(json.dumps(ready))

    def _answer_rest(self, route: Route) -> None:
        path = route.request.url.split("/api/v1/")[1]
        thread = self.log.threads[self.log.open_thread]
        answers: dict[str, Any] = {"datasets/": {"datasets": [DEMO]}, "threads/": thread}
        self.sent.append({"command": path, "body": route.request.post_data_json})
        route.fulfill(status=200, content_type="application/json", body=json.dumps(answers.get(path, {})))
