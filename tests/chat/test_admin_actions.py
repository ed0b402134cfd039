"""Staff stop and retry runs: who may, what happens, what is recorded."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from chat.models import Agent, Run
from chat.threads import post_message
from tests.chat.telling import begin, told_run
from tests.staff import VIEW, make_staff, make_superuser, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = "/admin/chat/run/"


@pytest.fixture
def operator(db: None) -> User:
    return make_staff("operator@example.com", *VIEW, "chat.change_run")


@pytest.fixture
def runs(owner: User, agent: Agent) -> list[Run]:
    return [post_message(owner, text=f"question {number}", client_id=f"c{number}").run for number in range(3)]


def press(client: Client, run: Run, name: str) -> int:
    return client.post(f"{RUNS}{run.id}/{name}/").status_code


def choose(client: Client, runs: list[Run], action: str, **more: str) -> str:
    chosen = {"action": action, "_selected_action": [str(run.id) for run in runs], **more}
    return client.post(RUNS, chosen, follow=True).content.decode()


def status_of(run: Run) -> str:
    run.refresh_from_db()
    return run.status


def entries(action: str) -> list[tuple[User | None, User | None, str]]:
    found = AuditEntry.objects.filter(action=action).order_by("id")
    return [(entry.actor, entry.user, entry.detail["object"]) for entry in found]


def test_a_button_stops_a_run_and_is_on_record(operator: User, owner: User, runs: list[Run]) -> None:
    assert press(signed_in(operator), runs[0], "cancel") == 302
    assert status_of(runs[0]) == "cancelled"
    assert entries("run_cancelled") == [(operator, owner, str(runs[0].id))]


def test_a_button_retries_a_run_once_and_is_on_record_once(operator: User, owner: User, agent: Agent) -> None:
    run = told_run(owner)
    client = signed_in(operator)
    first = client.post(f"{RUNS}{run.id}/retry/", follow=True)
    new = Run.objects.get(retry_of=run)
    assert first.redirect_chain[-1][0] == f"{RUNS}{new.id}/change/"
    assert "was retried before" in client.post(f"{RUNS}{run.id}/retry/", follow=True).content.decode()
    assert Run.objects.filter(retry_of=run).count() == 1
    assert entries("run_retried") == [(operator, owner, str(run.id))]


def test_a_running_run_is_asked_to_stop_once(operator: User, owner: User, agent: Agent) -> None:
    run = begin(owner)
    client = signed_in(operator)
    press(client, run, "cancel")
    press(client, run, "cancel")
    run.refresh_from_db()
    assert run.cancel_requested_at is not None
    assert len(entries("run_cancelled")) == 1


def test_what_cannot_be_done_is_said_and_not_recorded(operator: User, owner: User, runs: list[Run]) -> None:
    done = told_run(owner)
    client = signed_in(operator)
    assert "has already ended" in choose(client, [done], "cancel_selected")
    assert "has not ended yet" in choose(client, [runs[0]], "retry_selected")
    assert not AuditEntry.objects.filter(action__startswith="run_").exists()


def test_several_runs_are_confirmed_first(operator: User, runs: list[Run]) -> None:
    client = signed_in(operator)
    page = choose(client, runs, "cancel_selected")
    assert "Stop these runs?" in page
    assert all(str(run.id) in page for run in runs)
    assert {status_of(run) for run in runs} == {"queued"}
    choose(client, runs, "cancel_selected", confirmed="yes")
    assert {status_of(run) for run in runs} == {"cancelled"}
    assert len(entries("run_cancelled")) == 3


def test_too_many_runs_at_once_are_refused(operator: User, runs: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.admin.runs.MOST_AT_ONCE", 2)
    assert "Choose at most 2 runs" in choose(signed_in(operator), runs, "cancel_selected", confirmed="yes")
    assert {status_of(run) for run in runs} == {"queued"}


def test_the_right_to_look_is_not_the_right_to_act(owner: User, runs: list[Run]) -> None:
    client = signed_in(make_staff("viewer@example.com", *VIEW))
    page = client.get(f"{RUNS}{runs[0].id}/change/").content.decode()
    assert f"{runs[0].id}/cancel/" not in page
    assert press(client, runs[0], "cancel") == 403
    choose(client, runs, "cancel_selected", confirmed="yes")
    assert {status_of(run) for run in runs} == {"queued"}


@pytest.mark.parametrize("name", ["cancel", "retry"])
def test_nobody_else_acts(owner: User, runs: list[Run], name: str) -> None:
    assert press(Client(), runs[0], name) == 302
    assert press(signed_in(owner), runs[0], name) == 302
    assert press(signed_in(make_staff("idle@example.com")), runs[0], name) == 403
    assert status_of(runs[0]) == "queued"
    assert Run.objects.count() == 3


def test_a_button_needs_a_post_with_its_token(runs: list[Run]) -> None:
    boss = make_superuser()
    assert signed_in(boss).get(f"{RUNS}{runs[0].id}/cancel/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(boss)
    assert press(strict, runs[0], "cancel") == 403
    assert status_of(runs[0]) == "queued"


def test_a_run_that_does_not_exist_is_not_found(operator: User, db: None) -> None:
    client = signed_in(operator)
    assert client.post(f"{RUNS}01a1fdac-eb58-771e-a36c-2e651132f2f0/cancel/").status_code == 404
    page = client.post(RUNS, {"action": "cancel_selected", "_selected_action": "nonsense"}, follow=True)
    assert "does not exist" in page.content.decode()
