"""The trail of what was done with accounts: one entry a deed, in the transaction of the deed itself."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import AuditEntry, User

FAILURES_A_ROW: Final = timedelta(hours=1)
RECENT: Final = 20


class Action(StrEnum):
    """Everything the trail may say."""

    SIGNED_UP = "signed_up"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    ADDRESS_CONFIRMED = "address_confirmed"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (a word, not a password)
    PASSWORD_RESET = "password_reset"  # noqa: S105  (a word, not a password)
    KEY_CREATED = "key_created"
    KEY_REVOKED = "key_revoked"
    NOTIFICATIONS_CHANGED = "notifications_changed"
    DATA_EXPORTED = "data_exported"
    ACCOUNT_DELETED = "account_deleted"
    ACCOUNT_CHANGED = "account_changed"
    RUN_CANCELLED = "run_cancelled"
    RUN_RETRIED = "run_retried"
    CONTENT_READ = "content_read"
    SETTINGS_CHANGED = "settings_changed"


def record(
    action: Action, *, user: User | None, actor: User | None = None, ip: str | None = None, **detail: Any
) -> AuditEntry:
    """Adds an entry about this person's account; `actor` is who did it, the person unless said otherwise."""
    return AuditEntry.objects.create(action=str(action), user=user, actor=actor or user, ip=ip, detail=detail)


@transaction.atomic
def count_failed_sign_in(user: User | None, *, ip: str | None) -> None:
    """One entry an account and hour says how often it failed; all unknown addresses share theirs."""
    known = AuditEntry.objects.select_for_update().filter(
        action=str(Action.SIGN_IN_FAILED), user=user, at__gt=timezone.now() - FAILURES_A_ROW
    )
    entry = known.order_by("-at").first()
    if entry is None:
        AuditEntry.objects.create(action=str(Action.SIGN_IN_FAILED), user=user, ip=ip, detail={"count": 1})
        return
    entry.ip, entry.detail = ip, {**entry.detail, "count": entry.detail.get("count", 0) + 1}
    entry.save(update_fields=["ip", "detail"])


def entries_for(user: User, most: int = RECENT) -> QuerySet[AuditEntry]:
    """What was done with this person's account, the newest first."""
    return AuditEntry.objects.filter(user=user).select_related("actor").order_by("-at", "-id")[:most]


SENTENCES: Final[dict[str, str]] = {
    Action.SIGNED_UP: "Account opened",
    Action.SIGNED_IN: "Signed in",
    Action.SIGN_IN_FAILED: "Sign-in failed",
    Action.ADDRESS_CONFIRMED: "E-mail address confirmed",
    Action.SIGNED_OUT_EVERYWHERE: "Signed out everywhere",
    Action.SESSION_ENDED: "A session was signed out",
    Action.PASSWORD_CHANGED: "Password changed",
    Action.PASSWORD_RESET: "New password set by mail",
    Action.KEY_CREATED: "API key made",
    Action.KEY_REVOKED: "API key revoked",
    Action.NOTIFICATIONS_CHANGED: "Notifications changed",
    Action.DATA_EXPORTED: "Data exported",
    Action.ACCOUNT_CHANGED: "Account changed",
    Action.RUN_CANCELLED: "A run was stopped",
    Action.RUN_RETRIED: "A run was tried again",
    Action.CONTENT_READ: "What you wrote was read",
}


def is_own_deed(entry: AuditEntry) -> bool:
    """False for what an administrator did: from where, and what else is noted of it, is not the person's business."""
    return entry.actor_id in {None, entry.user_id}


def describe(entry: AuditEntry) -> str:
    """The entry as its person reads it."""
    sentence = SENTENCES.get(entry.action, entry.action.replace("_", " ").capitalize())
    if not is_own_deed(entry):
        return f"{sentence} (by an administrator)"
    name, count = entry.detail.get("name"), entry.detail.get("count", 1)
    if isinstance(name, str) and name:
        sentence += f": {name}"
    if isinstance(count, int) and count > 1:
        sentence += f" {count} times"
    return sentence
