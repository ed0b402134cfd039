"""Configuration: every variable documented, nothing half set in production."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netra.config import PROJECT_FOLDER, Config, ConfigurationError, load_config
from netra.mail_server import MailServer, parse_mail_server

COMPLETE = {
    "NETRA_ENV": "production",
    "NETRA_SECRET_KEY": "k" * 60,
    "DATABASE_URL": "postgres://u:hidden-word@127.0.0.1/x",
    "REDIS_URL": "redis://:hidden-word@127.0.0.1/0",
    "NETRA_ALLOWED_ORIGINS": "https://netra.example.com",
    "NETRA_SMTP_URL": "smtp://u:hidden-word@mail.example.com:587",
    "NETRA_MAIL_FROM": "Netra <netra@example.com>",
}
MODEL_KEYS = {
    "NETRA_OPENAI_API_KEY": "sk-hidden-word-1",
    "NETRA_ANTHROPIC_API_KEY": "sk-hidden-word-2",
    "NETRA_COMPATIBLE_API_KEY": "sk-hidden-word-3",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment without any variable of ours."""
    for name in {str(field.alias) for field in Config.model_fields.values()}:
        monkeypatch.delenv(name, raising=False)
    load_config.cache_clear()
    yield monkeypatch
    load_config.cache_clear()


def set_all(environment: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        environment.setenv(name, value)


def test_a_complete_production_configuration_starts(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, COMPLETE)
    assert load_config().is_strict


@pytest.mark.parametrize("name", [name for name in COMPLETE if name != "NETRA_ENV"])
@pytest.mark.parametrize("where", ["staging", "production"])
def test_a_missing_variable_stops_the_start_and_is_named(
    environment: pytest.MonkeyPatch, name: str, where: str
) -> None:
    set_all(environment, {**COMPLETE, "NETRA_ENV": where, name: ""})
    with pytest.raises(ConfigurationError, match=name):
        load_config()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETRA_ENV", "prod"),
        ("NETRA_SECRET_KEY", "short"),
        ("NETRA_ALLOWED_ORIGINS", "netra.example.com"),
        ("NETRA_ALLOWED_ORIGINS", "https://netra.example.com/"),
        ("NETRA_ALLOWED_ORIGINS", "https://*.example.com"),
        ("NETRA_ALLOWED_ORIGINS", "http://netra.example.com"),
        ("NETRA_SMTP_URL", "mail.example.com:587"),
        ("NETRA_SMTP_URL", "http://mail.example.com"),
        ("NETRA_SMTP_URL", "smtp://mail.example.com:mail"),
        ("NETRA_MAIL_FROM", "Netra"),
        ("NETRA_SIGN_UP", "maybe"),
        ("PORT", "99999"),
        ("NETRA_WORKER_RUNS", "0"),
        ("NETRA_LOG_LEVEL", "loud"),
        ("NETRA_OPENAI_API_KEY", "sk-1 sk-2"),
        ("NETRA_ANTHROPIC_API_KEY", "sk-1\n"),
        ("NETRA_COMPATIBLE_API_KEY", "schlüssel"),
        ("NETRA_OPENAI_BASE_URL", "api.openai.com"),
        ("NETRA_ANTHROPIC_BASE_URL", "https://name:word@models.example.com"),
        ("NETRA_COMPATIBLE_BASE_URL", "https://models.example.com/v1?key=x"),
        ("NETRA_MODEL_TIMEOUT_SECONDS", "0"),
        ("NETRA_MODEL_THINKING", "a lot"),
        ("NETRA_DEFAULT_MODEL", "oracle:big"),
        ("NETRA_DEFAULT_MODEL", "openai"),
        ("NETRA_DEFAULT_MODEL", "builtin:big"),
        ("NETRA_DEFAULT_FALLBACKS", "builtin,anthropic:"),
    ],
)
def test_an_unusable_value_stops_the_start_and_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    set_all(environment, {**COMPLETE, name: value})
    with pytest.raises(ConfigurationError, match=name):
        load_config()


