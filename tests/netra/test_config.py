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
    ],
)
def test_an_unusable_value_stops_the_start_and_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    set_all(environment, {**COMPLETE, name: value})
    with pytest.raises(ConfigurationError, match=name):
        load_config()


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
    shown = run_manage("showconfig", **COMPLETE)
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
