"""Sessions of browsers: their store, who is signed in where, and their end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as StockStore
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import Action, record
from accounts.clients import client_ip
from accounts.errors import SessionNotFound
from accounts.models import Session, User

SEEN_EVERY: Final = timedelta(minutes=1)
# However often it is used: after this a session has to begin anew. Unused it ends after SESSION_COOKIE_AGE.
LONGEST: Final = timedelta(days=90)
MOST_LISTED: Final = 200
USER_AGENT_CHARACTERS: Final = 300


class SessionStore(StockStore):
    """Django's sessions in the database, with columns that say whose and from where."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our table."""
        return Session

    def create_model_instance(self, data: Any) -> Any:
        """The row, its columns filled from the data."""
        return fill_columns(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data: Any) -> Any:
        """The asynchronous half of the same."""
        return fill_columns(await super().acreate_model_instance(data), data)


def fill_columns(session: Any, data: Mapping[str, Any]) -> Any:
    """Copies what the data says of the browser into the row's columns."""
    session.user_id = data.get(SESSION_KEY)
    session.ip = data.get("ip")
    session.user_agent = data.get("user_agent", "")
    session.began_at = moment(data.get("began_at"))
    session.seen_at = moment(data.get("seen_at"))
    return session


def moment(text: str | None) -> datetime | None:
    """A moment as the session's data keeps it."""
    return datetime.fromisoformat(text) if text else None


def note_activity(request: HttpRequest) -> None:
    """Keeps where a signed-in browser is and that it was there, at most once a minute; that also prolongs it."""
    now = timezone.now()
    seen_at = moment(request.session.get("seen_at"))
    if seen_at and now - seen_at < SEEN_EVERY:
        return
    request.session.setdefault("began_at", now.isoformat())
    request.session["seen_at"] = now.isoformat()
    request.session["ip"] = client_ip(request)
    request.session["user_agent"] = request.headers.get("User-Agent", "")[:USER_AGENT_CHARACTERS]


def is_too_old(request: HttpRequest) -> bool:
    """True for a session that has to begin anew."""
    began_at = moment(request.session.get("began_at"))
    return began_at is not None and timezone.now() - began_at > LONGEST


def sessions_for(user: User) -> QuerySet[Session]:
    """Where this person is signed in, the last seen first."""
    living = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    return living.order_by(F("seen_at").desc(nulls_last=True))[:MOST_LISTED]


def forget_ended_sessions() -> int:
    """Removes what is over of everybody's sessions."""
    return Session.objects.filter(expire_date__lte=timezone.now()).delete()[0]


@transaction.atomic
def end_session(user: User, public_id: str, *, ip: str | None = None) -> Session:
    """Signs one browser out; its sockets follow within two seconds."""
    found = next((session for session in sessions_for(user) if session.public_id == public_id), None)
    if found is None:
        raise SessionNotFound
    found.delete()
    record(Action.SESSION_ENDED, user=user, ip=ip)
    return found


def end_other_sessions(user: User, current_key: str | None) -> int:
    """Removes every session of this person but one."""
    return Session.objects.filter(user=user).exclude(session_key=current_key or "").delete()[0]


@transaction.atomic
def sign_out_everywhere(user: User, *, ip: str | None = None) -> None:
    """Ends every session and socket of this person, also those opened with a key; the keys stay."""
    User.objects.filter(id=user.id).update(auth_version=F("auth_version") + 1)
    ended = end_other_sessions(user, None)
    record(Action.SIGNED_OUT_EVERYWHERE, user=user, ip=ip, sessions=ended)
