"""Rows of delivery for tests of the staff's page: what processes counted, say of themselves, and tried."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from chat.models import DeliveryAttempt, DeliveryMinute, Event, Heartbeat, Receipt, UserStream


def add_minute(at: datetime, process: str = "web one", /, **figures: float) -> None:
    """What one process counted in one minute; `appended__notice` stands for `appended|notice`."""
    named = {name.replace("__", "|"): number for name, number in figures.items()}
    DeliveryMinute.objects.create(minute=at.replace(second=0, microsecond=0), process=process, figures=named)


def add_process(name: str, kind: str = "web", *, seconds_ago: float = 0.0, **details: Any) -> None:
    """A process that said this of itself."""
    now = timezone.now()
    seen = now - timedelta(seconds=seconds_ago)
    Heartbeat.objects.create(name=name, kind=kind, started_at=now - timedelta(hours=1), seen_at=seen, details=details)


def add_stream(user: User, *, head: int, acked: int | None, waits: float, floor: int = 0, health: int = 100) -> None:
    """A log whose events were all stored so many seconds ago, acknowledged up to a place or never."""
    now = timezone.now()
    epoch = uuid.uuid4()
    UserStream.objects.update_or_create(user=user, defaults={"epoch": epoch, "last_seq": head, "floor_seq": floor})
    created = now - timedelta(seconds=waits)
    Event.objects.bulk_create(
        Event(user=user, seq=seq, type="notice", created_at=created, data='{"kind": "import"}')
        for seq in range(floor + 1, head + 1)
    )
    if acked is not None:
        Receipt.objects.create(user=user, epoch=epoch, acked_seq=acked, acked_at=created, health=health)


def add_attempt(user: User, channel: str, state: str, *, seq: int, hours_ago: float = 1.0, **more: Any) -> None:
    """An attempt that was opened so many hours ago."""
    at = timezone.now() - timedelta(hours=hours_ago)
    more.setdefault("sent_at", at + timedelta(seconds=5) if state == "sent" else None)
    DeliveryAttempt.objects.create(
        user=user, seq=seq, channel=channel, state=state, created_at=at, next_at=at + timedelta(minutes=1), **more
    )
