"""Questions and stops reach the server once, whatever breaks on the way: reload, socket, refusal."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.page.conftest import Run

PREPARE = """(outbox, commands, api) => {
  const wire = { isLive: false, sent: [], send(command) { this.sent.push(command); return true; } };
  const box = new outbox.Outbox(sessionStorage, () => {});
  const told = [];
  const delivery = new commands.Delivery({
    outbox: box, call: api.createApi("/api/v1/"), connection: wire,
    opened: (thread) => told.push(["opened", thread.id]), refused: (entry, message) => told.push(["refused", message]),
  });
  Object.assign(window, { wire, box, delivery, told });
}"""
QUESTION = {"kind": "send", "thread_id": "t1", "dataset_id": None, "text": "What do we spend?"}
ANSWERS: dict[str, Any] = {
    "/api/v1/threads/": {"id": "t-new"},
    "/api/v1/threads/t-new/dataset/": {"dataset": {"id": "d1"}},
    "/api/v1/threads/t-new/messages/": {"message": {"id": "m1"}, "run": {"id": "r1"}},
    "/api/v1/threads/t1/messages/": {"message": {"id": "m1"}, "run": {"id": "r1"}},
    "/api/v1/runs/r1/cancel/": {"id": "r1"},
    "/api/v1/runs/r1/retry/": {"message": {"id": "m1"}, "run": {"id": "r2"}},
}
Do = Callable[..., Any]


class Site:
    """The REST side: answers, refuses or is unreachable, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.failure: tuple[int, dict[str, str]] | None = None
        self.reachable = True

    def answer(self, route: Route) -> None:
        path = "/" + route.request.url.split("/", 3)[3]
        self.asked.append((path, route.request.post_data_json))
        if not self.reachable:
            route.abort()
        elif self.failure:
            route.fulfill(status=self.failure[0], content_type="application/json", body=json.dumps(self.failure[1]))
        else:
            route.fulfill(status=201, content_type="application/json", body=json.dumps(ANSWERS[path]))


@pytest.fixture
def rest(page: Page) -> Site:
    rest = Site()
    page.route("**/api/v1/**", rest.answer)
    return rest


@pytest.fixture
def do(page: Page, run: Run, rest: Site) -> Do:
    run("outbox commands api", PREPARE)
    return lambda statement, argument=None: page.evaluate(f"async ([argument]) => ({statement})", [argument])


def test_a_live_socket_carries_the_question(do: Do, rest: Site) -> None:
    do("wire.isLive = true")
    client_id = do("box.add(argument).client_id", QUESTION)
    do("delivery.deliver(argument)", client_id)
    sent = {"command": "send_message", "client_id": client_id, "thread_id": "t1", "text": QUESTION["text"]}
    assert do("wire.sent") == [sent]
    assert rest.asked == []


def test_an_unanswered_question_is_sent_again_with_the_same_id(do: Do) -> None:
    do("wire.isLive = true")
    do("box.add(argument)", QUESTION)
    do("delivery.deliverAll()")
    do("delivery.deliverAll()")
    assert len({sent["client_id"] for sent in do("wire.sent")}) == 1
    assert do("wire.sent.length") == 2


def test_an_answered_question_is_not_sent_again_and_waits_for_the_log(do: Do) -> None:
    do("wire.isLive = true")
    client_id = do("box.add(argument).client_id", QUESTION)
    result = {"type": "result", "client_id": client_id, "result": ANSWERS["/api/v1/threads/t1/messages/"]}
    do("delivery.takeAnswer(argument)", result)
    do("delivery.deliverAll()")
    assert do("wire.sent") == []
    do("delivery.forgetShown({ thread_id: 't1', messages: {} })")
    assert do("box.entries.length") == 1
    do("delivery.forgetShown({ thread_id: 't1', messages: { m1: {} } })")
    assert do("box.entries") == []


def test_without_a_socket_rest_carries_it_under_the_same_id(do: Do, rest: Site) -> None:
    client_id = do("box.add(argument).client_id", QUESTION)
    do("delivery.deliver(argument)", client_id)
    body = {"text": QUESTION["text"], "client_id": client_id}
    assert rest.asked == [("/api/v1/threads/t1/messages/", body)]
    assert do("box.entries[0].message_id") == "m1"


