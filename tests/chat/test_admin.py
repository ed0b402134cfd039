"""The admin: every page opens in few queries, and shows no word of what was said."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.models import Agent, Run, Thread
from chat.threads import post_message

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "canary-7f3a"
LISTS = (
    "accounts/user",
    "accounts/apikey",
    "chat/thread",
    "chat/run",
    "chat/agent",
    "agents/agentsettings",
    "agents/dataset",
)


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a long password"))
    return client


@pytest.fixture
def runs(owner: User, agent: Agent) -> list[Run]:
    return [post_message(owner, text=f"{SECRET} {number}", client_id=f"c{number}").run for number in range(30)]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_opens_in_few_queries_and_keeps_secrets(admin: Client, runs: list[Run], path: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = admin.get(f"/admin/{path}/")
    assert answer.status_code == 200
    assert SECRET not in answer.content.decode()
    assert len(queries) <= 12


def test_a_runs_page_shows_its_steps_without_words(admin: Client, runs: list[Run]) -> None:
    page = admin.get(f"/admin/chat/run/{runs[0].id}/change/").content.decode()
    assert "agent_queued" in page
    assert SECRET not in page
    thread_page = admin.get(f"/admin/chat/thread/{runs[0].thread_id}/change/").content.decode()
    assert SECRET not in thread_page


def test_the_runs_of_a_thread_are_a_click_away(admin: Client, runs: list[Run]) -> None:
    page = admin.get(f"/admin/chat/run/?thread__id__exact={runs[0].thread_id}").content.decode()
    assert str(runs[0].id) in page
    assert str(runs[1].id) not in page


def test_staff_stop_and_retry_runs(admin: Client, runs: list[Run]) -> None:
    chosen = {"_selected_action": [str(runs[0].id)]}
    admin.post("/admin/chat/run/", {"action": "cancel_selected", **chosen})
    runs[0].refresh_from_db()
    assert runs[0].status == "cancelled"
    admin.post("/admin/chat/run/", {"action": "retry_selected", **chosen})
    admin.post("/admin/chat/run/", {"action": "retry_selected", **chosen})
    assert Run.objects.filter(retry_of=runs[0]).count() == 1


def test_staff_without_the_right_cannot_act(owner: User, runs: list[Run]) -> None:
    owner.is_staff = True
    owner.save(update_fields=["is_staff"])
    owner.user_permissions.add(Permission.objects.get(codename="view_run"))
    client = Client()
    client.force_login(owner)
    assert client.get("/admin/chat/run/").status_code == 200
    client.post("/admin/chat/run/", {"action": "cancel_selected", "_selected_action": [str(runs[0].id)]})
    runs[0].refresh_from_db()
    assert runs[0].status == "queued"
    assert client.get("/admin/chat/thread/").status_code == 403


def test_a_person_without_staff_rights_sees_no_admin(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    assert client.get("/admin/").status_code == 302


def test_history_cannot_be_edited(admin: Client, runs: list[Run], thread: Thread) -> None:
    assert admin.get("/admin/chat/run/add/").status_code == 403
    assert admin.post(f"/admin/chat/run/{runs[0].id}/change/", {"status": "failed"}).status_code == 403
    assert admin.post(f"/admin/chat/thread/{thread.id}/delete/", {"post": "yes"}).status_code == 403


def test_staff_add_a_person(admin: Client) -> None:
    form = {
        "email": "new@example.com",
        "tier": "free",
        "usable_password": "true",
        "password1": "long enough 2026",
        "password2": "long enough 2026",
    }
    assert admin.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(email="new@example.com").check_password("long enough 2026")
    page = admin.get(f"/admin/accounts/user/{User.objects.get(email='new@example.com').id}/change/")
    assert page.status_code == 200


def test_a_new_password_ends_every_session(owner: User) -> None:
    before = owner.auth_version
    owner.set_password("another long one")
    assert owner.auth_version > before
