"""What a view and the connection in front of it tell each other about one request."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from rest_framework.request import Request

from accounts.errors import NetraError
from accounts.models import ApiKey, User
from chat.hub import Access
from chat.models import UserStream

LINE: Final = "netra.line"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who reads a log, by what right and from where on, as a view has found it."""

    user_id: uuid.UUID
    access: Access
    most_sockets: int
    epoch: uuid.UUID
    head: int
    cursor: int
    # What the client has by its own word; None if it named no place.
    has_up_to: int | None
    watched_thread: str | None = None


@dataclass(slots=True)
class Line:
    """A connection that can stay open after Django's answer; without an asker it ends with that answer."""

    asker: Asker | None = None
    # How long the answer may wait for something to tell; 0: it is complete.
    seconds: float = 0.0
    # What the connection found out and the view is to answer.
    refusal: NetraError | None = None


def line_of(request: Request) -> Line:
    """The request's line; where nobody offers one, a line that nobody will take up."""
    scope = getattr(request, "scope", {})
    line = scope.get(LINE) or Line()
    assert isinstance(line, Line)
    return line


def describe_asker(
    request: Request, stream: UserStream, *, cursor: int, has_up_to: int | None, watched_thread: str | None = None
) -> Asker:
    """The person behind the request, reading from a place on."""
    user, key = request.user, request.auth
    assert isinstance(user, User)
    digest = key.digest if isinstance(key, ApiKey) else None
    access = Access(user.auth_version, None if digest else request.session.session_key, digest)
    return Asker(user.id, access, user.limits.sockets, stream.epoch, stream.last_seq, cursor, has_up_to, watched_thread)
