"""The log says where something broke and never what people wrote."""

from __future__ import annotations

import io
import json
import logging
from logging.config import dictConfig
from typing import Any

import psycopg
import pytest
import structlog
from django.test import Client

from netra.logs import logging_settings

CANARY = "canary-5d1e"


@pytest.fixture
def lines(request: pytest.FixtureRequest) -> io.StringIO:
    """What a production process would have logged."""
    stream = io.StringIO()
    settings = logging_settings("INFO", json=True)
    formatter: dict[str, Any] = dict(settings["formatters"]["line"])
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.getLogger("tests.logs")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    return stream


def fail_with(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("speaker", ["structlog", "logging"])
def test_a_traceback_has_its_place_and_not_its_values(lines: io.StringIO, speaker: str) -> None:
    logger: Any = structlog.get_logger("tests.logs") if speaker == "structlog" else logging.getLogger("tests.logs")
    try:
        try:
            fail_with(ValueError(f"cannot read {CANARY}"))
        except ValueError as cause:
            raise KeyError(CANARY) from cause
    except KeyError:
        logger.exception("run_fault")
    line = json.loads(lines.getvalue())
    assert line["event"] == "run_fault"
    assert "in fail_with" in line["exception"]
    assert "ValueError" in line["exception"]
    assert "KeyError" in line["exception"]
    assert CANARY not in lines.getvalue()


def test_what_cannot_hold_a_persons_words_is_said(lines: io.StringIO) -> None:
    try:
        fail_with(psycopg.OperationalError("connection refused"))
    except psycopg.OperationalError:
        structlog.get_logger("tests.logs").exception("database_gone")
    assert "connection refused" in lines.getvalue()


def test_debug_shows_everything() -> None:
    assert logging_settings("DEBUG", json=False)["formatters"]["line"]["processors"][1] is (
        structlog.processors.format_exc_info
    )
    dictConfig(logging_settings("INFO", json=False))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/accounts/confirm-email/{CANARY}/", "path=/accounts/confirm-email/…"),
        (f"/accounts/password/reset/key/1-{CANARY}/", "path=/accounts/password/reset/key/…"),
        ("/accounts/password/reset/", "path=/accounts/password/reset/"),
    ],
)
def test_the_links_of_mails_are_not_logged_whole(capfd: pytest.CaptureFixture[str], path: str, shown: str) -> None:
    dictConfig(logging_settings("INFO", json=False))
    Client().get(path)
    logged = capfd.readouterr().err
    assert shown in logged
    assert CANARY not in logged
