"""People in the staff pages: who may change whom, what disabling ends, what is recorded."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import ApiKey, AuditEntry, User
from tests.conftest import make_user
from tests.staff import READ, VIEW, make_staff, make_superuser, signed_in

pytestmark = pytest.mark.django_db
USERS = "/admin/accounts/user/"
PASSWORD = "a new and long one 2026"
CLERK = (*VIEW, "accounts.change_user", "accounts.add_user", "accounts.delete_user", "accounts.delete_apikey")


@pytest.fixture
def boss(db: None) -> User:
    return make_superuser()


@pytest.fixture
def clerk(db: None) -> User:
    """Staff who may change people and nothing of themselves."""
    return make_staff("clerk@example.com", *CLERK)


def form_of(person: User, **changed: object) -> dict[str, object]:
    """What the page of a person posts."""
    form: dict[str, object] = {"email": person.email, "tier": person.tier}
    form |= {name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(person, name)}
    form["user_permissions"] = [str(found.pk) for found in person.user_permissions.all()]
    return {name: value for name, value in (form | changed).items() if value is not None}


def save(client: Client, person: User, **changed: object) -> int:
    return client.post(f"{USERS}{person.id}/change/", form_of(person, **changed)).status_code


def choose(client: Client, people: list[User], action: str) -> str:
    chosen = {"action": action, "_selected_action": [str(person.id) for person in people]}
    return client.post(USERS, chosen, follow=True).content.decode()


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


def test_a_new_tier_is_on_record_before_and_after(clerk: User, owner: User) -> None:
    assert save(signed_in(clerk), owner, tier="enterprise") == 302
    owner.refresh_from_db()
    assert owner.tier == "enterprise"
    (entry,) = entries("account_changed")
    assert (entry.actor, entry.user, entry.detail["changes"]) == (clerk, owner, {"tier": ["mid", "enterprise"]})
    assert "tier: mid → enterprise" in signed_in(clerk).get("/admin/accounts/auditentry/").content.decode()


def test_a_form_saved_as_it_was_is_no_deed(clerk: User, owner: User) -> None:
    save(signed_in(clerk), owner)
    assert entries("account_changed") == []


def test_disabling_ends_every_session_and_socket(clerk: User, owner: User) -> None:
    theirs = signed_in(owner)
    assert theirs.get("/").status_code == 200
    assert save(signed_in(clerk), owner, is_active=None) == 302
    before = owner.auth_version
    owner.refresh_from_db()
    assert not owner.is_active
    assert owner.auth_version == before + 1
    assert theirs.get("/").status_code == 302
    assert entries("account_changed")[0].detail["changes"] == {"is_active": [True, False]}


def test_people_are_disabled_and_enabled_from_the_list(clerk: User, owner: User, stranger: User) -> None:
    client = signed_in(clerk)
    before = owner.auth_version
    assert "2 disabled." in choose(client, [owner, stranger], "disable_selected")
    owner.refresh_from_db()
    assert (owner.is_active, owner.auth_version) == (False, before + 1)
    assert "2 enabled." in choose(client, [owner, stranger], "enable_selected")
    owner.refresh_from_db()
    assert owner.is_active
    assert len(entries("account_changed")) == 4
    assert "0 enabled." in choose(client, [owner], "enable_selected")
    assert len(entries("account_changed")) == 4


def test_nobody_disables_the_own_account_and_staff_no_colleague(clerk: User, boss: User) -> None:
    colleague = make_staff("colleague@example.com")
    assert "not yours to change" in choose(signed_in(clerk), [clerk, boss, colleague], "disable_selected")
    choose(signed_in(boss), [boss], "disable_selected")
    assert User.objects.filter(is_active=False).count() == 0


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_staff_cannot_make_anybody_staff_or_superuser(clerk: User, owner: User, right: str) -> None:
    client = signed_in(clerk)
    save(client, owner, **{right: "on"})
    save(client, clerk, **{right: "on"})
    assert not User.objects.exclude(id=clerk.id).filter(**{right: True}).exists()
    assert not User.objects.filter(is_superuser=True).exists()


def test_staff_cannot_grant_permissions(clerk: User, owner: User) -> None:
    wanted = Permission.objects.get(codename="read_content")
    client = signed_in(clerk)
    save(client, owner, user_permissions=[str(wanted.pk)])
    save(client, clerk, user_permissions=[str(wanted.pk)])
    assert not owner.user_permissions.exists()
    assert not User.objects.get(id=clerk.id).has_perm(READ)
    page = client.get(f"{USERS}{owner.id}/change/").content.decode()
    assert 'name="user_permissions"' not in page
    assert 'name="is_superuser"' not in page


@pytest.mark.parametrize("whose", ["boss", "clerk", "colleague"])
def test_staff_cannot_take_a_colleagues_place(clerk: User, boss: User, whose: str) -> None:
    target = {"boss": boss, "clerk": clerk, "colleague": make_staff("colleague@example.com")}[whose]
    client = signed_in(clerk)
    assert save(client, target, email="mine@example.com") == 403
    new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert client.post(f"{USERS}{target.id}/password/", new).status_code == 403
    target.refresh_from_db()
    assert target.email != "mine@example.com"
    assert not target.check_password(PASSWORD)


def test_staff_may_set_a_persons_password_and_it_is_never_shown(clerk: User, owner: User) -> None:
    client, before = signed_in(clerk), owner.auth_version
    new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true", "set-password": "x"}
    assert client.post(f"{USERS}{owner.id}/password/", new).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)
    assert owner.auth_version > before
    (entry,) = entries("password_changed")
    assert PASSWORD not in str(entry.detail)
    for path in (f"{USERS}{owner.id}/change/", USERS, f"/admin/accounts/auditentry/{entry.id}/change/"):
        page = client.get(path).content.decode()
        assert not re.search(r"pbkdf2|argon2|salt", page), path
        assert PASSWORD not in page


def test_a_password_taken_away_ends_sockets_too(boss: User, owner: User) -> None:
    before = owner.auth_version
    answer = signed_in(boss).post(f"{USERS}{owner.id}/password/", {"usable_password": "false", "unset-password": "x"})
    assert answer.status_code == 302
    owner.refresh_from_db()
    assert not owner.has_usable_password()
    assert owner.auth_version == before + 1


def test_a_superuser_grants_rights_but_not_to_the_own_account(boss: User, owner: User) -> None:
    client = signed_in(boss)
    wanted = Permission.objects.get(codename="view_run")
    assert save(client, owner, is_staff="on", user_permissions=[str(wanted.pk)]) == 302
    owner.refresh_from_db()
    assert owner.is_staff
    assert owner.has_perm("chat.view_run")
    assert entries("account_changed")[0].detail["changes"]["is_staff"] == [False, True]
    assert save(client, boss, is_superuser=None, is_staff=None, is_active=None) == 302
    boss.refresh_from_db()
    assert (boss.is_superuser, boss.is_staff, boss.is_active) == (True, True, True)


def test_the_page_offers_the_rights_that_make_a_difference(boss: User, owner: User) -> None:
    page = signed_in(boss).get(f"{USERS}{owner.id}/change/").content.decode()
    for offered in ("Can view run", "Can change run", "Can read what people wrote", "Can change agent settings"):
        assert offered in page, offered
    for useless in ("Can add run", "Can delete user", "Can add session", "Can change audit entry"):
        assert useless not in page, useless


def test_no_account_is_deleted(boss: User, owner: User) -> None:
    client = signed_in(boss)
    assert client.post(f"{USERS}{owner.id}/delete/", {"post": "yes"}).status_code == 403
    choose(client, [owner], "delete_selected")
    assert User.objects.filter(id=owner.id).exists()


def test_an_address_is_one_accounts_whatever_its_case(boss: User, owner: User, stranger: User) -> None:
    page = signed_in(boss).post(f"{USERS}{owner.id}/change/", form_of(owner, email="STRANGER@example.com"))
    assert "Another account has this address." in page.content.decode()


def test_staff_add_a_person_without_rights(clerk: User) -> None:
    form = {
        "email": "new@example.com", "tier": "free", "usable_password": "true", "password1": PASSWORD,
        "password2": PASSWORD, "is_superuser": "on", "is_staff": "on",
    }  # fmt: skip
    assert signed_in(clerk).post(f"{USERS}add/", form).status_code == 302
    person = User.objects.get(email="new@example.com")
    assert person.check_password(PASSWORD)
    assert (person.is_staff, person.is_superuser) == (False, False)
    (entry,) = entries("account_changed")
    assert (entry.detail["did"], entry.actor) == ("added", clerk)
    assert PASSWORD not in str(entry.detail)


def test_viewers_change_nobody(owner: User) -> None:
    client = signed_in(make_staff("viewer@example.com", *VIEW))
    assert client.get(f"{USERS}{owner.id}/change/").status_code == 200
    assert save(client, owner, tier="enterprise") == 403
    assert client.post(f"{USERS}add/", {"email": "x@example.com"}).status_code == 403
    choose(client, [owner], "disable_selected")
    owner.refresh_from_db()
    assert (owner.tier, owner.is_active) == ("mid", True)


def test_people_are_found_by_id_and_address(boss: User, owner: User, stranger: User) -> None:
    client = signed_in(boss)
    for term in (str(owner.id), "owner", "OWNER@EXAMPLE.COM"):
        rows = client.get(f"{USERS}?q={term}").content.decode()
        assert str(owner.id) in rows
        assert str(stranger.id) not in rows


def test_a_key_is_revoked_and_not_edited(clerk: User, owner: User) -> None:
    key, token = ApiKey.objects.create(user=owner, name="nightly", scope="read")
    client = signed_in(clerk)
    path = f"/admin/accounts/apikey/{key.pk}/"
    assert token not in client.get(f"{path}change/").content.decode()
    assert client.post(f"{path}change/", {"name": "x", "scope": "write"}).status_code == 403
    assert client.post("/admin/accounts/apikey/add/", {"user": str(owner.id)}).status_code == 403
    assert client.post(f"{path}delete/", {"post": "yes"}).status_code == 302
    assert not ApiKey.objects.exists()
    (entry,) = entries("key_revoked")
    assert (entry.actor, entry.user) == (clerk, owner)


def test_the_trail_cannot_be_edited(boss: User, owner: User) -> None:
    entry = AuditEntry.objects.create(action="signed_in", user=owner, actor=owner)
    client, path = signed_in(boss), f"/admin/accounts/auditentry/{entry.id}/"
    assert client.get(f"{path}change/").status_code == 200
    assert client.post(f"{path}change/", {"action": "signed_up"}).status_code == 403
    assert client.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    assert client.post("/admin/accounts/auditentry/add/", {"action": "x"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(entry.id)], "post": "yes"}
    client.post("/admin/accounts/auditentry/", chosen)
    assert AuditEntry.objects.get().action == "signed_in"


def test_the_trail_is_searched_and_filtered(boss: User, owner: User, stranger: User) -> None:
    run_id = uuid.uuid4()
    AuditEntry.objects.create(action="run_cancelled", user=owner, actor=boss, detail={"run": str(run_id)})
    AuditEntry.objects.create(action="signed_in", user=stranger, actor=stranger)
    client = signed_in(boss)
    for query in (f"q={run_id}", "q=owner", f"q={boss.id}", "action=run_cancelled", "person=owner", "actor=boss"):
        found = client.get(f"/admin/accounts/auditentry/?{query}").context["cl"].result_list
        assert [entry.action for entry in found] == ["run_cancelled"], query


def test_the_stock_history_is_one_with_the_trail(clerk: User, owner: User) -> None:
    client = signed_in(clerk)
    save(client, owner, tier="free")
    assert not LogEntry.objects.exists()
    page = client.get(f"{USERS}{owner.id}/history/", follow=True).content.decode()
    assert "tier: mid → free" in page


@pytest.mark.parametrize("path", ["auth/group", "account/emailaddress", "account/emailconfirmation", "knox/authtoken"])
def test_pages_of_other_packages_are_closed(boss: User, path: str) -> None:
    assert signed_in(boss).get(f"/admin/{path}/").status_code == 404


def test_a_new_password_ends_every_session(owner: User) -> None:
    before = owner.auth_version
    owner.set_password("another long one")
    assert owner.auth_version > before


def test_strangers_see_no_person(owner: User) -> None:
    path = f"{USERS}{owner.id}/change/"
    assert Client().get(path).status_code == 302
    assert signed_in(make_user("other@example.com")).get(path).status_code == 302
    assert signed_in(make_staff("idle@example.com")).get(path).status_code == 403
