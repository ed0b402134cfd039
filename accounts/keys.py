"""API keys: issued, used, revoked."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.audit import Action, record
from accounts.errors import KeyNotFound, TooManyKeys
from accounts.models import ApiKey, User

USUAL_LIFETIME: Final = timedelta(days=90)
USED_EVERY: Final = timedelta(minutes=1)


@transaction.atomic
def make_key(
    user: User,
    *,
    name: str,
    scope: str = ApiKey.Scope.WRITE,
    lifetime: timedelta | None = USUAL_LIFETIME,
    ip: str | None = None,
) -> tuple[ApiKey, str]:
    """A new key of this person and its text, which is not stored and cannot be shown again."""
    # Two requests at once must not both be the last one allowed.
    User.objects.select_for_update(no_key=True).get(id=user.id)
    if living_keys_for(user).count() >= user.limits.api_keys:
        raise TooManyKeys(limit=user.limits.api_keys)
    ApiKey.objects.filter(user=user).exclude(living()).delete()
    key, text = ApiKey.objects.create(user=user, name=name, scope=scope, expiry=lifetime)
    record(Action.KEY_CREATED, user=user, ip=ip, name=name, scope=scope)
    return key, str(text)


def issue_key(user: User, *, name: str, scope: str = ApiKey.Scope.WRITE, ip: str | None = None) -> str:
    """The text of a new key with the usual lifetime."""
    return make_key(user, name=name, scope=scope, ip=ip)[1]


@transaction.atomic
def revoke_key(user: User, public_id: uuid.UUID, *, ip: str | None = None) -> None:
    """Ends a key of this person, and within two seconds its sockets."""
    key = ApiKey.objects.filter(user=user, public_id=public_id).first()
    if key is None:
        raise KeyNotFound
    key.delete()
    record(Action.KEY_REVOKED, user=user, ip=ip, name=key.name)


def keys_for(user: User) -> QuerySet[ApiKey]:
    """This person's keys, the newest first."""
    keys: QuerySet[ApiKey] = ApiKey.objects.filter(user=user).order_by("-created")
    return keys


def living_keys_for(user: User) -> QuerySet[ApiKey]:
    """Those of them that still open something."""
    return keys_for(user).filter(living())


def living() -> Q:
    """Keys whose time is not over."""
    return Q(expiry__isnull=True) | Q(expiry__gt=timezone.now())


def note_use(key: ApiKey) -> None:
    """Keeps when a key was last used, at most once a minute."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        ApiKey.objects.filter(digest=key.digest).update(last_used_at=now)
