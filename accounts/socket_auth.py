"""Who opens a socket: a browser with its session and an exact origin, or a client with a key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from asgiref.sync import ThreadSensitiveContext
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed

from accounts.authentication import KeyAuthentication
from accounts.models import ApiKey

# So many are looked up at the same time, each in a thread of its own. Left to the library all share one, and where
# thousands come at once each waits for the database's answers to all before it.
LOOKED_UP_AT_ONCE: Final = 4
Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


def authenticate_socket(application: Application) -> Application:
    """Puts `user` (or None) into the scope; refuses a foreign origin with HTTP 403 before anything is accepted."""
    places = asyncio.Semaphore(LOOKED_UP_AT_ONCE)

    async def authenticated(scope: Scope, receive: Any, send: Any) -> None:
        key = bearer_key(scope)
        if key is None and not origin_is_ours(scope):
            await receive()
            await send({"type": "websocket.close", "code": 4403})
            return
        async with places, ThreadSensitiveContext():
            found = await with_session(scope) if key is None else await with_key(scope, key)
        await application(found, receive, send)

    return authenticated


async def with_session(scope: Scope) -> Scope:
    """The scope with what the browser's cookie says."""
    found: list[Scope] = []

    async def keep(scope: Scope, receive: Any, send: Any) -> None:
        found.append(scope)

    await AuthMiddlewareStack(keep)(scope, None, None)
    return found[0]


async def with_key(scope: Scope, key: bytes) -> Scope:
    """The scope with the key's owner, and how far the key goes."""
    user, found = await owner_of_key(key)
    told = {"key_digest": found.digest, "key_scope": found.scope} if found else {"key_digest": None, "key_scope": None}
    return {**scope, **told, "user": user, "session": None}


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
