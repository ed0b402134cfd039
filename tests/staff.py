"""Members of staff for tests, each with exactly the rights a test gives."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.conftest import hashed_password

VIEW = (
    "accounts.view_user", "accounts.view_apikey", "accounts.view_auditentry", "chat.view_thread", "chat.view_run",
    "chat.view_agent", "agents.view_agentsettings", "agents.view_dataset",
    "agents.view_priceoverride",
)  # fmt: skip
READ = "chat.read_content"
LISTS = (
    "accounts/user", "accounts/apikey", "accounts/auditentry", "chat/thread", "chat/run", "chat/agent",
    "agents/agentsettings", "agents/dataset", "agents/priceoverride",
)  # fmt: skip


def make_staff(email: str, *permissions: str) -> User:
    """A member of staff with these permissions, as `app.codename`."""
    person = User.objects.create(email=email, password=hashed_password(), is_staff=True)
    for name in permissions:
        app, _, codename = name.partition(".")
        person.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return person


def make_superuser(email: str = "boss@example.com") -> User:
    """Somebody who may do everything."""
    return User.objects.create(email=email, password=hashed_password(), is_staff=True, is_superuser=True)


def signed_in(person: User) -> Client:
    """A browser of this person."""
    client = Client()
    client.force_login(person)
    return client


def count_queries(client: Client, path: str) -> int:
    """How many statements a page needs."""
    # The first request of a session also notes where it came from.
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code == 200
    return len(queries)
