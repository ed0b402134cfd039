"""Brute force: many addresses at one account, one address at many accounts; and the owner still gets in."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from accounts.models import AuditEntry, User
from tests.accounts.conftest import is_signed_in, sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
TOO_MANY = "Too many sign-in attempts"
NOBODY = "nobody@example.com"


def address(number: int) -> str:
    """An address for each number, in a network of documentation's own."""
    return f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}"


def from_address(ip: str) -> Client:
    return Client(REMOTE_ADDR=ip)


def ask_key(client: Client, email: str, password: str) -> Any:
    body = {"email": email, "password": password}
    return client.post("/api/v1/auth/token/", body, content_type="application/json")


def page_text(answer: Any) -> str:
    return str(answer.content.decode())


def checked() -> int:
    """How many tries got as far as a password's check and failed."""
    return sum(
        detail["count"]
        for detail in AuditEntry.objects.filter(action="sign_in_failed").values_list("detail", flat=True)
    )


def besiege(email: str, clients: int = 12) -> None:
    for number in range(clients):
        sign_in(from_address(address(9_000 + number)), email, "wrong")


def test_five_failures_close_an_account_to_one_address_only(quick_hash: None, owner: User) -> None:
    answers = [page_text(sign_in(from_address("203.0.113.7"), owner.email, "wrong")) for _ in range(6)]
    assert [TOO_MANY in answer for answer in answers] == [False] * 5 + [True]
    assert TOO_MANY in page_text(sign_in(from_address("203.0.113.7"), owner.email, PASSWORD))
    elsewhere = from_address("203.0.113.8")
    sign_in(elsewhere, owner.email, PASSWORD)
    assert is_signed_in(elsewhere)


def test_the_token_endpoint_shares_the_count(quick_hash: None, owner: User) -> None:
    client = from_address("203.0.113.7")
    for _ in range(3):
        sign_in(client, owner.email, "wrong")
    answers = [ask_key(client, owner.email, "wrong").json()["code"] for _ in range(3)]
    assert answers == ["bad_credentials", "bad_credentials", "too_many_attempts"]
    assert ask_key(client, owner.email, PASSWORD).status_code == 429


@pytest.mark.long
def test_two_hundred_addresses_at_one_account(quick_hash: None, owner: User) -> None:
    for number in range(200):
        for _ in range(3):
            sign_in(from_address(address(number)), owner.email, "wrong")
    # Nine addresses had their three tries; the tenth's first failure began the siege, under which each has one.
    assert checked() == 9 * 3 + 2 + 190
    fresh = from_address("203.0.113.99")
    sign_in(fresh, owner.email, PASSWORD)
    assert is_signed_in(fresh)


def test_under_siege_a_fresh_address_gets_one_try(quick_hash: None, owner: User) -> None:
    besiege(owner.email)
    client = from_address("203.0.113.50")
    assert TOO_MANY not in page_text(sign_in(client, owner.email, "wrong"))
    assert TOO_MANY in page_text(sign_in(client, owner.email, PASSWORD))


def test_a_browser_that_signed_in_before_keeps_its_five_tries(quick_hash: None, owner: User) -> None:
    home = from_address("203.0.113.60")
    sign_in(home, owner.email, PASSWORD)
    home.post("/accounts/logout/")
    besiege(owner.email)
    for _ in range(7):
        sign_in(from_address("203.0.113.60"), owner.email, "wrong")
    for _ in range(4):
        assert TOO_MANY not in page_text(sign_in(home, owner.email, "wrong"))
    sign_in(home, owner.email, PASSWORD)
    assert is_signed_in(home)
    home.post("/accounts/logout/")
    assert TOO_MANY not in page_text(sign_in(home, owner.email, "wrong"))
    assert TOO_MANY in page_text(sign_in(home, owner.email, PASSWORD))


def test_the_cookie_of_a_browser_is_of_no_use_elsewhere(quick_hash: None, owner: User, stranger: User) -> None:
    thief = from_address("203.0.113.70")
    sign_in(thief, stranger.email, PASSWORD)
    thief.post("/accounts/logout/")
    besiege(owner.email)
    sign_in(thief, owner.email, "wrong")
    assert TOO_MANY in page_text(sign_in(thief, owner.email, "wrong"))
    forged = from_address("203.0.113.71")
    forged.cookies["netra_browser"] = thief.cookies["netra_browser"].value[:-3] + "abc"
    sign_in(forged, owner.email, "wrong")
    assert TOO_MANY in page_text(sign_in(forged, owner.email, "wrong"))


def test_one_address_at_two_hundred_accounts(quick_hash: None, owner: User, settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": None}
    client = from_address("203.0.113.80")
    for number in range(200):
        sign_in(client, f"person-{number}@example.com", "wrong")
    assert checked() == 30
    assert TOO_MANY in page_text(sign_in(client, owner.email, PASSWORD))
    neighbour = from_address("203.0.113.81")
    sign_in(neighbour, owner.email, PASSWORD)
    assert is_signed_in(neighbour)


def test_one_network_of_ipv6_is_one_address(quick_hash: None, owner: User) -> None:
    for number in range(5):
        sign_in(from_address(f"2001:db8:1:2::{number:x}"), owner.email, "wrong")
    assert TOO_MANY in page_text(sign_in(from_address("2001:db8:1:2:ffff::1"), owner.email, PASSWORD))
    other = from_address("2001:db8:1:3::1")
    sign_in(other, owner.email, PASSWORD)
    assert is_signed_in(other)


def test_a_forwarded_address_counts_only_behind_our_own_proxy(
    quick_hash: None, owner: User, settings: LazySettings
) -> None:
    def forwarded(number: int) -> str:
        headers = {"X-Forwarded-For": f"{address(number)}, 203.0.113.{number}"}
        return page_text(sign_in(from_address("192.0.2.1"), owner.email, "wrong", headers=headers))

    assert [TOO_MANY in forwarded(number) for number in range(6)] == [False] * 5 + [True]
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert [TOO_MANY in forwarded(number) for number in range(20, 26)] == [False] * 6
    entry = AuditEntry.objects.get(user=owner, action="sign_in_failed")
    assert entry.ip == "203.0.113.25"


def test_tries_at_the_same_moment_are_counted_too(quick_hash: None, owner: User) -> None:
    def attempt(_: int) -> None:
        sign_in(from_address("203.0.113.90"), owner.email, "wrong")
        connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(attempt, range(24)))
    assert checked() <= 5


