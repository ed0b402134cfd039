"""The sign-in page: what it offers, whom it lets in, and how many tries it takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Tries of one test are not those of another."""
    cache.clear()


def sign_in(client: Client, email: str, password: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_the_right_password_opens_the_chat_whatever_the_case_of_the_address(owner: User) -> None:
    answer = sign_in(Client(), owner.email.upper(), PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_wrong_password_and_an_unknown_address_read_the_same(owner: User) -> None:
    pages = [sign_in(Client(), email, "wrong").content.decode() for email in (owner.email, "nobody@example.com")]
    texts = [page[page.index("form-error") :].split("</div>")[0] for page in pages]
    assert texts[0] == texts[1]


def test_too_many_tries_are_refused_even_with_the_right_password(owner: User) -> None:
    client = Client()
    for _ in range(10):
        sign_in(client, owner.email, "wrong")
    assert sign_in(client, owner.email, PASSWORD).status_code == 200
    assert client.get("/").status_code == 302


def test_a_disabled_person_is_not_let_in(owner: User) -> None:
    User.objects.filter(id=owner.id).update(is_active=False)
    client = Client()
    sign_in(client, owner.email, PASSWORD)
    assert client.get("/").status_code == 302


def test_the_page_offers_nothing_that_is_not_there(db: None) -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "Sign up" not in page
    assert "Forgot" not in page
    assert Client().get("/accounts/signup/").status_code == 404


def test_signing_out_ends_the_session(owner: User) -> None:
    client = Client()
    sign_in(client, owner.email, PASSWORD)
    assert client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302
