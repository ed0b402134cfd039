"""What the tests of accounts share: limits of their own, and a quick password hash."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client


@pytest.fixture(autouse=True)
def own_limits(settings: LazySettings) -> None:
    """Counters that no other test has touched, also not one that runs at the same time."""
    default = {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid.uuid4().hex}"}
    settings.CACHES = {**settings.CACHES, "default": default}


@pytest.fixture
def quick_hash(settings: LazySettings) -> None:
    """Hundreds of tries in a second: what is counted is not what a hash costs."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_in(client: Client, email: str, password: str, **headers: Any) -> Any:
    """The sign-in page, filled in."""
    return client.post("/accounts/login/", {"login": email, "password": password}, **headers)


def is_signed_in(client: Client) -> bool:
    """Whether the chat opens."""
    return client.get("/").status_code == 200


def link_in_last_mail(pattern: str = r"http\S+") -> str:
    """The path of the link in the mail that was sent last."""
    found = re.search(pattern, str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return re.sub(r"^https?://[^/]+", "", found[0])
