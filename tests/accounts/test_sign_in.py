"""The sign-in page: what it offers, whom it lets in, and what it tells nobody."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import AuditEntry, Session, User
from tests.accounts.conftest import is_signed_in, sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
UNUSED = (
    "account_email",
    "account_set_password",
    "account_reauthenticate",
    "account_confirm_login_code",
    "account_request_login_code",
    "account_signup_by_passkey",
)


def test_the_right_password_opens_the_chat_whatever_the_case_of_the_address(owner: User) -> None:
    answer = sign_in(Client(), owner.email.upper(), PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_an_address_is_kept_in_lower_case(db: None) -> None:
    assert User.objects.create_user("Some.Body@Example.COM", PASSWORD).email == "some.body@example.com"
    assert is_signed_in_as("SOME.body@example.com")


def is_signed_in_as(email: str) -> bool:
    client = Client()
    sign_in(client, email, PASSWORD)
    return is_signed_in(client)


def test_no_page_of_the_library_is_open_that_is_not_used(db: None) -> None:
    for name in UNUSED:
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for path in ("email/", "password/set/", "reauthenticate/", "login/code/", "password/change/", ""):
        assert Client().get(f"/accounts/{path}").status_code == 404


def test_a_sign_in_leaves_an_entry_with_its_address(owner: User) -> None:
    sign_in(Client(REMOTE_ADDR="203.0.113.9"), owner.email, PASSWORD)
    entry = AuditEntry.objects.get(user=owner, action="signed_in")
    assert entry.ip == "203.0.113.9"


def test_a_session_gets_a_new_key_at_sign_in(owner: User) -> None:
    client = Client()
    client.get("/accounts/signup/")
    client.session.save()
    planted = client.session
    planted["planted"] = True
    planted.save()
    client.cookies["sessionid"] = str(planted.session_key)
    sign_in(client, owner.email, PASSWORD)
    assert client.cookies["sessionid"].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(owner: User, settings: LazySettings) -> None:
    client = Client()
    sign_in(client, owner.email, PASSWORD)
    for name in ("sessionid", "netra_browser"):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    settings.SESSION_COOKIE_SECURE = True
    strict = Client()
    sign_in(strict, owner.email, PASSWORD)
    assert strict.cookies["sessionid"]["secure"]
    assert strict.cookies["netra_browser"]["secure"]
    assert owner.email not in strict.cookies["netra_browser"].value


def test_signing_out_ends_the_session(owner: User) -> None:
    client = Client()
    sign_in(client, owner.email, PASSWORD)
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    assert not is_signed_in(client)


def test_staff_sign_in_on_the_same_page(owner: User) -> None:
    staff = User.objects.create_superuser("boss@example.com", PASSWORD)
    client = Client()
    refused = client.get("/admin/login/?next=/admin/")
    assert (refused.status_code, refused["Location"]) == (302, "/accounts/login/?next=%2Fadmin%2F")
    answer = client.post(refused["Location"], {"login": staff.email, "password": PASSWORD, "next": "/admin/"})
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_no_other_site_is_redirected_to(owner: User) -> None:
    form = {"login": owner.email, "password": PASSWORD, "next": "https://evil.example.com/"}
    assert Client().post("/accounts/login/", form)["Location"] == "/"
