"""A socket ends with the session, key or account behind it, wherever that ends."""

from __future__ import annotations

import time
from typing import Final

import pytest
from websockets.sync.client import ClientConnection

from tests.stack.clients import sign_in
from tests.stack.people import browser_session, csrf, database_of, new_person, sign_in_as
from tests.stack.sockets import assert_alive, close_code, open_ready_socket, with_key
from tests.stack_process import Stack

# The promise is two seconds; a busy machine gets five times that.
MOST_SECONDS = 10.0
CHANGES: Final = {
    "disabled": "UPDATE accounts_user SET is_active = false WHERE email = %s",
    "signed_out_everywhere": "UPDATE accounts_user SET auth_version = auth_version + 1 WHERE email = %s",
}


def assert_ended(socket: ClientConnection) -> None:
    started = time.monotonic()
    assert close_code(socket) == 4401
    assert time.monotonic() - started < MOST_SECONDS


def test_signing_out_ends_the_sessions_sockets_and_no_others(stack: Stack) -> None:
    with browser_session(stack) as leaving, browser_session(stack) as staying:
        cookies = [f"sessionid={client.cookies['sessionid']}" for client in (leaving, staying)]
        headers = [{"Origin": stack.url, "Cookie": cookie} for cookie in cookies]
        with open_ready_socket(stack.port, headers[0]) as ended, open_ready_socket(stack.port, headers[1]) as alive:
            leaving.post("/accounts/logout/", data=csrf(leaving))
            assert_ended(ended)
            assert_alive(alive)


def test_a_deleted_key_ends_its_sockets(stack: Stack) -> None:
    caller = sign_in(stack.port)
    with open_ready_socket(stack.port, with_key(caller.key)) as socket:
        with database_of(stack) as database:
            database.execute("DELETE FROM accounts_apikey WHERE token_key = %s", (caller.key[:15],))
        assert_ended(socket)


@pytest.mark.parametrize("change", CHANGES)
def test_a_disabled_or_changed_account_loses_its_sockets(stack: Stack, change: str) -> None:
    with database_of(stack) as database:
        email, _ = new_person(database)
        with open_ready_socket(stack.port, with_key(sign_in_as(stack, email).key)) as socket:
            database.execute(CHANGES[change], (email,))
            assert_ended(socket)