def test_a_new_chat_is_created_with_its_data_before_the_question(do: Do, rest: Site) -> None:
    client_id = do("box.add(argument).client_id", QUESTION | {"thread_id": None, "dataset_id": "d1"})
    do("delivery.deliver(argument)", client_id)
    body = {"text": QUESTION["text"], "client_id": client_id}
    assert rest.asked == [
        ("/api/v1/threads/", {}),
        ("/api/v1/threads/t-new/dataset/", {"dataset_id": "d1"}),
        ("/api/v1/threads/t-new/messages/", body),
    ]
    assert do("told") == [["opened", "t-new"]]


def test_a_reload_keeps_what_was_not_answered(do: Do, run: Run, rest: Site, page: Page, page_errors: list[str]) -> None:
    rest.reachable = False
    client_id = do("box.add(argument).client_id", QUESTION)
    do("delivery.deliver(argument)", client_id)
    page.reload()
    rest.reachable = True
    run("outbox commands api", PREPARE)
    do("delivery.deliver(argument)", client_id)
    assert [body["client_id"] for _path, body in rest.asked] == [client_id, client_id]
    assert do("box.entries[0].message_id") == "m1"
    page_errors.clear()


@pytest.mark.parametrize("status", [500, 503])
def test_a_passing_trouble_is_tried_again(do: Do, rest: Site, page_errors: list[str], status: int) -> None:
    rest.failure = (status, {"code": "busy", "message": "Try again later."})
    do("delivery.deliver(box.add(argument).client_id)", QUESTION)
    rest.failure = None
    do("delivery.deliver(box.entries[0].client_id)")
    assert do("box.entries[0].message_id") == "m1"
    assert do("told") == []
    page_errors.clear()


def test_a_refusal_keeps_the_text_and_says_why(do: Do, rest: Site, page_errors: list[str]) -> None:
    rest.failure = (400, {"code": "text_too_long", "message": "Shorten the question to 32,000 characters."})
    do("delivery.deliver(box.add(argument).client_id)", QUESTION)
    do("delivery.deliverAll()")
    assert len(rest.asked) == 1
    assert do("box.entries[0].error") == "Shorten the question to 32,000 characters."
    assert do("box.entries[0].text") == QUESTION["text"]
    assert do("told") == [["refused", "Shorten the question to 32,000 characters."]]
    page_errors.clear()


def test_a_refusal_over_the_socket_is_the_same(do: Do) -> None:
    client_id = do("box.add(argument).client_id", QUESTION)
    error = {"type": "error", "code": "quota_used", "message": "Come back tomorrow.", "client_id": client_id}
    do("delivery.takeAnswer(argument)", error)
    assert do("box.entries[0].error") == "Come back tomorrow."


def test_stopping_what_just_ended_is_no_complaint(do: Do, rest: Site, page_errors: list[str]) -> None:
    rest.failure = (409, {"code": "run_already_finished", "message": "The run has already ended."})
    do("delivery.deliver(box.add(argument).client_id)", {"kind": "cancel", "run_id": "r1"})
    assert do("[box.entries, told]") == [[], []]
    page_errors.clear()


def test_stop_and_retry_are_delivered_and_then_forgotten(do: Do, rest: Site) -> None:
    for kind in ("cancel", "retry"):
        do("delivery.deliver(box.add(argument).client_id)", {"kind": kind, "run_id": "r1"})
    assert [path for path, _body in rest.asked] == ["/api/v1/runs/r1/cancel/", "/api/v1/runs/r1/retry/"]
    assert do("box.entries") == []


def test_the_token_of_the_session_goes_with_every_change(do: Do, rest: Site, page: Page) -> None:
    do("(document.cookie = 'csrftoken=secret-token')")
    with page.expect_request("**/messages/") as asked:
        do("delivery.deliver(box.add(argument).client_id)", QUESTION)
    assert asked.value.headers["x-csrftoken"] == "secret-token"
