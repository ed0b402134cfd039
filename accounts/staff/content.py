"""The right to read what people wrote, and the trail of its use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import Action, record
from accounts.clients import acting_user, client_ip
from accounts.models import AuditEntry, User

READ_CONTENT: Final = "chat.read_content"
ONE_ENTRY_FOR: Final = timedelta(hours=1)


def may_read_content(request: HttpRequest) -> bool:
    """True for staff who may see titles, questions, answers, tool arguments and results."""
    return acting_user(request).has_perm(READ_CONTENT)


def record_content_read(request: HttpRequest, owner: User | None, **place: Any) -> None:
    """Notes that this member of staff read what lies in this place; once an hour is enough."""
    reader = acting_user(request)
    with transaction.atomic():
        lock_reader(reader)
        earlier = AuditEntry.objects.filter(
            actor=reader,
            action=Action.CONTENT_READ,
            at__gt=timezone.now() - ONE_ENTRY_FOR,
            **{f"detail__{name}": value for name, value in place.items()},
        )
        if not earlier.exists():
            record(Action.CONTENT_READ, user=owner, actor=reader, ip=client_ip(request), **place)


def lock_reader(reader: User) -> None:
    """Two tabs of one reader take their turn, so that both do not write the first entry."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"content_read {reader.pk}"])
