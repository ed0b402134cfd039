"""People of a running Netra: new accounts, their keys, and browsers that are signed in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx2
import psycopg

from tests.stack.clients import DEMO_ACCOUNT, Caller
from tests.stack_process import Stack

COPY_ACCOUNT: Final = """
INSERT INTO accounts_user
       (id, email, tier, password, is_active, is_staff, is_superuser, auth_version, created_at)
SELECT gen_random_uuid(), %s, tier, password, true, false, false, 1, now() FROM accounts_user WHERE email = %s
RETURNING id
"""


def database_of(stack: Stack) -> psycopg.Connection[Any]:
    """A connection on which every statement is done at once."""
    return psycopg.connect(stack.addresses["DATABASE_URL"], autocommit=True)


def new_person(database: psycopg.Connection[Any]) -> tuple[str, uuid.UUID]:
    """A copy of the demo account, password included, under an address of its own."""
    email = f"{uuid.uuid4().hex}@example.com"
    row = database.execute(COPY_ACCOUNT, (email, DEMO_ACCOUNT["email"])).fetchone()
    assert row
    return email, row[0]


def sign_in_as(stack: Stack, email: str) -> Caller:
    """The copy with a key of its own."""
    made = Caller(stack.port).post("auth/token/", {**DEMO_ACCOUNT, "email": email})
    return Caller(stack.port, made["token"])


@contextmanager
def browser_session(
    stack: Stack, email: str = DEMO_ACCOUNT["email"], password: str = DEMO_ACCOUNT["password"]
) -> Iterator[httpx2.Client]:
    """A signed-in browser without a window."""
    with httpx2.Client(base_url=stack.url, headers={"Origin": stack.url}, follow_redirects=True) as client:
        client.get("/accounts/login/")
        answer = client.post("/accounts/login/", data={"login": email, "password": password, **csrf(client)})
        assert answer.status_code == 200
        assert "sessionid" in client.cookies
        yield client


def csrf(client: httpx2.Client) -> dict[str, str]:
    """What a form of the site carries along."""
    return {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
