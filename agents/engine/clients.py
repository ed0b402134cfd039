"""The one HTTP client that all models of a process share, and how long it waits."""

from __future__ import annotations

from typing import Final

import httpx2
from django.conf import settings
from pydantic_ai.settings import ThinkingLevel

CONNECT_SECONDS: Final = 10.0
SEND_SECONDS: Final = 60.0
MOST_CONNECTIONS: Final = 256
MOST_IDLE_CONNECTIONS: Final = 32

_client_of_process: dict[str, httpx2.AsyncClient] = {}


def client_timeouts() -> httpx2.Timeout:
    """How long to wait for a connection, and how long for the next bytes of an answer, the first ones included."""
    return httpx2.Timeout(
        connect=CONNECT_SECONDS, pool=CONNECT_SECONDS, write=SEND_SECONDS, read=float(settings.MODEL_TIMEOUT_SECONDS)
    )


def shared_client() -> httpx2.AsyncClient:
    """The client, made on first use; it belongs to the event loop that all runs of a worker live on.

    It follows no redirect: an API key would travel along to wherever that leads.
    """
    if "client" not in _client_of_process:
        _client_of_process["client"] = httpx2.AsyncClient(
            timeout=client_timeouts(),
            limits=httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_IDLE_CONNECTIONS),
            follow_redirects=False,
        )
    return _client_of_process["client"]


async def close_shared_client() -> None:
    """Closes its connections; the next model gets a new client."""
    if client := _client_of_process.pop("client", None):
        await client.aclose()


def thinking_effort() -> ThinkingLevel | None:
    """How much models that can reason are asked to; None: they decide themselves."""
    efforts: dict[str, ThinkingLevel] = {"off": False, "low": "low", "medium": "medium", "high": "high"}
    chosen = settings.MODEL_THINKING
    return None if chosen is None else efforts[chosen]
