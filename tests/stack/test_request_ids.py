"""One id leads from what a person did to what a worker did about it, and a line says who it was."""

from __future__ import annotations

import re
import uuid

import httpx2
import pytest

from tests.stack.clients import Caller, sign_in
from tests.stack.sockets import hear_type, open_ready_socket, say, with_key
from tests.stack_process import Stack, wait_until


@pytest.fixture(scope="module")
def caller(stack: Stack) -> Caller:
    return sign_in(stack.port)


def lines_with(stack: Stack, name: str, request_id: str) -> list[str]:
    return [line for line in stack.log(name).splitlines() if f"request_id={request_id}" in line]


def assert_leads_to_the_worker(stack: Stack, caller: Caller, run_id: str, first_line: str) -> None:
    """The id of the run is in the web server's line and in each of the worker's."""
    run = caller.get(f"runs/{run_id}/")
    wait_until(lambda: caller.get(f"runs/{run_id}/")["status"] == "completed", 60, "the run did not end")
    person = caller.get("me/")["id"]
    [asked] = [line for line in lines_with(stack, "web", run["request_id"]) if first_line in line]
    assert f"user_id={person}" in asked
    worked = lines_with(stack, "worker", run["request_id"])
    assert {re.split(r"\s+", line)[3] for line in worked} >= {"run_prepared", "run_ended"}
    for line in worked:
        assert f"run_id={run_id}" in line
        assert f"user_id={person}" in line


def test_a_posted_message_carries_its_requests_id(stack: Stack, caller: Caller) -> None:
    thread = caller.post("threads/", {})["id"]
    body = {"text": "Hello", "client_id": uuid.uuid4().hex}
    run = caller.post(f"threads/{thread}/messages/", body)["run"]["id"]
    assert_leads_to_the_worker(stack, caller, run, "path=/api/v1/threads/")


def test_each_command_of_a_socket_has_an_id_of_its_own(stack: Stack, caller: Caller) -> None:
    runs = []
    with open_ready_socket(stack.port, with_key(caller.key)) as socket:
        for _ in range(2):
            say(socket, command="send_message", client_id=uuid.uuid4().hex, thread_id=None, text="Hello")
            runs.append(hear_type(socket, "result")["result"]["run"])
    assert runs[0]["request_id"] != runs[1]["request_id"]
    for run in runs:
        assert_leads_to_the_worker(stack, caller, run["id"], "command=send_message")


def test_a_client_cannot_choose_the_id(stack: Stack, caller: Caller) -> None:
    """An id that comes from outside could be made to look like somebody else's."""
    chosen = "chosen-by-the-client"
    headers = {"X-Request-ID": chosen, "Authorization": f"Bearer {caller.key}"}
    answer = httpx2.get(f"{stack.url}/api/v1/me/", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["X-Request-ID"] != chosen
    assert chosen not in stack.log("web")
