"""Database work of a run: in a thread, on a connection that is alive, and again after the database was away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import structlog
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections

from chat.log.connections import first_line

log = structlog.get_logger(__name__)
PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.2
Answer = TypeVar("Answer")


async def in_database(work: Callable[..., Answer], *arguments: Any) -> Answer:
    """The answer of work that may be repeated; a database that restarts meanwhile delays it and nothing else."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await sync_to_async(perform, thread_sensitive=False)(work, *arguments)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            log.warning("database_unreachable", error=first_line(error))
        await asyncio.sleep(PAUSE_SECONDS)


def perform(work: Callable[..., Answer], *arguments: Any) -> Answer:
    """One try, in whatever thread this is; the connection is given back."""
    close_old_connections()
    try:
        return work(*arguments)
    finally:
        close_old_connections()
