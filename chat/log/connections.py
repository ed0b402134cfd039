"""A few asynchronous connections of one event loop: a broken one is dropped, the next use opens a fresh one."""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from django.db import connections as django_connections
from psycopg import AsyncConnection


class Connections:
    """Lends autocommit connections to the project's database.

    A pool of the library waits longer and longer before it reconnects; here the first use after the database's
    return succeeds.
    """

    def __init__(self, most: int, *, lock_timeout_milliseconds: int = 2000) -> None:
        self._free: list[AsyncConnection[Any]] = []
        self._places = asyncio.Semaphore(most)
        self._options = f"-c statement_timeout=5000 -c lock_timeout={lock_timeout_milliseconds}"

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection for one unit of work; any error in that unit closes it."""
        async with self._places:
            connection = await self._take_living() or await self._open()
            try:
                yield connection
            except BaseException:
                await connection.close()
                raise
            self._free.append(connection)

    async def _take_living(self) -> AsyncConnection[Any] | None:
        """An idle connection whose server has not gone away since; those of a former server are dropped."""
        while self._free:
            connection = self._free.pop()
            if not was_hung_up(connection):
                return connection
            await connection.close()
        return None

    async def _open(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            **connection_parameters(), autocommit=True, connect_timeout=3, options=self._options
        )

    async def close(self) -> None:
        """Closes what is idle."""
        while self._free:
            await self._free.pop().close()


def was_hung_up(connection: AsyncConnection[Any]) -> bool:
    """True if there is something to read on an idle connection, which can only be the server's farewell."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def connection_parameters() -> dict[str, Any]:
    """Where Django's database is, for a connection of our own."""
    configured = django_connections["default"].settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {key: configured[name] for key, name in names.items() if configured.get(name)}


DATABASE_GONE = (psycopg.OperationalError, psycopg.InterfaceError, OSError)


def first_line(error: BaseException) -> str:
    """What a failure says in one line, or what it is where it says nothing."""
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__
