"""Who may change whose account, and which of its fields."""

from __future__ import annotations

from django.db.models import F

from accounts.models import User

# Who may touch these decides who rules the site.
RIGHTS = ("is_staff", "is_superuser", "user_permissions")
OWN = ("is_active", "is_staff", "is_superuser")


def may_change(viewer: User, person: User) -> bool:
    """Superusers may change everybody; other staff only people without rights, lest they take a colleague's place."""
    return viewer.is_superuser or not (person.is_staff or person.is_superuser)


def fields_kept_from(viewer: User, person: User | None) -> tuple[str, ...]:
    """Rights are granted by superusers only, and nobody shuts the door on themselves."""
    if not viewer.is_superuser:
        return RIGHTS
    return OWN if person == viewer else ()


def end_access(user: User) -> None:
    """Every session and socket of this person ends."""
    User.objects.filter(pk=user.pk).update(auth_version=F("auth_version") + 1)
