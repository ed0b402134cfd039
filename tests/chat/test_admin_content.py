"""What people wrote is shown to those who may read it, on record, and nowhere else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from agents.models import DataSet
from chat.models import Agent, Run, Thread
from tests.chat.telling import ANSWER, ARGUMENT, QUESTION, RESULT, SECRETS, told_run
from tests.staff import LISTS, READ, VIEW, make_staff, make_superuser, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
TITLE = "canary-title-8d8d"
FILE = "canary-file-77aa"


@pytest.fixture
def run(owner: User, agent: Agent) -> Run:
    run = told_run(owner)
    Thread.objects.filter(id=run.thread_id).update(title=TITLE)
    return run


@pytest.fixture
def data_set(owner: User) -> DataSet:
    return DataSet.objects.create(user=owner, title=FILE, status="ready")


@pytest.fixture
def viewer(db: None) -> User:
    return make_staff("viewer@example.com", *VIEW, "chat.change_run")


@pytest.fixture
def reader(db: None) -> User:
    return make_staff("reader@example.com", *VIEW, READ)


def pages_of(run: Run, data_set: DataSet, owner: User) -> list[str]:
    """Every page that is about something of the owner."""
    return [
        "/admin/",
        *(f"/admin/{path}/" for path in LISTS),
        f"/admin/chat/run/{run.id}/change/",
        f"/admin/chat/thread/{run.thread_id}/change/",
        f"/admin/chat/run/{run.id}/history/",
        f"/admin/agents/dataset/{data_set.id}/change/",
        f"/admin/agents/dataset/{data_set.id}/history/",
        f"/admin/accounts/user/{owner.id}/change/",
    ]


def reads(run: Run) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action="content_read", detail__thread=str(run.thread_id)))


def test_without_the_right_no_page_shows_a_word(viewer: User, run: Run, data_set: DataSet, owner: User) -> None:
    client = signed_in(viewer)
    for path in pages_of(run, data_set, owner):
        answer = client.get(path, follow=True)
        assert answer.status_code == 200, path
        for secret in (*SECRETS, TITLE, FILE):
            assert secret not in answer.content.decode(), (path, secret)
    assert not AuditEntry.objects.filter(action="content_read").exists()


@pytest.mark.parametrize("secret", [QUESTION, TITLE, FILE, ANSWER])
def test_no_search_answers_questions_about_words(viewer: User, run: Run, data_set: DataSet, secret: str) -> None:
    client = signed_in(viewer)
    for path in LISTS:
        found = client.get(f"/admin/{path}/?q={secret}").context["cl"].result_count
        assert found == client.get(f"/admin/{path}/?q=nobody-wrote-this").context["cl"].result_count, path


def test_acting_tells_no_word(viewer: User, run: Run) -> None:
    client = signed_in(viewer)
    for action in ("cancel_selected", "retry_selected"):
        chosen = {"action": action, "_selected_action": [str(run.id)]}
        page = client.post("/admin/chat/run/", chosen, follow=True).content.decode()
        assert not any(secret in page for secret in SECRETS)


def test_with_the_right_the_runs_page_shows_what_was_said(reader: User, run: Run) -> None:
    page = signed_in(reader).get(f"/admin/chat/run/{run.id}/change/").content.decode()
    for word in (QUESTION, ANSWER, ARGUMENT, RESULT):
        assert word in page, word


def test_with_the_right_the_threads_page_shows_the_conversation(reader: User, run: Run) -> None:
    page = signed_in(reader).get(f"/admin/chat/thread/{run.thread_id}/change/").content.decode()
    for word in (QUESTION, ANSWER, TITLE):
        assert word in page, word


def test_with_the_right_lists_still_show_no_words(reader: User, run: Run, data_set: DataSet) -> None:
    client = signed_in(reader)
    for path in LISTS:
        page = client.get(f"/admin/{path}/").content.decode()
        assert not any(secret in page for secret in (*SECRETS, TITLE, FILE)), path


def test_reading_is_on_record_once_an_hour_and_thread(reader: User, run: Run, owner: User) -> None:
    client = signed_in(reader)
    for _ in range(2):
        client.get(f"/admin/chat/run/{run.id}/change/")
        client.get(f"/admin/chat/thread/{run.thread_id}/change/")
    entries = reads(run)
    assert [(entry.actor, entry.user, entry.ip) for entry in entries] == [(reader, owner, "127.0.0.1")]
    AuditEntry.objects.filter(id=entries[0].id).update(at=entries[0].at - timedelta(minutes=61))
    client.get(f"/admin/chat/run/{run.id}/change/")
    assert len(reads(run)) == 2
    signed_in(make_superuser()).get(f"/admin/chat/run/{run.id}/change/")
    assert len(reads(run)) == 3


def test_a_refused_page_leaves_no_entry(run: Run) -> None:
    client = signed_in(make_staff("other@example.com", READ))
    assert client.get(f"/admin/chat/run/{run.id}/change/").status_code == 403
    assert not AuditEntry.objects.exists()


def test_a_data_sets_title_needs_the_right_and_is_on_record(viewer: User, reader: User, data_set: DataSet) -> None:
    path = f"/admin/agents/dataset/{data_set.id}/change/"
    assert FILE not in signed_in(viewer).get(path).content.decode()
    assert FILE in signed_in(reader).get(path).content.decode()
    entry = AuditEntry.objects.get(action="content_read")
    assert entry.detail == {"model": "agents.dataset", "object": str(data_set.id)}


def test_markup_in_words_stays_text(reader: User, owner: User, agent: Agent) -> None:
    run = told_run(owner)
    run.question.text = "<script>alert(1)</script>"
    run.question.save(update_fields=["text"])
    client: Client = signed_in(reader)
    for path in (f"/admin/chat/run/{run.id}/change/", f"/admin/chat/thread/{run.thread_id}/change/"):
        page = client.get(path).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
