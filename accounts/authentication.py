"""Who an API request comes from: a session cookie or a key."""

from __future__ import annotations

from typing import Any

from knox.auth import TokenAuthentication
from rest_framework import authentication
from rest_framework.request import Request

from accounts.keys import note_use


class SessionAuthentication(authentication.SessionAuthentication):
    """A browser's session; a request without one is answered 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        """What a client without credentials is told to bring."""
        return "Bearer"


class KeyAuthentication(TokenAuthentication):
    """A key in the Authorization header, for REST and sockets alike; its use is noted."""

    def validate_user(self, auth_token: Any) -> Any:
        """The key's owner and the key, if the account is active."""
        found = super().validate_user(auth_token)
        note_use(auth_token)
        return found
