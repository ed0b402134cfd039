"""Notes that a signed-in browser is there, and ends sessions that are too old."""

from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

from accounts.sessions import is_too_old, note_activity


class ActivityMiddleware(MiddlewareMixin):
    """Costs nothing but a look into the session that the request has read anyway."""

    def process_request(self, request: HttpRequest) -> None:
        """A session that is too old is signed out before anything is done with it."""
        if not request.session.session_key or not request.user.is_authenticated:
            return
        if is_too_old(request):
            logout(request)
        else:
            note_activity(request)
