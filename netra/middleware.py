"""One id a request, in the log, in the answer and in the run it starts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject

log = structlog.get_logger("netra.request")
QUIET_PATHS = ("/static/", "/healthz", "/readyz", "/statusz", "/metrics")
SECRET_BELOW = ("/accounts/confirm-email/", "/accounts/password/reset/key/")
Respond = Callable[[HttpRequest], "HttpResponseBase | Awaitable[HttpResponseBase]"]


class RequestIdMiddleware:
    """Gives the request an id, binds it to the log and writes one line when the answer is known."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.answer(request)
        started = begin(request)
        response = self.get_response(request)
        assert isinstance(response, HttpResponseBase)
        return finish(request, response, started)

    async def answer(self, request: HttpRequest) -> HttpResponseBase:
        """The asynchronous half of the same."""
        started = begin(request)
        pending = self.get_response(request)
        assert not isinstance(pending, HttpResponseBase)
        return finish(request, await pending, started)


def begin(request: HttpRequest) -> float:
    """Names the request; the id is ours, never the client's."""
    request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request.request_id)  # type: ignore[attr-defined]
    return time.monotonic()


def finish(request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
    """Puts the id on the answer and logs path, status and time, never content."""
    response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
    if not request.path.startswith(QUIET_PATHS):
        log.info(
            "request",
            method=request.method,
            path=loggable(request.path),
            status=response.status_code,
            milliseconds=round((time.monotonic() - started) * 1000, 1),
            **known_user(request),
        )
    return response


def loggable(path: str) -> str:
    """The path without the part that would open something: links of mails end in it."""
    for prefix in SECRET_BELOW:
        if path.startswith(prefix) and path != prefix:
            return f"{prefix}…"
    return path[:200]


def known_user(request: HttpRequest) -> dict[str, str]:
    """The id of who asked, if anything of this request has needed to know; the log never causes a query."""
    user = getattr(request, "_cached_user", None) or request.__dict__.get("user")
    if isinstance(user, LazyObject):
        return {}
    return {"user_id": str(user.pk)} if user is not None and user.is_authenticated else {}
