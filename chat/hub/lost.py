"""Whose session, key or account has ended while a socket of theirs was open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from accounts.access import READ_ACCESS, READ_KEYS, READ_SESSIONS
from chat.hub.feed import Access, Socket


async def find_lost(connection: AsyncConnection[Any], sockets: Sequence[Socket]) -> list[Socket]:
    """Those of the sockets that may not read any more."""
    people = list({socket.user_id for socket in sockets})
    versions = dict(await (await connection.execute(READ_ACCESS, (people,))).fetchall())
    live = await find_live(connection, {socket.access for socket in sockets})
    return [
        socket
        for socket in sockets
        if versions.get(socket.user_id) != socket.access.auth_version or credential_of(socket.access) not in live
    ]


async def find_live(connection: AsyncConnection[Any], accesses: set[Access]) -> set[str]:
    """The sessions and keys among these that have not ended."""
    sessions = [access.session_key for access in accesses if access.session_key]
    keys = [access.key_digest for access in accesses if access.key_digest]
    live: set[str] = set()
    for statement, credentials in ((READ_SESSIONS, sessions), (READ_KEYS, keys)):
        if credentials:
            live |= {row[0] for row in await (await connection.execute(statement, (credentials,))).fetchall()}
    return live


def credential_of(access: Access) -> str | None:
    """By what the socket came in."""
    return access.session_key or access.key_digest
