"""Issues API keys."""

from __future__ import annotations

from accounts.models import ApiKey, User


def issue_key(user: User, *, name: str, scope: str = ApiKey.Scope.WRITE) -> str:
    """A new key of this person; the text is not stored and cannot be shown again."""
    _, token = ApiKey.objects.create(user=user, name=name, scope=scope)
    return str(token)
