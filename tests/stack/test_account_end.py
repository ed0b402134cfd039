"""An account is deleted on a running Netra, with sockets open and runs under way."""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack
from typing import Any, Final

import httpx2
import psycopg

from tests.stack.clients import DEMO_ACCOUNT, Caller, sign_in
from tests.stack.people import browser_session, csrf, database_of, new_person, sign_in_as
from tests.stack.sockets import open_ready_socket, refusal, with_key
from tests.stack.test_session_end import assert_ended
from tests.stack_process import Stack, wait_until

SOCKETS: Final = 5
RUNS: Final = 3
# Every table that names a person, and the log of a thread.
OWNED: Final = """
SELECT table_name, column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND data_type = 'uuid' AND (column_name = 'user_id' OR table_name = 'accounts_user')
"""


def rows_of(database: psycopg.Connection[Any], user_id: uuid.UUID) -> dict[str, int]:
    found = {}
    for table, column in database.execute(OWNED).fetchall():
        counted = database.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', (user_id,))  # noqa: S608
        row = counted.fetchone()
        assert row
        if row[0]:
            found[f"{table}.{column}"] = row[0]
    return found


def delete_account(client: httpx2.Client) -> str:
    form = {"password": DEMO_ACCOUNT["password"], "words": "delete my account", **csrf(client)}
    return str(client.post("/account/data/delete/", data=form).text)


def test_everything_of_an_account_ends_with_it_and_its_worker_lives(stack: Stack) -> None:
    worker = stack.pid("worker")
    with database_of(stack) as database, ExitStack() as sockets:
        email, user_id = new_person(database)
        caller = sign_in_as(stack, email)
        headers = with_key(caller.key)
        opened = [sockets.enter_context(open_ready_socket(stack.port, headers)) for _ in range(SOCKETS)]
        threads = [caller.post("threads/", {})["id"] for _ in range(RUNS)]
        with browser_session(stack, email) as client:
            for thread_id in threads:
                ask(caller, thread_id)
            assert "are deleted" in delete_account(client)
            assert rows_of(database, user_id) == {}
            for socket in opened:
                assert_ended(socket)
        assert caller.call("GET", "events/?after=0").status == 401
        assert token_refused(stack, email)
        # The worker had these runs in its hands: it must neither fall nor bring anything back.
        time.sleep(3)
        assert rows_of(database, user_id) == {}
    assert stack.pid("worker") == worker
    assert "Traceback" not in stack.log("worker"), stack.log("worker")[-6000:]
    demo = sign_in(stack.port)
    run = ask(demo, demo.post("threads/", {})["id"])
    wait_ended(demo, run)


def ask(caller: Caller, thread_id: str) -> str:
    body = {"text": "What do we spend, on what, and how does it trend?", "client_id": uuid.uuid4().hex}
    return str(caller.post(f"threads/{thread_id}/messages/", body)["run"]["id"])


def token_refused(stack: Stack, email: str) -> bool:
    return Caller(stack.port).call("POST", "auth/token/", {**DEMO_ACCOUNT, "email": email}).status == 400


def wait_ended(caller: Caller, run_id: str) -> None:
    ended = ("completed", "failed", "cancelled")
    wait_until(lambda: caller.get(f"runs/{run_id}/")["status"] in ended, 60, "the run did not end")


def test_signing_out_everywhere_closes_sockets_of_browsers_and_keys(stack: Stack) -> None:
    with database_of(stack) as database:
        email, _ = new_person(database)
    caller = sign_in_as(stack, email)
    with browser_session(stack, email) as client:
        cookie = f"sessionid={client.cookies['sessionid']}"
        with (
            open_ready_socket(stack.port, {"Origin": stack.url, "Cookie": cookie}) as of_browser,
            open_ready_socket(stack.port, with_key(caller.key)) as of_key,
        ):
            client.post("/account/sessions/end/", data=csrf(client))
            assert_ended(of_browser)
            assert_ended(of_key)
        assert refusal(stack.port, {"Origin": stack.url, "Cookie": cookie}) == 4401
        with open_ready_socket(stack.port, with_key(caller.key)):
            pass
