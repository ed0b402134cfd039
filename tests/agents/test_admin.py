"""Agents, their settings and data sets in the staff pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from agents.models import AgentSettings, DataSet, DataSetVersion
from chat.models import Agent
from tests.staff import VIEW, make_staff, make_superuser, signed_in

pytestmark = pytest.mark.django_db
SETTINGS = "/admin/agents/agentsettings/"


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(make_superuser())


def settings_form(**values: Any) -> dict[str, Any]:
    return {"name": "netra", "model": "", "instructions": "", "request_limit": "", "tool_call_limit": ""} | values


def refused(client: Client, **values: Any) -> str:
    """The page that says what is wrong with these settings."""
    answer = client.post(f"{SETTINGS}add/", settings_form(**values))
    assert answer.status_code == 200
    assert not AgentSettings.objects.exists()
    return answer.content.decode()


def test_an_agent_is_switched_in_the_list_and_on_record(admin: Client, agent: Agent) -> None:
    form = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-name": agent.name, "form-0-minimum_tier": "mid",
        "_save": "Save",
    }  # fmt: skip
    assert admin.post("/admin/chat/agent/", form).status_code == 302
    agent.refresh_from_db()
    assert (agent.enabled, agent.minimum_tier) == (False, "mid")
    entry = AuditEntry.objects.get(action="settings_changed")
    assert entry.detail["changes"] == {"enabled": [True, False], "minimum_tier": ["free", "mid"]}
    assert entry.detail["object"] == "netra"


def test_agents_are_neither_added_nor_removed(admin: Client, agent: Agent) -> None:
    assert admin.post("/admin/chat/agent/add/", {"name": "x"}).status_code == 403
    assert admin.post("/admin/chat/agent/netra/delete/", {"post": "yes"}).status_code == 403
    assert Agent.objects.filter(name="netra").exists()


def test_the_settings_of_an_agent_are_a_click_away(admin: Client, agent: Agent) -> None:
    assert f"{SETTINGS}add/?name=netra" in admin.get("/admin/chat/agent/").content.decode()
    changed = AgentSettings.objects.create(name="netra")
    assert f"{SETTINGS}{changed.pk}/change/" in admin.get("/admin/chat/agent/").content.decode()


def test_settings_are_saved_and_on_record_without_the_instructions(admin: Client) -> None:
    values = settings_form(model="builtin", instructions="Speak plainly.", request_limit="5")
    assert admin.post(f"{SETTINGS}add/", values).status_code == 302
    changed = AgentSettings.objects.get()
    assert (changed.model, changed.request_limit, changed.tool_call_limit) == ("builtin", 5, None)
    entry = AuditEntry.objects.get(action="settings_changed")
    assert entry.detail["changes"]["request_limit"] == [None, 5]
    assert "Speak plainly" not in str(entry.detail)
    page = admin.get(f"{SETTINGS}{changed.pk}/change/").content.decode()
    assert "Empty: the agent's own limit. Now that is 12." in page


def test_settings_that_cannot_work_are_refused_in_sentences(admin: Client) -> None:
    assert "No model provider is called “oracle”. Known: anthropic, builtin" in refused(admin, model="oracle:big")
    assert "Write the model&#x27;s name after the colon." in refused(admin, model="builtin:")
    assert "At least 1; leave it empty" in refused(admin, request_limit="0")
    assert "At least 1; leave it empty" in refused(admin, tool_call_limit="-3")
    assert "less than or equal to" in refused(admin, request_limit="100000")
    assert "Select a valid choice" in refused(admin, name="nobody")


def test_deleting_settings_gives_the_agent_its_own_back(admin: Client) -> None:
    changed = AgentSettings.objects.create(name="netra", model="builtin")
    assert admin.post(f"{SETTINGS}{changed.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not AgentSettings.objects.exists()
    assert AuditEntry.objects.get(action="settings_changed").detail["did"] == "deleted"


def test_viewers_change_no_settings(agent: Agent) -> None:
    changed = AgentSettings.objects.create(name="netra")
    client = signed_in(make_staff("viewer@example.com", *VIEW))
    assert client.get(f"{SETTINGS}{changed.pk}/change/").status_code == 200
    assert client.post(f"{SETTINGS}{changed.pk}/change/", settings_form(model="builtin")).status_code == 403
    assert client.post("/admin/chat/agent/netra/change/", {"title": "x", "minimum_tier": "mid"}).status_code == 403


def test_a_data_set_shows_sizes_and_dates_and_cannot_be_changed(admin: Client, owner: User) -> None:
    data = DataSet.objects.create(user=owner, title="Invoices", status="ready")
    today = timezone.now().date()
    DataSetVersion.objects.create(
        data_set=data, number=1, rows=120_000, first_day=today, last_day=today, bytes=5_400_000,
        profile={"teams": ["canary-team-1c1c"]},
    )  # fmt: skip
    path = f"/admin/agents/dataset/{data.id}/"
    rows = admin.get("/admin/agents/dataset/").content.decode()
    assert "120,000" in rows
    assert "Invoices" not in rows
    page = admin.get(f"{path}change/").content.decode()
    assert "120,000" in page
    assert "canary-team-1c1c" not in page
    assert admin.post(f"{path}change/", {"title": "x"}).status_code == 403
    assert admin.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    assert admin.get("/admin/agents/dataset/?title__startswith=I").status_code == 400


def test_the_demo_datas_title_is_ours_and_shown(db: None) -> None:
    data = DataSet.objects.create(demo=True, title="Demo data", status="ready")
    client = signed_in(make_staff("viewer@example.com", *VIEW))
    assert "Demo data" in client.get(f"/admin/agents/dataset/{data.id}/change/").content.decode()
    assert not AuditEntry.objects.exists()
