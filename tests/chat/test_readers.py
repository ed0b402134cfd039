"""Whoever only reads waits for nobody who writes: not even for a worker that froze in the middle of a commit."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from accounts.models import User
from chat.log.connections import connection_parameters
from chat.models import UserStream
from chat.selectors import events_for, snapshot_for, usage_for
from chat.threads import post_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def frozen_writer(owner: User, agent: object) -> Iterator[None]:
    """A transaction that has moved the owner's stream and neither commits nor ends."""
    post_message(owner, text="Hello", client_id="c1")
    with psycopg.connect(**connection_parameters()) as writer:
        writer.execute("UPDATE chat_userstream SET last_seq = last_seq + 1 WHERE user_id = %s", (owner.id,))
        yield
        writer.rollback()


def test_reads_go_on_beside_a_frozen_writer(owner: User, frozen_writer: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    assert b'"as_of_seq":2' in snapshot_for(owner, None)
    assert len(events_for(owner, after=0)[0]) == 2
    assert usage_for(owner)["events"] == 2


def test_a_stream_is_made_on_first_use_and_once(owner: User) -> None:
    for _ in range(2):
        snapshot_for(owner, None)
    assert UserStream.objects.filter(user=owner).count() == 1
