"""Sources of models: found by name, made from the configuration, loaded late."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_ai import exceptions as library

from agents.engine.clients import close_shared_client, shared_client
from agents.errors import ModelNotConfigured, UnknownModel
from agents.providers import missing_variable, model_for, provider_names
from netra.config import PROJECT_FOLDER, Config
from netra.model_access import REQUIRED
from tests.models.conftest import SOURCES, ask
from tests.models.replies import Refuse, say
from tests.models.server import Brain, ModelServer, always, in_turn, serve_models, writes

Provider = Callable[[Brain], ModelServer]


def test_every_source_that_can_be_configured_exists_and_the_other_way_round() -> None:
    assert provider_names() == sorted(REQUIRED)
    aliases = {field.alias for field in Config.model_fields.values()}
    assert {variable for variable in REQUIRED.values() if variable} <= aliases


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_without_access_says_which_variable_to_set(source: str, settings: Any) -> None:
    closed = {"key": SecretStr(""), "url": "", "missing": REQUIRED[source]}
    settings.MODEL_SOURCES = {**settings.MODEL_SOURCES, source: closed}
    assert missing_variable(source) == REQUIRED[source]
    with pytest.raises(ModelNotConfigured, match=REQUIRED[source]):
        model_for(f"{source}:some-model")


@pytest.mark.parametrize("name", ["", "unheard-of:x", "openai", "openai:", "builtin:x", ":x"])
def test_a_name_that_is_no_model_is_refused(name: str, provider: Provider) -> None:
    provider(writes("never"))
    with pytest.raises(UnknownModel):
        model_for(name)


@pytest.mark.parametrize("source", SOURCES)
async def test_all_models_of_a_process_share_one_client(source: str, provider: Provider) -> None:
    provider(writes("ok"))
    client = shared_client()
    await ask(source)
    await ask(source)
    assert shared_client() is client
    await close_shared_client()
    assert client.is_closed
    assert shared_client() is not client


async def test_nothing_is_stored_at_openai(provider: Provider) -> None:
    server = provider(writes("ok"))
    await ask("openai")
    assert server.asked[0].body["store"] is False


@pytest.mark.parametrize(("effort", "sent"), [(None, None), ("high", {"effort": "high", "summary": "auto"})])
async def test_reasoning_is_asked_for_as_configured(
    provider: Provider, settings: Any, effort: str | None, sent: dict[str, str] | None
) -> None:
    settings.MODEL_THINKING = effort
    server = provider(writes("ok"))
    await ask("openai", model="gpt-5")
    assert server.asked[0].body.get("reasoning") == sent


@pytest.mark.parametrize("source", SOURCES)
async def test_variables_of_the_sdks_do_not_change_where_and_as_whom_is_asked(
    source: str, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "somebody-elses-key")
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server = provider(writes("ok"))
    assert (await ask(source)).text == "ok"
    assert "somebody-elses-key" not in str(server.asked[0].headers)


async def test_a_redirect_is_not_followed_with_the_key(provider: Provider) -> None:
    with serve_models(writes("stolen")) as elsewhere:
        target = f"{elsewhere.openai_url}/chat/completions"
        provider(always(say(fault=Refuse(307, headers={"Location": target}))))
        with pytest.raises(library.ModelAPIError):
            await ask("compatible")
        assert elsewhere.asked == []


async def test_a_server_that_needs_no_key_gets_none_of_ours(provider: Provider, settings: Any) -> None:
    server = provider(in_turn(say("ok")))
    settings.MODEL_SOURCES["compatible"]["key"] = SecretStr("")
    assert (await ask("compatible")).text == "ok"
    assert server.asked[0].headers["authorization"] == "Bearer none"


def test_naming_checking_and_listing_models_loads_no_agent_library() -> None:
    code = (
        "import os, sys\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'netra.settings'\n"
        "from agents.providers import check_model, missing_variable, models_to_try, provider_names\n"
        "check_model('builtin'); models_to_try(None); [missing_variable(name) for name in provider_names()]\n"
        "print([name for name in ('pydantic_ai', 'openai', 'anthropic') if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=PROJECT_FOLDER
    )
    assert shown.stdout.strip() == "[]", shown.stdout + shown.stderr
