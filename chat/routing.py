"""Socket routes."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from chat.consumers import UserConsumer


async def refuse_unknown_path(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """HTTP 403 for a socket to nowhere."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})


websocket_urlpatterns = [
    path("ws/", UserConsumer.as_asgi()),
    re_path(r"", refuse_unknown_path),  # type: ignore[arg-type]
]
