"""How long things are kept: steps of ended runs as the operator sets it, records of delivery for some days."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from chat.models import Alert, BreakerChange, DeliveryAttempt, DeliveryMinute, UserStream

STREAMS_A_ROUND: Final = 100
EVENTS_A_BATCH: Final = 2_000
ROUND_SECONDS: Final = 0.2
MINUTES_KEPT_DAYS: Final = 8
RECORDS_KEPT_DAYS: Final = 30
ROWS_A_ROUND: Final = 1_000
# The next streams in the order of their users, and of each whether its oldest event is too old.
READ_STREAMS: Final = """
SELECT stream.user_id, COALESCE(oldest.created_at < clock_timestamp() - make_interval(days => %s), false)
  FROM (SELECT user_id FROM chat_userstream WHERE user_id > %s ORDER BY user_id LIMIT %s) AS stream
  LEFT JOIN LATERAL (
       SELECT created_at FROM chat_event WHERE user_id = stream.user_id ORDER BY seq LIMIT 1) AS oldest ON true
 ORDER BY stream.user_id
"""
# From the oldest on without a gap: the first event that must stay ends it, whatever comes behind.
FIND_EXPIRED: Final = """
WITH oldest AS (
    SELECT seq, run_id, created_at FROM chat_event WHERE user_id = %(user)s ORDER BY seq LIMIT %(most)s
), judged AS (
    SELECT oldest.seq, bool_and(
               oldest.created_at < clock_timestamp() - make_interval(days => %(days)s)
               AND (run.id IS NULL
                    OR COALESCE(run.finished_at < clock_timestamp() - make_interval(days => %(days)s), false))
           ) OVER (ORDER BY oldest.seq) AS expired
      FROM oldest LEFT JOIN chat_run AS run ON run.id = oldest.run_id
)
SELECT max(seq), count(*) FROM judged WHERE expired
"""
REMOVE_EVENTS: Final = "DELETE FROM chat_event WHERE user_id = %s AND seq <= %s"


class StreamWalk:
    """Goes round all streams, some at a time; a fresh process begins anew."""

    def __init__(self) -> None:
        self._last = uuid.UUID(int=0)

    def take(self, most: int) -> list[uuid.UUID]:
        """Of the next streams those with events that are too old."""
        with connection.cursor() as cursor:
            cursor.execute(READ_STREAMS, [settings.KEEP_EVENTS_DAYS, self._last, most])
            rows = cursor.fetchall()
        self._last = rows[-1][0] if len(rows) == most else uuid.UUID(int=0)
        return [user_id for user_id, is_expired in rows if is_expired]


walk = StreamWalk()


def forget_old_events() -> int:
    """Removes what is older than the operator keeps, some at a time; 0 days keep everything."""
    if not settings.KEEP_EVENTS_DAYS:
        return 0
    until = time.monotonic() + ROUND_SECONDS
    forgotten = 0
    for user_id in walk.take(STREAMS_A_ROUND):
        batch = EVENTS_A_BATCH
        while batch == EVENTS_A_BATCH and time.monotonic() < until:
            batch = forget_oldest(user_id)
            forgotten += batch
    return forgotten


def forget_oldest(user_id: uuid.UUID) -> int:
    """Removes one batch from the oldest end of the user's stream and raises its floor, in one transaction.

    Runs that have not ended keep all their events, and so does everything behind the first of these.
    """
    with transaction.atomic():
        free = UserStream.objects.select_for_update(no_key=True, skip_locked=True)
        stream = free.filter(user_id=user_id).first()
        if stream is None:
            return 0
        last, number = find_expired(user_id)
        if last is None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(REMOVE_EVENTS, [user_id, last])
        stream.floor_seq = last
        stream.save(update_fields=["floor_seq"])
    return number


def find_expired(user_id: uuid.UUID) -> tuple[int | None, int]:
    """Up to where the user's oldest events may go, and how many these are."""
    values: dict[str, Any] = {"user": user_id, "most": EVENTS_A_BATCH, "days": settings.KEEP_EVENTS_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(FIND_EXPIRED, values)
        last, number = cursor.fetchone()
    return last, number


def forget_old_deliveries() -> int:
    """Removes figures and records of delivery that nobody looks at any more, some at a time."""
    minutes = timezone.now() - timedelta(days=MINUTES_KEPT_DAYS)
    records = timezone.now() - timedelta(days=RECORDS_KEPT_DAYS)
    return (
        remove_some(DeliveryMinute.objects.filter(minute__lt=minutes).order_by("minute"))
        + remove_some(DeliveryAttempt.objects.filter(created_at__lt=records).order_by("created_at"))
        + remove_some(BreakerChange.objects.filter(at__lt=records).order_by("at"))
        + remove_some(Alert.objects.filter(ended_at__lt=records).order_by("ended_at"))
    )


def remove_some(rows: models.QuerySet[Any]) -> int:
    """Removes the first of these rows."""
    ids = list(rows.values_list("pk", flat=True)[:ROWS_A_ROUND])
    return rows.model.objects.filter(pk__in=ids).delete()[0] if ids else 0
