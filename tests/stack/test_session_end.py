"""A socket ends with the session, key or account behind it, wherever that ends."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx2
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.stack.clients import DEMO_ACCOUNT, sign_in
from tests.stack_process import Stack

# The promise is two seconds; a busy machine gets five times that.
MOST_SECONDS = 10.0
COPY_ACCOUNT: Final = """
INSERT INTO accounts_user
       (id, email, tier, password, is_active, is_staff, is_superuser, auth_version, created_at)
SELECT gen_random_uuid(), %s, tier, password, true, false, false, 1, now() FROM accounts_user WHERE email = %s
"""
CHANGES: Final = {
    "disabled": "UPDATE accounts_user SET is_active = false WHERE email = %s",
    "signed_out_everywhere": "UPDATE accounts_user SET auth_version = auth_version + 1 WHERE email = %s",
}


@contextmanager
def browser_session(stack: Stack) -> Iterator[httpx2.Client]:
    """A signed-in browser without a window."""
    with httpx2.Client(base_url=stack.url, headers={"Origin": stack.url}, follow_redirects=True) as client:
        client.get("/accounts/login/")
        form = {"login": DEMO_ACCOUNT["email"], "password": DEMO_ACCOUNT["password"], **csrf(client)}
        answer = client.post("/accounts/login/", data=form)
        assert answer.status_code == 200
        assert "sessionid" in client.cookies
        yield client


def csrf(client: httpx2.Client) -> dict[str, str]:
    return {"csrfmiddlewaretoken": client.cookies["csrftoken"]}


@contextmanager
def open_socket(stack: Stack, headers: dict[str, str]) -> Iterator[ClientConnection]:
    """A socket that has got its ready frame."""
    with connect(f"ws://127.0.0.1:{stack.port}/ws/", additional_headers=headers) as socket:
        socket.send('{"command":"hello","v":1,"cursor":null,"epoch":null}')
        assert '"ready"' in str(socket.recv(15))
        yield socket


def assert_ended(socket: ClientConnection) -> None:
    started = time.monotonic()
    with pytest.raises(ConnectionClosed) as closed:
        drain(socket)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4401
    assert time.monotonic() - started < MOST_SECONDS


def drain(socket: ClientConnection) -> None:
    while True:
        socket.recv(MOST_SECONDS)


def test_signing_out_ends_the_sessions_sockets_and_no_others(stack: Stack) -> None:
    with browser_session(stack) as leaving, browser_session(stack) as staying:
        cookies = [f"sessionid={client.cookies['sessionid']}" for client in (leaving, staying)]
        headers = [{"Origin": stack.url, "Cookie": cookie} for cookie in cookies]
        with open_socket(stack, headers[0]) as ended, open_socket(stack, headers[1]) as alive:
            leaving.post("/accounts/logout/", data=csrf(leaving))
            assert_ended(ended)
            alive.send('{"command":"ping"}')
            assert "pong" in str(alive.recv(15))


def test_a_deleted_key_ends_its_sockets(stack: Stack) -> None:
    caller = sign_in(stack.port)
    with open_socket(stack, {"Authorization": f"Bearer {caller.key}"}) as socket:
        with psycopg.connect(stack.addresses["DATABASE_URL"], autocommit=True) as database:
            database.execute("DELETE FROM accounts_apikey WHERE token_key = %s", (caller.key[:15],))
        assert_ended(socket)


@pytest.mark.parametrize("change", CHANGES)
def test_a_disabled_or_changed_account_loses_its_sockets(stack: Stack, change: str) -> None:
    caller = sign_in(stack.port)
    email = f"{uuid.uuid4().hex}@example.com"
    with psycopg.connect(stack.addresses["DATABASE_URL"], autocommit=True) as database:
        database.execute(COPY_ACCOUNT, (email, DEMO_ACCOUNT["email"]))
        person = type(caller)(
            stack.port, type(caller)(stack.port).post("auth/token/", {**DEMO_ACCOUNT, "email": email})["token"]
        )
        with open_socket(stack, {"Authorization": f"Bearer {person.key}"}) as socket:
            database.execute(CHANGES[change], (email,))
            assert_ended(socket)
