"""People and things most tests need."""

from __future__ import annotations

import functools
from collections.abc import Generator

import pytest
from django.contrib.auth.hashers import get_hasher, make_password

from accounts.limits import Tier
from accounts.models import User
from chat.models import Agent, Thread
from chat.queue import dispatcher
from tests.browser import browser, context, page

# One browser for the page's tests and the stack's: a second Playwright in one process does not start.
__all__ = ["browser", "context", "page"]

PASSWORD = "correct horse battery staple"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """What a test had sent in the background is done before its database is taken away."""
    try:
        return (yield)
    finally:
        dispatcher.drain()


@pytest.fixture(autouse=True)
def own_breakers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed in one test is not held against the next."""
    monkeypatch.setattr("chat.breaker._breakers", {})


def hashed_password() -> str:
    """The password as accounts keep it, made once for each way of keeping it: making it is meant to be slow."""
    return _hash_password(get_hasher().algorithm)


@functools.cache
def _hash_password(algorithm: str) -> str:
    return make_password(PASSWORD, hasher=algorithm)


def make_user(email: str, tier: Tier = Tier.MID) -> User:
    """An account that may do a lot."""
    return User.objects.create(email=email, password=hashed_password(), tier=tier)


@pytest.fixture
def owner(db: None) -> User:
    """The person whose things these are."""
    return make_user("owner@example.com")


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody else, who must not see them."""
    return make_user("stranger@example.com")


@pytest.fixture
def agent(db: None) -> Agent:
    """The agent every thread talks to."""
    found, _ = Agent.objects.get_or_create(name="netra", defaults={"title": "Netra"})
    return found


@pytest.fixture
def thread(owner: User, agent: Agent) -> Thread:
    """A thread of the owner."""
    return Thread.objects.create(user=owner, title="Costs")
