"""Two thin drivers of the one append: a worker's own connection, and a caller's Django transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection as django_connection
from psycopg import AsyncConnection

from chat.log.append import Append, Outcome, Rows, Statement, append_steps, insert_statement


async def append_pipelined(connection: AsyncConnection[Any], batch: Sequence[Append], *, wait: bool) -> Outcome:
    """One transaction on an autocommit connection, few round trips; on an error the caller drops the connection."""
    steps = append_steps(batch, wait=wait, own_transaction=True)
    results: list[Rows] | None = None
    while True:
        try:
            statements = steps.send(results)  # type: ignore[arg-type]
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        results = await run_step(connection, statements)


async def run_step(connection: AsyncConnection[Any], statements: list[Statement]) -> list[Rows]:
    """The rows of each statement of one step, sent together."""
    if statements[0].copy_rows is not None:
        async with connection.cursor() as cursor, cursor.copy(statements[0].sql.encode()) as copy:
            for row in statements[0].copy_rows:
                await copy.write_row(row)
        return [[]]
    async with connection.pipeline():
        cursors = [await connection.execute(s.sql.encode(), s.params) for s in statements]
    return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]


def append_in_transaction(append: Append) -> Outcome:
    """Appends in the caller's own transaction, waiting for locks; nothing is visible before it commits."""
    steps = append_steps([append], wait=True, own_transaction=False)
    results: list[Rows] | None = None
    while True:
        try:
            statements = steps.send(results)  # type: ignore[arg-type]
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        results = [run_here(statement) for statement in statements]


def run_here(statement: Statement) -> Rows:
    """The rows of one statement on Django's connection."""
    with django_connection.cursor() as cursor:
        if statement.copy_rows is not None:
            statement = insert_statement(statement.copy_rows)
        cursor.execute(statement.sql, list(statement.params))
        return cursor.fetchall() if cursor.description else []
