"""API keys: made, shown once, used, revoked; on the page and over REST."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from accounts.errors import TooManyKeys
from accounts.keys import issue_key, make_key
from accounts.limits import Tier
from accounts.models import ApiKey, AuditEntry, User
from accounts.socket_auth import owner_of_key

pytestmark = [pytest.mark.usefixtures("quick_hash"), pytest.mark.django_db(transaction=True)]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def bearer(user: User, scope: str = "write") -> Client:
    return Client(headers={"authorization": f"Bearer {issue_key(user, name='test', scope=scope)}"})


def call(client: Client, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(f"/api/v1/{path}", body or {}, content_type="application/json")


def test_a_new_key_is_shown_once_and_works(owner: User) -> None:
    client = browser(owner)
    form = {"name": "nightly report", "scope": "read", "lifetime": "30"}
    page = client.post("/account/keys/", form)
    text = re.findall(r"netra_[0-9a-f]{64}", page.content.decode())
    assert len(text) == 1
    assert "no-store" in page["Cache-Control"]
    assert not re.search(r"netra_[0-9a-f]{64}", client.get("/account/keys/").content.decode())
    assert Client(headers={"authorization": f"Bearer {text[0]}"}).get("/api/v1/me/").json()["email"] == owner.email
    key = ApiKey.objects.get(user=owner)
    assert (key.scope, key.name) == ("read", "nightly report")
    assert key.expiry
    assert timedelta(days=29) < key.expiry - timezone.now() < timedelta(days=31)


def test_a_key_may_have_no_end(owner: User) -> None:
    browser(owner).post("/account/keys/", {"name": "server", "scope": "write", "lifetime": "never"})
    assert ApiKey.objects.get(user=owner).expiry is None


def test_the_form_says_what_is_wrong(owner: User) -> None:
    page = browser(owner).post("/account/keys/", {"name": "", "scope": "all", "lifetime": "1"}).content.decode()
    assert page.count("field-error") == 3
    assert not ApiKey.objects.exists()


def test_a_name_is_text_and_nothing_else(owner: User) -> None:
    client = browser(owner)
    client.post("/account/keys/", {"name": "<img src=x onerror=alert(1)>", "scope": "read", "lifetime": "30"})
    assert "<img src=x" not in client.get("/account/keys/").content.decode()


def test_revoking_asks_first_and_ends_the_key(owner: User) -> None:
    user, program = browser(owner), bearer(owner)
    key = ApiKey.objects.get(user=owner)
    path = f"/account/keys/{key.public_id}/revoke/"
    assert "Revoke “test”?" in user.get(path).content.decode()
    assert call(program, "get", "me/").status_code == 200
    assert "is revoked" in user.post(path, follow=True).content.decode()
    assert call(program, "get", "me/").status_code == 401
    assert user.get(path).status_code == 404
    told = AuditEntry.objects.filter(user=owner).values_list("action", "detail__name")
    assert set(told) == {("key_created", "test"), ("key_revoked", "test")}


def test_a_strangers_key_is_an_unknown_key(owner: User, stranger: User) -> None:
    bearer(owner)
    key = ApiKey.objects.get(user=owner)
    for method in ("get", "post"):
        assert getattr(browser(stranger), method)(f"/account/keys/{key.public_id}/revoke/").status_code == 404
    for public_id in (key.public_id, uuid.uuid4()):
        answer = call(bearer(stranger), "delete", f"keys/{public_id}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "key_not_found")
    assert ApiKey.objects.filter(digest=key.digest).exists()
    listed = call(bearer(stranger), "get", "keys/").json()["keys"]
    assert str(key.public_id) not in {item["id"] for item in listed}


def test_keys_over_rest(owner: User) -> None:
    program = bearer(owner)
    made = call(program, "post", "keys/", {"name": "second"})
    assert made.status_code == 201
    assert made.json()["scope"] == "read"
    second = Client(headers={"authorization": f"Bearer {made.json()['key']}"})
    listed = call(second, "get", "keys/").json()["keys"]
    assert [item["name"] for item in listed] == ["second", "test"]
    digests = ApiKey.objects.values_list("digest", flat=True)
    assert all("key" not in item and not {*digests} & {*map(str, item.values())} for item in listed)
    assert call(program, "delete", f"keys/{made.json()['id']}/").status_code == 204
    assert call(second, "get", "me/").status_code == 401


def test_me_is_oneself_with_limits(owner: User, stranger: User) -> None:
    answer = call(bearer(owner, "read"), "get", "me/").json()
    assert (answer["id"], answer["email"], answer["tier"]) == (str(owner.id), owner.email, owner.tier)
    assert answer["limits"]["runs_per_hour"] == owner.limits.runs_per_hour
    assert call(bearer(stranger), "get", "me/").json()["email"] == stranger.email
    assert call(Client(), "get", "me/").status_code == 401


def test_use_is_noted_by_rest_and_sockets_at_most_once_a_minute(owner: User) -> None:
    text = issue_key(owner, name="test")
    client = Client(headers={"authorization": f"Bearer {text}"})
    call(client, "get", "me/")
    first = ApiKey.objects.get(user=owner).last_used_at
    assert first
    call(client, "get", "me/")
    assert ApiKey.objects.get(user=owner).last_used_at == first
    long_ago = timezone.now() - timedelta(minutes=2)
    ApiKey.objects.update(last_used_at=long_ago)
    found, key = async_to_sync(owner_of_key)(text.encode())
    assert (found, key.scope) == (owner, "write")
    used_at = ApiKey.objects.get(user=owner).last_used_at
    assert used_at
    assert used_at > long_ago


def test_a_tier_has_a_number_of_keys(owner: User) -> None:
    User.objects.filter(id=owner.id).update(tier=Tier.FREE)
    owner.refresh_from_db()
    for number in range(owner.limits.api_keys):
        make_key(owner, name=f"key {number}")
    with pytest.raises(TooManyKeys):
        make_key(owner, name="one more")
    page = browser(owner).post("/account/keys/", {"name": "more", "scope": "read", "lifetime": "30"})
    assert page.status_code == 409
    assert "as many API keys as your plan allows" in page.content.decode()
    ApiKey.objects.filter(name="key 0").update(expiry=timezone.now() - timedelta(days=1))
    make_key(owner, name="in its place")


def test_making_keys_has_a_limit(owner: User) -> None:
    client = browser(owner)
    form = {"name": "again", "scope": "read", "lifetime": "30"}
    answers = []
    for _ in range(61):
        answers.append(client.post("/account/keys/", form).status_code)
        ApiKey.objects.all().delete()
    assert answers == [200] * 60 + [429]
