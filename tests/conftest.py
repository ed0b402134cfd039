"""People and things most tests need."""

from __future__ import annotations

from collections.abc import Generator

import pytest

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


def make_user(email: str, tier: Tier = Tier.MID) -> User:
    """An account that may do a lot."""
    return User.objects.create_user(email, PASSWORD, tier=tier)


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
