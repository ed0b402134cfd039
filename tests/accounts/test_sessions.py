"""Where somebody is signed in, and how that ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.clients import describe_device
from accounts.models import AuditEntry, Session, User
from accounts.sessions import LONGEST, forget_ended_sessions, sessions_for
from tests.accounts.conftest import is_signed_in, sign_in
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.usefixtures("quick_hash"), pytest.mark.django_db(transaction=True)]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


def signed_in(user: User, agent: str = FIREFOX, ip: str = "203.0.113.5") -> Client:
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=ip)
    sign_in(client, user.email, PASSWORD)
    return client


def session_of(client: Client) -> Session:
    return Session.objects.get(session_key=client.cookies["sessionid"].value)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/130 Safari/537", "Chrome on macOS"),
        ("curl/8.5.0", "curl"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_browser_is_named_in_words(agent: str, words: str) -> None:
    assert describe_device(agent) == words


def test_the_page_shows_ones_own_sessions_and_which_is_this(owner: User, stranger: User) -> None:
    here = signed_in(owner)
    signed_in(owner, IPHONE, "203.0.113.6")
    signed_in(stranger, IPHONE, "198.51.100.77")
    page = here.get("/account/sessions/").content.decode()
    assert page.index("Firefox on Linux") < page.index("This one") < page.index("Safari on iPhone")
    assert "203.0.113.6" in page
    assert "198.51.100.77" not in page
    assert here.cookies["sessionid"].value not in page


def test_one_session_is_ended_and_the_others_stay(owner: User) -> None:
    here, there = signed_in(owner), signed_in(owner, IPHONE)
    ended = session_of(there).public_id
    answer = here.post(f"/account/sessions/{ended}/end/", follow=True)
    assert "Safari on iPhone is signed out." in answer.content.decode()
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert AuditEntry.objects.filter(user=owner, action="session_ended").count() == 1


def test_a_stranger_cannot_end_it(owner: User, stranger: User) -> None:
    mine, theirs = signed_in(owner), signed_in(stranger)
    answer = theirs.post(f"/account/sessions/{session_of(mine).public_id}/end/", follow=True)
    assert "There is no such session" in answer.content.decode()
    assert is_signed_in(mine)


def test_signing_out_everywhere_ends_all_and_what_hangs_on_the_version(owner: User) -> None:
    here, there = signed_in(owner), signed_in(owner, IPHONE)
    before = User.objects.get(id=owner.id).auth_version
    answer = here.post("/account/sessions/end/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert not is_signed_in(here)
    assert not is_signed_in(there)
    assert User.objects.get(id=owner.id).auth_version == before + 1
    assert not Session.objects.filter(user=owner).exists()


def test_a_session_of_a_former_version_is_nobodys(owner: User) -> None:
    client = signed_in(owner)
    User.objects.filter(id=owner.id).update(auth_version=99)
    assert not is_signed_in(client)


def test_a_changed_password_leaves_this_browser_signed_in_and_no_other(owner: User) -> None:
    here, there = signed_in(owner), signed_in(owner, IPHONE)
    before, key = User.objects.get(id=owner.id).auth_version, here.cookies["sessionid"].value
    form = {"oldpassword": PASSWORD, "password1": "quite another one", "password2": "quite another one"}
    answer = here.post("/account/password/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/account/password/"), answer.content.decode()
    assert here.cookies["sessionid"].value != key
    assert [session.session_key for session in sessions_for(owner)] == [here.cookies["sessionid"].value]
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert User.objects.get(id=owner.id).auth_version == before + 1
    assert "Your password is changed." in here.get("/account/password/").content.decode()


def test_a_wrong_current_password_changes_nothing(owner: User) -> None:
    client = signed_in(owner)
    form = {"oldpassword": "wrong", "password1": "quite another one", "password2": "quite another one"}
    assert "This is not your current password." in client.post("/account/password/", form).content.decode()
    assert User.objects.get(id=owner.id).check_password(PASSWORD)


def test_guessing_the_current_password_has_the_limit_of_signing_in(owner: User) -> None:
    client = signed_in(owner)
    form = {"password1": "quite another one", "password2": "quite another one"}
    for _ in range(5):
        client.post("/account/password/", {"oldpassword": "wrong", **form})
    client.post("/account/password/", {"oldpassword": PASSWORD, **form})
    assert User.objects.get(id=owner.id).check_password(PASSWORD)


def test_disabling_an_account_ends_its_sessions_for_good(owner: User) -> None:
    client = signed_in(owner)
    person = User.objects.get(id=owner.id)
    person.is_active = False
    person.save()
    assert not is_signed_in(client)
    person.is_active = True
    person.save()
    assert not is_signed_in(client)


def test_a_password_hashed_anew_ends_no_session(owner: User, settings: LazySettings) -> None:
    before = User.objects.get(id=owner.id).auth_version
    first = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [first, *settings.PASSWORD_HASHERS]
    client = signed_in(owner)
    assert User.objects.get(id=owner.id).password.startswith("pbkdf2")
    assert is_signed_in(client)
    assert User.objects.get(id=owner.id).auth_version == before


def test_being_seen_is_written_at_most_once_a_minute(owner: User) -> None:
    client = signed_in(owner)
    client.get("/account/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/account/")
    assert not [query for query in queries if query["sql"].startswith(("UPDATE", "INSERT"))]
    age_session(client, seen_at=timezone.now() - timedelta(minutes=2))
    client.get("/account/")
    seen_at = session_of(client).seen_at
    assert seen_at
    assert timezone.now() - seen_at < timedelta(minutes=1)


def age_session(client: Client, **moments: Any) -> None:
    session = client.session
    for name, moment in moments.items():
        session[name] = moment.isoformat()
    session.save()


def test_use_prolongs_a_session_but_not_for_ever(owner: User) -> None:
    client = signed_in(owner)
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    age_session(client, seen_at=timezone.now() - timedelta(minutes=2))
    client.get("/account/")
    assert session_of(client).expire_date > timezone.now() + timedelta(days=13)
    age_session(client, began_at=timezone.now() - LONGEST - timedelta(minutes=1))
    assert not is_signed_in(client)


def test_an_unused_session_is_over(owner: User) -> None:
    client = signed_in(owner)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_signed_in(client)
    signed_in(owner)
    assert forget_ended_sessions() == 1
    assert Session.objects.filter(user=owner).count() == 1


def test_account_pages_are_for_who_is_signed_in(db: None) -> None:
    for path in ("", "password/", "sessions/", "keys/", "data/"):
        answer = Client().get(f"/account/{path}")
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next=/account/{path}")


def test_the_chat_leads_to_the_account(owner: User) -> None:
    assert 'href="/account/"' in signed_in(owner).get("/").content.decode()
