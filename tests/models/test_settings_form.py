"""Models of an agent in the staff pages: what may be chosen, and what is set up."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pydantic import SecretStr

from accounts.models import AuditEntry
from agents.models import AgentSettings
from agents.providers import models_to_try
from tests.models.server import KEY
from tests.staff import make_superuser, signed_in

pytestmark = pytest.mark.django_db
SETTINGS = "/admin/agents/agentsettings/"


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(make_superuser())


@pytest.fixture(autouse=True)
def openai_only(settings: Any) -> None:
    settings.MODEL_SOURCES = {
        "builtin": {"key": SecretStr(""), "url": "", "missing": ""},
        "openai": {"key": SecretStr(KEY), "url": "http://127.0.0.1:1", "missing": ""},
        "anthropic": {"key": SecretStr(""), "url": "http://127.0.0.1:1", "missing": "NETRA_ANTHROPIC_API_KEY"},
        "compatible": {"key": SecretStr(""), "url": "", "missing": "NETRA_COMPATIBLE_BASE_URL"},
    }


def settings_form(**values: Any) -> dict[str, Any]:
    empty = {"model": "", "fallback_models": "", "instructions": "", "request_limit": "", "tool_call_limit": ""}
    return {"name": "netra"} | empty | values


def page_after(client: Client, **values: Any) -> str:
    """The page that comes back when the form is refused."""
    answer = client.post(f"{SETTINGS}add/", settings_form(**values))
    assert answer.status_code == 200
    assert not AgentSettings.objects.exists()
    return answer.content.decode()


def test_fallbacks_are_lines_in_order_each_once(admin: Client) -> None:
    typed = " openai:small \r\n\r\nbuiltin\r\nopenai:small"
    assert admin.post(f"{SETTINGS}add/", settings_form(model="openai:big", fallback_models=typed)).status_code == 302
    changed = AgentSettings.objects.get()
    assert changed.fallback_models == ["openai:small", "builtin"]
    assert "openai:small\nbuiltin</textarea>" in admin.get(f"{SETTINGS}{changed.pk}/change/").content.decode()
    assert "openai:small, builtin" in admin.get(SETTINGS).content.decode()


def test_a_fallback_has_to_be_a_model_that_can_be_asked_for(admin: Client) -> None:
    assert "No model provider is called “oracle”" in page_after(admin, fallback_models="builtin\noracle:big")
    assert "Write the model&#x27;s name after the colon." in page_after(admin, fallback_models="openai:")
    assert "NETRA_ANTHROPIC_API_KEY is not set" in page_after(admin, fallback_models="anthropic:big")
    assert "“none” stands alone." in page_after(admin, fallback_models="none\nbuiltin")
    assert "At most 8 models." in page_after(admin, fallback_models="\n".join(f"openai:{n}" for n in range(9)))
    assert "at most 120 characters" in page_after(admin, fallback_models="openai:" + "x" * 120)


def test_a_model_whose_provider_is_not_set_up_is_refused(admin: Client) -> None:
    assert "NETRA_ANTHROPIC_API_KEY is not set" in page_after(admin, model="anthropic:big")
    assert "Write builtin, or a provider and the model&#x27;s name" in page_after(admin, model="openai")
    assert "Write builtin, or a provider and the model&#x27;s name" in page_after(admin, model="builtin:big")


def test_the_page_says_which_providers_are_set_up_and_shows_no_key(admin: Client) -> None:
    page = admin.get(f"{SETTINGS}add/").content.decode()
    assert "Set up here: builtin, openai. Not set up: anthropic (NETRA_ANTHROPIC_API_KEY is not set)" in page
    assert "compatible (NETRA_COMPATIBLE_BASE_URL is not set)" in page
    assert KEY not in page


def test_what_is_empty_is_shown_as_what_is_used_instead(admin: Client, settings: Any) -> None:
    settings.DEFAULT_MODEL, settings.DEFAULT_FALLBACKS = "openai:big", ["builtin"]
    changed = AgentSettings.objects.create(name="netra")
    page = admin.get(f"{SETTINGS}{changed.pk}/change/").content.decode()
    assert "Now that is openai:big." in page
    assert "Now that is builtin." in page


def test_a_change_of_fallbacks_is_on_record(admin: Client) -> None:
    changed = AgentSettings.objects.create(name="netra", fallback_models=["builtin"])
    path = f"{SETTINGS}{changed.pk}/change/"
    assert admin.post(path, settings_form(fallback_models="openai:small")).status_code == 302
    entry = AuditEntry.objects.get(action="settings_changed")
    assert entry.detail["changes"]["fallback_models"] == [["builtin"], ["openai:small"]]


def test_saving_without_a_change_records_no_change_of_fallbacks(admin: Client) -> None:
    changed = AgentSettings.objects.create(name="netra", fallback_models=["openai:small", "builtin"])
    form = settings_form(fallback_models="openai:small\nbuiltin", request_limit="5")
    assert admin.post(f"{SETTINGS}{changed.pk}/change/", form).status_code == 302
    assert set(AuditEntry.objects.get(action="settings_changed").detail["changes"]) == {"request_limit"}


@pytest.mark.parametrize(
    ("chosen", "own", "expected"),
    [
        (("", []), ("", ()), ("openai:big", "openai:small", "builtin")),
        (("builtin", []), ("", ()), ("builtin", "openai:small")),
        (("", ["builtin"]), ("", ()), ("openai:big", "builtin")),
        (("", ["none"]), ("", ()), ("openai:big",)),
        (("openai:x", ["openai:y"]), ("builtin", ("openai:z",)), ("openai:x", "openai:y")),
        (("", []), ("openai:own", ("openai:z",)), ("openai:own", "openai:z")),
    ],
)
def test_staff_come_before_the_agent_and_the_agent_before_the_configuration(
    settings: Any, chosen: tuple[str, list[str]], own: tuple[str, tuple[str, ...]], expected: tuple[str, ...]
) -> None:
    settings.DEFAULT_MODEL, settings.DEFAULT_FALLBACKS = "openai:big", ["openai:small", "builtin"]
    changed = AgentSettings(name="netra", model=chosen[0], fallback_models=chosen[1])
    assert models_to_try(changed, *own) == expected


def test_an_agent_nobody_changed_runs_on_what_is_configured(settings: Any) -> None:
    settings.DEFAULT_MODEL, settings.DEFAULT_FALLBACKS = "openai:big", ["builtin"]
    assert models_to_try(None) == ("openai:big", "builtin")
