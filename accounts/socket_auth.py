"""Who opens a socket: a browser with its session and an exact origin, or a client with a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed

from accounts.authentication import KeyAuthentication
from accounts.models import ApiKey

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


def authenticate_socket(application: Application) -> Application:
    """Puts `user` (or None) into the scope; refuses a foreign origin with HTTP 403 before anything is accepted."""
    with_session = AuthMiddlewareStack(application)

    async def authenticated(scope: Scope, receive: Any, send: Any) -> None:
        key = bearer_key(scope)
        if key is not None:
            user, found = await owner_of_key(key)
            told = {
                "user": user,
                "session": None,
                "key_digest": found.digest if found else None,
                "key_scope": found.scope if found else None,
            }
            await application({**scope, **told}, receive, send)
        elif origin_is_ours(scope):
            await with_session(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4403})

    return authenticated


def bearer_key(scope: Scope) -> bytes | None:
    """The key of an Authorization header; browsers cannot send one."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return bytes(value[7:].strip())
    return None


def origin_is_ours(scope: Scope) -> bool:
    """True for exactly one Origin header that equals a configured origin, scheme and port included."""
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    return len(origins) == 1 and origins[0].decode("latin-1") in settings.ALLOWED_ORIGINS


@database_sync_to_async  # type: ignore[untyped-decorator]
def owner_of_key(key: bytes) -> tuple[Any, ApiKey | None]:
    """The account a key belongs to and the key; nothing for a key that is not good."""
    try:
        user, found = KeyAuthentication().authenticate_credentials(key)
    except (AuthenticationFailed, UnicodeDecodeError):
        return None, None
    return user, found