def test_a_success_is_no_failure(quick_hash: None, owner: User) -> None:
    for _ in range(8):
        client = from_address("203.0.113.91")
        sign_in(client, owner.email, PASSWORD)
        assert is_signed_in(client)


def test_a_password_set_by_mail_opens_the_door_at_once(quick_hash: None, owner: User) -> None:
    from tests.accounts.test_entrance import OTHER_PASSWORD, ask_for_reset, set_new_password

    client = from_address("203.0.113.92")
    for _ in range(6):
        sign_in(client, owner.email, "wrong")
    ask_for_reset(client, owner.email)
    set_new_password(client, OTHER_PASSWORD)
    sign_in(client, owner.email, OTHER_PASSWORD)
    assert is_signed_in(client)


def test_failures_leave_one_entry_an_hour(quick_hash: None, owner: User) -> None:
    for number in range(7):
        sign_in(from_address(address(number)), owner.email, "wrong")
        sign_in(from_address(address(number)), f"unknown-{number}@example.com", "wrong")
    entries = AuditEntry.objects.filter(action="sign_in_failed").order_by("id")
    assert [(entry.user_id, entry.detail["count"]) for entry in entries] == [(owner.id, 7), (None, 7)]


def test_sign_in_works_without_redis(quick_hash: None, owner: User, settings: LazySettings) -> None:
    default = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "default": default}
    client = from_address("203.0.113.93")
    assert "is not right" in page_text(sign_in(client, owner.email, "wrong"))
    sign_in(client, owner.email, PASSWORD)
    assert is_signed_in(client)
    assert ask_key(client, owner.email, PASSWORD).status_code == 200


@pytest.fixture
def disabled(stranger: User) -> User:
    stranger.is_active = False
    stranger.save()
    return stranger


def test_every_refusal_reads_the_same(quick_hash: None, owner: User, disabled: User) -> None:
    tries = {(owner.email, "wrong"), (NOBODY, "wrong"), (disabled.email, "wrong"), (disabled.email, PASSWORD)}
    pages, answers = set(), set()
    for email, password in tries:
        page = sign_in(from_address("203.0.113.94"), email, password)
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page_text(page)).replace(email, "")
        pages.add((page.status_code, text, tuple(sorted(page.headers.keys())), tuple(sorted(page.cookies))))
        answer = ask_key(from_address("203.0.113.95"), email, password)
        body = {name: value for name, value in answer.json().items() if name != "request_id"}
        answers.add((answer.status_code, str(body), tuple(sorted(answer.headers.keys()))))
    assert len(pages) == 1
    assert len(answers) == 1


def ratio_of_medians(tries: dict[str, Callable[[int], Any]], rounds: int) -> float:
    """How much longer the slowest kind takes than the quickest, told over interleaved tries."""
    seconds: dict[str, list[float]] = {kind: [] for kind in tries}
    for number in range(rounds):
        for place, (kind, attempt) in enumerate(tries.items()):
            started = time.perf_counter()
            attempt(10 * number + place)
            seconds[kind].append(time.perf_counter() - started)
    medians = [statistics.median(values) for values in seconds.values()]
    return max(medians) / min(medians)


@pytest.mark.long
@pytest.mark.parametrize("ask", [sign_in, ask_key])
def test_no_refusal_takes_longer_than_another(owner: User, disabled: User, ask: Callable[..., Any]) -> None:
    tries = {
        "wrong": lambda number: ask(from_address(address(number)), owner.email, "wrong"),
        "unknown": lambda number: ask(from_address(address(number)), NOBODY, "wrong"),
        "disabled": lambda number: ask(from_address(address(number)), disabled.email, PASSWORD),
    }
    assert ratio_of_medians(tries, rounds=9) < 2


@pytest.mark.long
def test_signing_up_takes_as_long_with_a_known_address(owner: User) -> None:
    def sign_up(number: int, email: str) -> Any:
        form = {"email": email, "password1": PASSWORD, "password2": PASSWORD}
        return from_address(address(number)).post("/accounts/signup/", form)

    tries = {
        "known": lambda number: sign_up(number, owner.email),
        "new": lambda number: sign_up(number, f"new-{number}@example.com"),
    }
    assert ratio_of_medians(tries, rounds=9) < 2


def test_mails_and_new_accounts_have_limits_too(quick_hash: None, owner: User) -> None:
    def ask(path: str, form: dict[str, str]) -> int:
        return from_address("203.0.113.96").post(path, form).status_code

    reset = [ask("/accounts/password/reset/", {"email": owner.email}) for _ in range(6)]
    assert reset == [302] * 5 + [429]
    form = {"password1": PASSWORD, "password2": PASSWORD}
    sign_ups = [ask("/accounts/signup/", {**form, "email": f"n{number}@example.com"}) for number in range(21)]
    assert sign_ups == [302] * 20 + [429]
    tokens = [ask_key(from_address("203.0.113.97"), f"n{n}@example.com", "x").status_code for n in range(32)]
    assert tokens[-1] == 429
