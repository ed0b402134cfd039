"""Database work of a run goes on after the database was away."""

from __future__ import annotations

import asyncio

import pytest
from django.db import IntegrityError, connection

from agents.engine.database import in_database

pytestmark = pytest.mark.django_db(transaction=True)


def test_work_whose_connection_was_ended_is_done_again() -> None:
    tries: list[int] = []

    def work(answer: str) -> str:
        tries.append(len(tries))
        with connection.cursor() as cursor:
            if len(tries) == 1:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            cursor.execute("SELECT %s::text", [answer])
            return str(cursor.fetchone()[0])

    assert asyncio.run(in_database(work, "done")) == "done"
    assert tries == [0, 1]


def test_work_that_the_database_refuses_is_not_repeated() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(len(tries))
        raise IntegrityError("duplicate key")

    with pytest.raises(IntegrityError):
        asyncio.run(in_database(work))
    assert tries == [0]
