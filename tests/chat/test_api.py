"""REST: the record for its owner, 404 for everybody else, one error shape."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.keys import issue_key
from accounts.models import User
from chat.models import Blob, Run, Thread
from chat.threads import post_message
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


UNKNOWN = uuid.UUID("01990000-0000-7000-8000-000000000000")


class Api:
    """A client with a key."""

    def __init__(self, user: User) -> None:
        self.client = Client(headers={"authorization": f"Bearer {issue_key(user, name='test')}"})

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}")

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json")


@pytest.fixture
def api(owner: User) -> Api:
    return Api(owner)


@pytest.fixture
def foreign_api(stranger: User) -> Api:
    return Api(stranger)


def assert_error(response: Any, status: int, code: str) -> None:
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert set(body) == {"code", "message", "extra", "request_id"}
    assert body["request_id"] == response["X-Request-ID"]
    assert body["message"]


def test_a_key_is_given_for_the_right_password_only(owner: User) -> None:
    client = Client()

    def ask(password: str) -> Any:
        body = json.dumps({"email": "OWNER@example.com", "password": password})
        return client.post("/api/v1/auth/token/", body, content_type="application/json")

    assert_error(ask("wrong"), 400, "bad_credentials")
    token = ask(PASSWORD).json()["token"]
    assert client.get("/api/v1/threads/", headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_an_unknown_address_answers_like_a_wrong_password(owner: User) -> None:
    client = Client()
    answers = [
        client.post("/api/v1/auth/token/", json.dumps(body), content_type="application/json").json()
        for body in ({"email": "nobody@example.com", "password": "x"}, {"email": owner.email, "password": "x"})
    ]
    assert answers[0]["code"] == answers[1]["code"]
    assert answers[0]["message"] == answers[1]["message"]


def test_a_disabled_account_gets_nothing(owner: User) -> None:
    api = Api(owner)
    User.objects.filter(id=owner.id).update(is_active=False)
    assert api.get("threads/").status_code == 401


@pytest.mark.parametrize(
    "path", ["threads/", "snapshot/", "events/", f"threads/{UNKNOWN}/", f"runs/{UNKNOWN}/", "datasets/"]
)
def test_nothing_is_shown_to_nobody(db: None, path: str) -> None:
    assert_error(Client().get(f"/api/v1/{path}"), 401, "not_authenticated")


def test_a_message_makes_a_run(api: Api, thread: Thread) -> None:
    answer = api.post(f"threads/{thread.id}/messages/", {"text": "Hello", "client_id": "c1"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["message"]["text"] == "Hello"
    assert body["run"]["status"] == "queued"
    assert body["run"]["request_id"] == answer["X-Request-ID"]
    again = api.post(f"threads/{thread.id}/messages/", {"text": "Hello", "client_id": "c1"})
    assert (again.status_code, again.json()["run"]["id"]) == (201, body["run"]["id"])


@pytest.mark.parametrize("name", ["nobody", "../netra", "NETRA", "n" * 65])
def test_only_an_agent_of_the_directory_can_be_asked(api: Api, thread: Thread, name: str) -> None:
    body = {"text": "Hello", "client_id": uuid.uuid4().hex, "agent": name}
    response = api.post(f"threads/{thread.id}/messages/", body)
    assert response.status_code in (400, 404)
    assert not Run.objects.filter(thread=thread).exists()


def test_threads_are_paged_without_loss(api: Api, owner: User) -> None:
    made = [api.post("threads/", {"title": f"Thread {n}"}).json()["id"] for n in range(7)]
    seen: list[str] = []
    before = ""
    while True:
        page = api.get(f"threads/?limit=3{before}").json()
        seen += [thread["id"] for thread in page["threads"]]
        if not page["next"]:
            break
        before = f"&before={page['next']}"
    assert seen == made[::-1]


def test_the_snapshot_and_the_log_belong_together(api: Api, owner: User, thread: Thread) -> None:
    post_message(owner, text="Hello", client_id="c1", thread_id=thread.id)
    snapshot = api.get(f"snapshot/?thread={thread.id}").json()
    log = api.get("events/?after=0").json()
    assert snapshot["as_of_seq"] == log["head"] == log["events"][-1]["seq"]
    assert snapshot["epoch"] == log["epoch"]
    assert snapshot["thread"]["messages"][0]["text"] == "Hello"
    assert [e["type"] for e in snapshot["thread"]["events"]] == ["message_posted", "agent_queued"]


def test_events_are_read_in_pages(api: Api, owner: User, thread: Thread) -> None:
    for number in range(4):
        post_message(owner, text="Hello", client_id=f"c{number}", thread_id=thread.id)
    whole = api.get("events/?after=0").json()["events"]
    first = api.get("events/?after=0&limit=3").json()["events"]
    rest = api.get(f"events/?after={first[-1]['seq']}").json()["events"]
    assert first + rest == whole


def test_cancel_and_retry(api: Api, owner: User, thread: Thread) -> None:
    run = post_message(owner, text="Hello", client_id="c1", thread_id=thread.id).run
    assert_error(api.post(f"runs/{run.id}/retry/"), 409, "run_not_finished")
    assert api.post(f"runs/{run.id}/cancel/").json()["status"] == "cancelled"
    assert_error(api.post(f"runs/{run.id}/cancel/"), 409, "run_already_finished")
    answer = api.post(f"runs/{run.id}/retry/")
    assert (answer.status_code, answer.json()["run"]["retry_of"]) == (201, str(run.id))


def test_a_stranger_sees_nothing(foreign_api: Api, owner: User, thread: Thread) -> None:
    run = post_message(owner, text="Secret", client_id="c1", thread_id=thread.id).run
    for path in (f"threads/{thread.id}/", f"runs/{run.id}/", f"snapshot/?thread={thread.id}"):
        assert foreign_api.get(path).status_code == 404
    for path in (f"threads/{thread.id}/messages/", f"runs/{run.id}/cancel/", f"runs/{run.id}/retry/"):
        body = {"text": "x", "client_id": "c1"}
        assert foreign_api.post(path, body).status_code == 404
    assert foreign_api.get("events/").json()["events"] == []
    assert foreign_api.get("threads/").json()["threads"] == []
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"text":"\\ud83d","client_id":"c"}', 400),
        (b'{"text":"a\\u0000b","client_id":"c"}', 400),
        (b'{"text":"","client_id":"c"}', 400),
        (b'{"text":"' + b"x" * 32_001 + b'","client_id":"c"}', 400),
        (b'{"text":"hello"}', 400),
        (b'{"text":{"a":1},"client_id":"c"}', 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 100_000, 400),
        (b"\xff\xfe", 400),
        (b'{"text":"' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
def test_a_bad_body_is_a_clients_mistake(api: Api, thread: Thread, body: bytes, status: int) -> None:
    answer = api.client.post(f"/api/v1/threads/{thread.id}/messages/", body, content_type="application/json")
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message", "extra", "request_id"}
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=9999999999999999999999", "limit=0", "limit=99999", "after=1.5"]
)
def test_a_bad_place_in_the_log_is_refused(api: Api, query: str) -> None:
    assert_error(api.get(f"events/?{query}"), 400, "invalid")


@pytest.mark.parametrize("path", ["threads/none/", "runs/1/", "nothing/", "snapshot/?thread=x"])
def test_an_unknown_address_is_404_in_the_same_shape(api: Api, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"code", "message", "extra", "request_id"}


def test_a_browser_needs_its_csrf_token(owner: User, thread: Thread) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    body = json.dumps({"text": "Hello", "client_id": "c1"})
    answer = client.post(f"/api/v1/threads/{thread.id}/messages/", body, content_type="application/json")
    assert answer.status_code == 403
    assert not Run.objects.exists()


def test_the_page_needs_a_session_and_is_the_owners(owner: User, stranger: User, thread: Thread) -> None:
    client = Client()
    assert client.get("/").status_code == 302
    client.force_login(owner)
    assert client.get("/").status_code == 200
    assert thread.title in client.get(f"/t/{thread.id}/").content.decode()
    client.force_login(stranger)
    assert client.get(f"/t/{thread.id}/").status_code == 404


def test_a_large_result_is_its_owners(api: Api, foreign_api: Api, owner: User, thread: Thread) -> None:
    run = post_message(owner, text="Hello", client_id="c1", thread_id=thread.id).run
    blob = Blob.objects.create(user=owner, run=run, content=b'{"rows":[]}')
    assert api.get(f"blobs/{blob.id}/").json() == {"rows": []}
    assert_error(foreign_api.get(f"blobs/{blob.id}/"), 404, "run_not_found")


def test_pages_carry_a_strict_policy(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    policy = client.get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
