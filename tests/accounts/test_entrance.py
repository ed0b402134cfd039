"""From signing up to a forgotten password, by the links in the mails; and what a stranger learns on the way."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.core import mail
from django.test import Client

from accounts.models import AuditEntry, Session, User
from tests.accounts.conftest import is_signed_in, link_in_last_mail, sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "new@example.com"
OTHER_PASSWORD = "another horse battery staple"


def sign_up(client: Client, email: str = NEW, password: str = PASSWORD) -> str:
    answer = client.post("/accounts/signup/", {"email": email, "password1": password, "password2": password})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/"), answer.content
    return client.get("/accounts/confirm-email/").content.decode()


def confirm(client: Client) -> None:
    link = link_in_last_mail()
    assert "Is <strong" in client.get(link).content.decode()
    assert client.post(link).status_code == 302


def ask_for_reset(client: Client, email: str) -> None:
    answer = client.post("/accounts/password/reset/", {"email": email})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/reset/done/")


def set_new_password(client: Client, password: str) -> None:
    form_path = client.get(link_in_last_mail())["Location"]
    answer = client.post(form_path, {"password1": password, "password2": password})
    assert answer["Location"] == "/accounts/password/reset/key/done/", answer.content.decode()


def without_tokens(page: str) -> str:
    return re.sub(r'value="[^"]+"', "", page)


def test_the_whole_way_in(db: None) -> None:
    client = Client()
    assert NEW in sign_up(client)
    assert not is_signed_in(client)
    assert sign_in(Client(), NEW, PASSWORD)["Location"] == "/accounts/confirm-email/"
    confirm(client)
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    ask_for_reset(client, NEW)
    set_new_password(client, OTHER_PASSWORD)
    sign_in(client, NEW, PASSWORD)
    assert not is_signed_in(client)
    sign_in(client, NEW, OTHER_PASSWORD)
    assert is_signed_in(client)
    told = set(AuditEntry.objects.filter(user__email=NEW).values_list("action", flat=True))
    assert told == {"signed_up", "signed_in", "password_reset", "sign_in_failed", "address_confirmed"}


def test_a_confirmation_in_another_browser_signs_nobody_in(db: None) -> None:
    sign_up(Client())
    other = Client()
    confirm(other)
    assert not is_signed_in(other)
    assert EmailAddress.objects.get(email=NEW).verified


def test_an_unconfirmed_account_gets_no_key(db: None) -> None:
    sign_up(Client())
    answer = Client().post("/api/v1/auth/token/", {"email": NEW, "password": PASSWORD}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "address_not_confirmed")


def test_an_account_made_by_staff_needs_no_mail(owner: User) -> None:
    client = Client()
    sign_in(client, owner.email, PASSWORD)
    assert is_signed_in(client)
    assert mail.outbox == []


def test_asking_for_a_reset_does_not_lock_an_account_made_by_staff(owner: User) -> None:
    ask_for_reset(Client(), owner.email)
    client = Client()
    sign_in(client, owner.email, PASSWORD)
    assert is_signed_in(client)


def test_a_known_and_an_unknown_address_look_the_same_when_signing_up(owner: User) -> None:
    pages = [sign_up(Client(), email) for email in (owner.email, NEW)]
    assert without_tokens(pages[0].replace(owner.email, "")) == without_tokens(pages[1].replace(NEW, ""))
    subjects = {message.to[0]: message.subject for message in mail.outbox}
    assert subjects == {owner.email: "You have an account already", NEW: "Confirm your address"}
    assert User.objects.filter(email=owner.email).count() == 1


def test_a_known_and_an_unknown_address_look_the_same_when_resetting(owner: User) -> None:
    clients = [Client(), Client()]
    for client, email in zip(clients, (owner.email, NEW), strict=True):
        ask_for_reset(client, email)
    pages = [client.get("/accounts/password/reset/done/").content for client in clients]
    assert pages[0] == pages[1]
    assert [message.subject for message in mail.outbox] == ["Choose a new password", "No account with this address"]


def test_every_address_can_ask_for_its_confirmation_again(owner: User) -> None:
    sign_up(Client())
    mail.outbox.clear()
    sign_in(Client(), owner.email, PASSWORD)
    pages = {}
    for email in (owner.email, "nobody@example.com", NEW):
        pages[email] = Client().post("/accounts/confirm-email/", {"email": email}).content.decode()
    texts = {without_tokens(page) for page in pages.values()}
    assert len(texts) == 1
    # The new account's mail went out a moment ago: a further one has to wait a minute.
    assert {message.to[0] for message in mail.outbox} == {owner.email, "nobody@example.com"}


def test_a_confirmation_is_sent_again(db: None, settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "confirm_email": "2/1m/key"}
    client = Client()
    sign_up(client)
    client.post("/accounts/confirm-email/", {"email": NEW})
    assert [message.to for message in mail.outbox] == [[NEW], [NEW]]
    confirm(client)
    assert is_signed_in(client)


def test_a_used_or_invented_link_says_so(db: None) -> None:
    client = Client()
    sign_up(client)
    link = link_in_last_mail()
    confirm(client)
    for path in (link, "/accounts/confirm-email/invented/", "/accounts/password/reset/key/abc-def/"):
        page = Client().get(path).content.decode()
        assert "This link does not work" in page


def test_a_reset_link_works_once(owner: User) -> None:
    client = Client()
    ask_for_reset(client, owner.email)
    link = link_in_last_mail()
    set_new_password(client, OTHER_PASSWORD)
    assert "This link does not work" in Client().get(link).content.decode()


def test_a_reset_ends_every_session(owner: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, owner.email, PASSWORD)
    version = User.objects.get(id=owner.id).auth_version
    client = Client()
    ask_for_reset(client, owner.email)
    set_new_password(client, OTHER_PASSWORD)
    assert not is_signed_in(elsewhere)
    assert not Session.objects.filter(user=owner).exists()
    assert User.objects.get(id=owner.id).auth_version > version


def test_a_closed_site_takes_nobody_in(db: None, settings: LazySettings) -> None:
    settings.SIGN_UP_OPEN = False
    assert "Sign-up is closed" in Client().get("/accounts/signup/").content.decode()
    form = {"email": NEW, "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", form)
    assert not User.objects.filter(email=NEW).exists()
    page = Client().get("/accounts/login/").content.decode()
    assert "Sign up" not in page


def test_weak_passwords_are_refused_in_words(db: None) -> None:
    form = {"email": NEW, "password1": "short", "password2": "short"}
    page = Client().post("/accounts/signup/", form).content.decode()
    assert "at least 10 characters" in page
    assert not User.objects.exists()


def test_a_mail_names_only_the_sites_own_origin(owner: User, settings: LazySettings) -> None:
    settings.ALLOWED_ORIGINS = ["https://netra.example.com"]
    Client().post("/accounts/password/reset/", {"email": owner.email}, headers={"host": "localhost:6666"})
    assert "https://netra.example.com/accounts/password/reset/key/" in str(mail.outbox[-1].body)
    assert "6666" not in str(mail.outbox[-1].body)


def test_a_changed_address_leaves_nothing_of_the_former_one(owner: User) -> None:
    sign_in(Client(), owner.email, PASSWORD)
    person = User.objects.get(id=owner.id)
    former, person.email = person.email, "moved@example.com"
    person.save()
    client = Client()
    sign_in(client, former, PASSWORD)
    assert not is_signed_in(client)
    ask_for_reset(Client(), former)
    assert mail.outbox[-1].subject == "No account with this address"
    sign_in(client, "moved@example.com", PASSWORD)
    assert is_signed_in(client)
