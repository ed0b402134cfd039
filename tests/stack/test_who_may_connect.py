"""Who may open a socket: exact origins only, living sessions and keys only, and no secret in any log."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.stack.clients import Caller, sign_in
from tests.stack.people import browser_session, database_of
from tests.stack.sockets import open_ready_socket, refusal, with_key
from tests.stack_process import Stack

# {here} is the site's own host and port, {port} its port.
BAD_ORIGINS: Final = (
    None, "", " ", "null", "*", "undefined", "http://evil.example", "https://evil.example", "http://{here}.evil.example",
    "http://evil.example/{here}", "http://evil.example?{here}", "http://evil.example#{here}", "http://127.0.0.1",
    "http://127.0.0.1:1", "http://127.0.0.1:80", "http://127.0.0.1:{port}0", "http://127.0.0.1:0{port}", "https://{here}",
    "ws://{here}", "ftp://{here}", "file://{here}", "//{here}", "{here}", "javascript://{here}", "data:text/html,hi",
    "HTTP://{here}", "http://{here}/", "http://{here}/path", "http://{here} x", "http://user@{here}",
    "http://{here}@evil.example", "http://127.0.0.1.:{port}", "http://localhost.evil:{port}", "http://LOCALHOST:{port}",
    "http://0.0.0.0:{port}", "http://127.1:{port}", "http://2130706433:{port}", "http://[::1]:{port}", "http://[::1",
    "http://[::ffff:127.0.0.1]:{port}", "http://\u217cocalhost:{port}", "http://xn--ocalhost-1u7d:{port}",
    "http://{here},http://evil.example", "http://" + "a" * 8_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def caller(stack: Stack) -> Caller:
    return sign_in(stack.port)


@pytest.fixture(scope="module")
def session(stack: Stack) -> Iterator[str]:
    """The cookie of somebody who is signed in: good, so that only the origin can be what is wrong."""
    with browser_session(stack) as client:
        yield f"sessionid={client.cookies['sessionid']}"


def fill(origin: str | None, stack: Stack) -> str | None:
    if origin is None:
        return None
    return origin.format(here=f"127.0.0.1:{stack.port}", port=stack.port).encode().decode("latin-1")


def test_there_are_forty_bad_origins() -> None:
    assert len(set(BAD_ORIGINS)) >= 40


@pytest.mark.parametrize("origin", BAD_ORIGINS, ids=range(len(BAD_ORIGINS)))
def test_only_the_exact_origin_may_use_a_cookie(stack: Stack, session: str, origin: str | None) -> None:
    given = fill(origin, stack)
    headers = {"Cookie": session} | ({} if given is None else {"Origin": given})
    assert refusal(stack.port, headers) in {400, 403}
    assert "Traceback" not in stack.log("web")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_exact_origins_are_let_in(stack: Stack, session: str, host: str) -> None:
    with open_ready_socket(stack.port, {"Cookie": session, "Origin": f"http://{host}:{stack.port}"}):
        pass


def test_two_origins_are_none(stack: Stack, session: str) -> None:
    headers = [("Cookie", session), ("Origin", stack.url), ("Origin", "http://evil.example")]
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://127.0.0.1:{stack.port}/ws/", additional_headers=headers),
    ):
        pass
    assert refused.value.response.status_code in {400, 403}


@pytest.mark.parametrize(
    "cookie",
    ["", "sessionid=", "sessionid=x", f"sessionid={'a' * 32}", "sessionid=../../x", "sessionid=%00", "SESSIONID={good}",
     "sessionid={short}", "sessionid={upper}", "x={good}", f"sessionid={'a' * 4_000}", "sessionid={good}; sessionid=x"],
)  # fmt: skip
def test_a_cookie_that_is_no_session_is_told_to_sign_in(stack: Stack, session: str, cookie: str) -> None:
    good = session.removeprefix("sessionid=")
    given = cookie.format(good=good, short=good[:-1], upper=good.upper())
    assert refusal(stack.port, {"Origin": stack.url, "Cookie": given}) == 4401
    assert "Traceback" not in stack.log("web")


@pytest.mark.parametrize("column", ["expire_date = now() - interval '1 second'", "session_key = md5(session_key)"])
def test_a_session_that_ended_lets_nobody_in(stack: Stack, column: str) -> None:
    with browser_session(stack) as client, database_of(stack) as database:
        key = client.cookies["sessionid"]
        database.execute(f"UPDATE accounts_session SET {column} WHERE session_key = %s", (key,))  # noqa: S608
        assert refusal(stack.port, {"Origin": stack.url, "Cookie": f"sessionid={key}"}) == 4401


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        "netra_",
        f"netra_{'0' * 64}",
        "{good}x",
        "{short}",
        "{upper}",
        "{good} {good}",
        "ÄÖ",
        "a" * 6_000,
    ],
)
def test_a_key_that_is_not_good_is_a_closed_session(stack: Stack, caller: Caller, key: str) -> None:
    given = key.format(good=caller.key, short=caller.key[:-1], upper=caller.key.upper())
    header = given.encode().decode("latin-1")
    assert refusal(stack.port, {"Authorization": f"Bearer {header}"}) in {4401, 400, 403}
    assert "Traceback" not in stack.log("web")


@pytest.mark.parametrize("change", ["expiry = now() - interval '1 second'", "user_id = NULL"])
def test_an_expired_or_revoked_key_lets_nobody_in(stack: Stack, change: str) -> None:
    key = sign_in(stack.port).key
    with database_of(stack) as database:
        if "NULL" in change:
            database.execute("DELETE FROM accounts_apikey WHERE token_key = %s", (key[:15],))
        else:
            database.execute(f"UPDATE accounts_apikey SET {change} WHERE token_key = %s", (key[:15],))  # noqa: S608
    for _ in range(10):
        assert refusal(stack.port, with_key(key)) == 4401
    assert Caller(stack.port, key).call("GET", "threads/").status == 401


def test_a_secret_in_the_address_opens_nothing_and_is_not_logged(stack: Stack, caller: Caller, session: str) -> None:
    cookie = session.removeprefix("sessionid=")
    for query in (f"token={caller.key}", f"sessionid={cookie}", f"authorization=Bearer%20{caller.key}"):
        address = f"ws://127.0.0.1:{stack.port}/ws/?{query}"
        with pytest.raises(InvalidStatus), connect(address):
            pass
        assert Caller(stack.port).call("GET", f"threads/?{query}").status == 401
    assert_not_logged(stack, caller.key, cookie)


def test_a_key_is_believed_and_not_the_cookie_beside_it(stack: Stack, session: str) -> None:
    """A page of somebody else's cannot ride on a cookie by adding a header: it would need a good key."""
    headers = {"Origin": stack.url, "Cookie": session, "Authorization": f"Bearer netra_{'0' * 64}"}
    assert refusal(stack.port, headers) == 4401


def assert_not_logged(stack: Stack, *secrets: str) -> None:
    for path in (stack.data_dir / "logs").rglob("*"):
        text = path.read_text(errors="replace") if path.is_file() else ""
        for secret in secrets:
            assert secret not in text, path


def test_no_secret_of_these_tests_is_in_any_log(stack: Stack, caller: Caller, session: str) -> None:
    client_id = uuid.uuid4().hex
    caller.post("threads/", {"title": client_id})
    assert_not_logged(stack, caller.key, session.removeprefix("sessionid="), "demo-netra-2026", client_id)