@pytest.mark.parametrize(
    ("name", "value", "variable"),
    [
        ("NETRA_DEFAULT_MODEL", "openai:big", "NETRA_OPENAI_API_KEY"),
        ("NETRA_DEFAULT_MODEL", "anthropic:big", "NETRA_ANTHROPIC_API_KEY"),
        ("NETRA_DEFAULT_FALLBACKS", "builtin, compatible:big", "NETRA_COMPATIBLE_BASE_URL"),
    ],
)
def test_a_default_model_nobody_can_ask_stops_the_start(
    environment: pytest.MonkeyPatch, name: str, value: str, variable: str
) -> None:
    set_all(environment, {**COMPLETE, name: value})
    with pytest.raises(ConfigurationError, match=f"{name}.*{variable}"):
        load_config()


def test_models_are_read_with_the_access_they_need(environment: pytest.MonkeyPatch) -> None:
    models = {"NETRA_DEFAULT_MODEL": "openai:big", "NETRA_DEFAULT_FALLBACKS": "compatible:llama3:8b, builtin"}
    address = {"NETRA_COMPATIBLE_BASE_URL": "http://127.0.0.1:11434/v1/"}
    set_all(environment, {**COMPLETE, **models, **address, "NETRA_OPENAI_API_KEY": "sk-1"})
    config = load_config()
    assert config.default_fallbacks == ["compatible:llama3:8b", "builtin"]
    sources = config.model_sources()
    assert sources["compatible"]["url"] == "http://127.0.0.1:11434/v1"
    assert sources["openai"]["key"].get_secret_value() == "sk-1"
    missing = {source: access["missing"] for source, access in sources.items() if access["missing"]}
    assert missing == {"anthropic": "NETRA_ANTHROPIC_API_KEY"}


def test_an_unusable_key_is_not_quoted(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, {**COMPLETE, "NETRA_OPENAI_API_KEY": "sk-hidden-word with a space"})
    with pytest.raises(ConfigurationError) as refused:
        load_config()
    assert "hidden-word" not in str(refused.value)


def test_a_password_never_travels_to_the_mail_server_in_clear() -> None:
    assert parse_mail_server("smtp://u:p%40ss@mail.example.com:587") == MailServer(
        "mail.example.com", 587, user="u", password="p@ss", starttls=True
    )
    assert parse_mail_server("smtps://u:p@mail.example.com") == MailServer(
        "mail.example.com", 465, user="u", password="p", tls=True
    )
    assert parse_mail_server("smtp://relay.internal:25") == MailServer("relay.internal", 25)


def test_every_variable_stands_in_the_example_file() -> None:
    listed = set(re.findall(r"^#? ?([A-Z_]+)=", (PROJECT_FOLDER / ".env.example").read_text(), re.MULTILINE))
    assert listed == {str(field.alias) for field in Config.model_fields.values()}


def run_manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NETRA_")}
    command = [sys.executable, str(Path(PROJECT_FOLDER) / "manage.py"), *arguments]
    return subprocess.run(command, env={**clean, **variables}, capture_output=True, text=True, timeout=120, check=False)


def test_showconfig_masks_every_secret() -> None:
    shown = run_manage("showconfig", **COMPLETE, **MODEL_KEYS)
    assert shown.returncode == 0, shown.stderr
    for name in {str(field.alias) for field in Config.model_fields.values()}:
        assert f"{name}=" in shown.stdout
    assert "hidden-word" not in shown.stdout
    assert "k" * 60 not in shown.stdout


def test_a_command_of_an_incomplete_production_says_what_is_missing_without_a_traceback() -> None:
    shown = run_manage("showconfig", **{**COMPLETE, "DATABASE_URL": ""})
    assert shown.returncode != 0
    assert "DATABASE_URL" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_demo_accounts_are_refused_in_production() -> None:
    refused = run_manage("demo", **COMPLETE)
    assert refused.returncode != 0
    assert "development and test only" in refused.stderr


def test_the_web_process_loads_no_agent_library_and_no_vendor() -> None:
    heavy = "('pydantic_ai', 'openai', 'anthropic', 'duckdb', 'genai_prices')"
    code = (
        "import sys, netra.asgi, netra.urls\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False, cwd=PROJECT_FOLDER
    )
    assert shown.stdout.strip() == "[]", shown.stdout + shown.stderr
