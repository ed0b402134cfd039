"""Channel 2: what has gone unacknowledged for some seconds is published once more, by a worker, through the queue."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Final

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from chat.compaction import last_joined_seq
from chat.emitter import publisher_thread
from chat.events import encode_event
from chat.heartbeats import SILENT_AFTER_SECONDS
from chat.log import Chunk, read_after
from chat.measures import measures
from chat.models import DeliveryAttempt, UserStream
from chat.queue import Task, dispatcher
from chat.receipts import acked_seq
from chat.switches import is_on

REDELIVER: Final = Task("chat.redeliver", "runs")
MOST_EVENTS: Final = 5_000
MOST_A_ROUND: Final = 100
# The queue is asked again after so long, if it did not take the task; who has taken it has so long to do it.
ASK_AGAIN_SECONDS: Final = 15.0
DONE_WITHIN_SECONDS: Final = 60.0
MOST_TRIES: Final = 5
QUEUED: Final = "in the queue"
# Of people with an open socket: whose newest event is that old and has not been acknowledged. Once for each head.
OPEN: Final = """
WITH online AS (
    SELECT DISTINCT told.user_id::uuid AS user_id
      FROM chat_heartbeat AS web,
           jsonb_object_keys(COALESCE(web.details -> 'sockets_of_users', '{}')) AS told(user_id)
     WHERE web.kind = 'web' AND web.seen_at > statement_timestamp() - make_interval(secs => %(silent)s)
)
INSERT INTO chat_deliveryattempt (user_id, seq, run_id, channel, state, tries, reason, next_at, created_at)
SELECT stream.user_id, stream.last_seq, run.id, 'redelivery', 'pending', 0, '',
       statement_timestamp(), statement_timestamp()
  FROM online
  JOIN chat_userstream AS stream ON stream.user_id = online.user_id
  JOIN chat_event AS newest ON newest.user_id = stream.user_id AND newest.seq = stream.last_seq
  LEFT JOIN chat_run AS run ON run.id = newest.run_id
  LEFT JOIN chat_receipt AS receipt ON receipt.user_id = stream.user_id AND receipt.epoch = stream.epoch
 WHERE stream.last_seq > COALESCE(receipt.acked_seq, 0)
   AND newest.created_at <= statement_timestamp() - make_interval(secs => %(after)s)
   AND NOT EXISTS (SELECT 1 FROM chat_deliveryattempt AS known
                    WHERE known.user_id = stream.user_id AND known.seq = stream.last_seq
                      AND known.channel = 'redelivery')
 ORDER BY newest.created_at LIMIT %(most)s
ON CONFLICT (user_id, seq, channel) DO NOTHING
"""
TAKE: Final = f"""
WITH due AS (
    SELECT id FROM chat_deliveryattempt
     WHERE channel = 'redelivery' AND state = 'pending' AND next_at <= statement_timestamp()
     ORDER BY next_at, id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE chat_deliveryattempt AS attempt
   SET tries = attempt.tries + 1, next_at = statement_timestamp() + make_interval(secs => {ASK_AGAIN_SECONDS}),
       state = CASE WHEN attempt.reason = '{QUEUED}' OR attempt.tries >= {MOST_TRIES} THEN 'failed' ELSE 'pending' END,
       reason = CASE WHEN attempt.reason = '{QUEUED}' THEN 'no worker did it'
                     WHEN attempt.tries >= {MOST_TRIES} THEN 'the queue did not take it' ELSE attempt.reason END
  FROM due WHERE attempt.id = due.id
RETURNING attempt.user_id, attempt.state
"""  # noqa: S608  (only our own words are pasted)


def redeliver_unacknowledged() -> int:
    """Asks the workers to publish once more what people with an open socket have not acknowledged."""
    if not is_on("redelivery"):
        return 0
    values: dict[str, Any] = {
        "silent": SILENT_AFTER_SECONDS,
        "after": settings.REDELIVER_SECONDS,
        "most": MOST_A_ROUND,
    }
    with connection.cursor() as cursor:
        cursor.execute(OPEN, values)
        cursor.execute(TAKE, values)
        taken = {user_id for user_id, state in cursor.fetchall() if state == DeliveryAttempt.State.PENDING}
    for user_id in taken:
        dispatcher.dispatch(REDELIVER, user_id, note_queued)
    return len(taken)


def note_queued(user_id: uuid.UUID) -> None:
    """The queue has it: it is not asked again."""
    taken = pending_attempts(user_id).exclude(tries=0)
    taken.update(reason=QUEUED, next_at=Now() + timedelta(seconds=DONE_WITHIN_SECONDS))


@shared_task(name=REDELIVER.name, ignore_result=True)  # type: ignore[untyped-decorator]
def redeliver(user_id: str) -> None:
    """Publishes what this person has not acknowledged; a second delivery of the task finds it done and leaves."""
    try:
        publish_again(uuid.UUID(user_id))
    finally:
        connection.close()


def publish_again(user_id: uuid.UUID) -> int:
    """Publishes the log after the person's last acknowledgement; what a web process has already, it leaves out."""
    attempts = pending_attempts(user_id)
    stream = UserStream.objects.filter(user_id=user_id).first()
    if stream is None or not attempts.exists():
        return 0
    after = max(acked_seq(user_id), stream.last_seq - MOST_EVENTS)
    events = read_after(user_id, after, MOST_EVENTS)
    # Asked after the read: what was joined since then is not in it.
    start = last_joined_seq(user_id, after)
    events = [stored for stored in events if stored.seq > start]
    if events:
        encoded = tuple((stored, encode_event(stored, stream.epoch)) for stored in events)
        publisher_thread.submit_again([Chunk(user_id, stream.epoch, start, events[-1].seq, encoded)])
        measures.count("channel|redelivery", len(events))
        published = attempts.filter(seq__lte=events[-1].seq)
        published.update(state=DeliveryAttempt.State.SENT, reason="", sent_at=Now())
    return len(events)


def pending_attempts(user_id: uuid.UUID) -> QuerySet[DeliveryAttempt]:
    """What of this person's is on its way through this channel."""
    pending = DeliveryAttempt.State.PENDING
    return DeliveryAttempt.objects.filter(user_id=user_id, channel="redelivery", state=pending)
