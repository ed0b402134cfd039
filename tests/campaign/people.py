"""People of a campaign: accounts with a key, made in one transaction, known to all processes by id and key."""

from __future__ import annotations

import uuid
from typing import NamedTuple


class Person(NamedTuple):
    """Somebody, and the key their clients come with."""

    id: str
    key: str


def make_people(count: int) -> list[Person]:
    """New people of the largest tier, each with a stream and a key."""
    from django.db import close_old_connections, transaction

    from accounts.keys import issue_key
    from accounts.models import User
    from chat.log import ensure_stream

    # The database may have been another process when this one used it last.
    close_old_connections()
    made = []
    with transaction.atomic():
        for _ in range(count):
            person = User.objects.create(email=f"{uuid.uuid4().hex}@example.com", tier="enterprise")
            ensure_stream(person.id)
            made.append(Person(str(person.id), issue_key(person, name="campaign")))
    return made
