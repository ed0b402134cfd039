"""Who an API request comes from: a session cookie or a key."""

from __future__ import annotations

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """A browser's session; a request without one is answered 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        """What a client without credentials is told to bring."""
        return "Bearer"
