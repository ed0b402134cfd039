"""Ends of runs that nobody acknowledges take one channel after the other, each at most once."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from django.db import Error, connection
from django.db.models.functions import Now

from chat.channels import escalating_channels
from chat.log.connections import first_line
from chat.models import DeliveryAttempt
from chat.outgoing import Channel, Delivery, End, Result

log = structlog.get_logger(__name__)
MOST_A_ROUND: Final = 100
DAY_SECONDS: Final = 86_400.0
FULL_LOOK_SECONDS: Final = 60.0
# The pause after each try that may be repeated; after the last there is none.
RETRY_SECONDS: Final = (5.0, 30.0, 120.0, 600.0)
BEING_SENT: Final = "being sent"
NOT_KNOWN: Final = "not known whether it was sent"
# A try that has said nothing for so long belonged to a process that died in the middle of it.
UNKNOWN_AFTER_SECONDS: Final = 60.0
ACKED: Final = """
receipt.user_id = attempt.user_id AND receipt.acked_seq >= attempt.seq
AND EXISTS (SELECT 1 FROM chat_userstream AS stream
             WHERE stream.user_id = receipt.user_id AND stream.epoch = receipt.epoch)"""
# What was acknowledged since is wanted no more; what was being sent when its process died is never sent again.
SETTLE: Final = f"""
WITH found AS (
    SELECT attempt.id, receipt.acked_at
      FROM chat_deliveryattempt AS attempt LEFT JOIN chat_receipt AS receipt ON {ACKED}
     WHERE attempt.acked_at IS NULL
       AND (attempt.state = 'pending'
            OR attempt.state = 'sent' AND attempt.created_at > statement_timestamp() - interval '7 days')
       AND (receipt.user_id IS NOT NULL
            OR attempt.state = 'pending' AND attempt.reason = '{BEING_SENT}'
               AND attempt.next_at <= statement_timestamp())
     ORDER BY attempt.id FOR NO KEY UPDATE OF attempt SKIP LOCKED
)
UPDATE chat_deliveryattempt AS settled
   SET acked_at = found.acked_at,
       state = CASE WHEN settled.state <> 'pending' THEN settled.state
                    WHEN found.acked_at IS NULL THEN 'failed' ELSE 'cancelled' END,
       reason = CASE WHEN settled.state <> 'pending' THEN settled.reason
                     WHEN found.acked_at IS NULL THEN '{NOT_KNOWN}' ELSE 'acknowledged' END
  FROM found WHERE settled.id = found.id
"""  # noqa: S608  (only our own words are pasted)
# Of several processes the one whose row is inserted has it.
OPEN: Final = """
WITH opened AS (
    INSERT INTO chat_deliveryattempt (user_id, seq, run_id, channel, state, tries, reason, next_at, created_at)
    SELECT ended.user_id, ended.seq, ended.run_id, channel.name, 'pending', 0, '',
           statement_timestamp() + make_interval(secs => channel.waits), statement_timestamp()
      FROM unnest(%(names)s::text[], %(afters)s::float8[], %(waits)s::float8[])
           WITH ORDINALITY AS channel(name, after, waits, place)
     CROSS JOIN LATERAL (
           -- OFFSET keeps it apart, so that each channel reads its own stretch of the index and no more.
           SELECT user_id, seq, run_id, created_at FROM chat_event
            WHERE terminal AND created_at <= statement_timestamp() - make_interval(secs => channel.after)
              AND created_at > statement_timestamp()
                               - make_interval(secs => LEAST(channel.after + %(look_back)s, 86400))
           OFFSET 0) AS ended
      JOIN chat_run AS run ON run.id = ended.run_id
      JOIN accounts_user AS person ON person.id = ended.user_id AND person.is_active
      JOIN chat_userstream AS stream ON stream.user_id = ended.user_id
      LEFT JOIN chat_receipt AS receipt ON receipt.user_id = stream.user_id AND receipt.epoch = stream.epoch
     WHERE ended.seq > COALESCE(receipt.acked_seq, 0)
       AND NOT EXISTS (SELECT 1 FROM chat_deliveryattempt AS known
                        WHERE known.user_id = ended.user_id AND known.seq = ended.seq AND known.channel = channel.name)
     ORDER BY ended.created_at, ended.user_id, ended.seq, channel.place LIMIT %(most)s
    ON CONFLICT (user_id, seq, channel) DO NOTHING
    RETURNING channel, next_at
)
SELECT channel, true, next_at <= statement_timestamp() FROM opened
UNION ALL
SELECT DISTINCT channel, false, true FROM chat_deliveryattempt
 WHERE state = 'pending' AND next_at <= statement_timestamp() AND channel = ANY(%(names)s::text[])
"""
TAKE: Final = f"""
WITH due AS (
    SELECT waiting.id, ended.thread_id, ended.type, ended.created_at
      FROM chat_deliveryattempt AS waiting
      JOIN chat_event AS ended ON ended.user_id = waiting.user_id AND ended.seq = waiting.seq
     WHERE waiting.state = 'pending' AND waiting.next_at <= statement_timestamp() AND waiting.reason <> '{BEING_SENT}'
       AND waiting.channel = ANY(%s::text[])
     ORDER BY waiting.next_at, waiting.id LIMIT 1 FOR NO KEY UPDATE OF waiting SKIP LOCKED
)
UPDATE chat_deliveryattempt AS attempt
   SET tries = attempt.tries + 1, reason = '{BEING_SENT}',
       next_at = statement_timestamp() + make_interval(secs => {UNKNOWN_AFTER_SECONDS})
  FROM due WHERE attempt.id = due.id
RETURNING attempt.id, attempt.channel, attempt.tries,
          attempt.user_id, attempt.seq, attempt.run_id, due.thread_id, due.type, due.created_at
"""  # noqa: S608  (only our own words are pasted)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One end on its way through one channel; taken by this process and by no other."""

    id: int
    channel: str
    tries: int
    end: End


class SlowLane:
    """Tries what can take seconds, one after the other, in a thread with a database connection of its own."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def begin(self, channels: Sequence[Channel]) -> None:
        """Returns at once; whoever is at it already finds the new ones, too."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._serve, args=(channels,), name="escalation", daemon=True)
            self._thread.start()

    def wait(self, timeout_seconds: float) -> None:
        """Returns when nothing is left to try now, or the time is over."""
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def _serve(self, channels: Sequence[Channel]) -> None:
        try:
            while try_next(channels):
                pass
        except Error as error:
            log.warning("escalation_failed", error=first_line(error))
        finally:
            connection.close()


class Glance:
    """How far back a round looks: a day now and then, else only at what has just come of age.

    The rest was looked at then; what changes it later, an account that is active again or another setting, can wait.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: float | None = None

    def take(self) -> float:
        """The seconds beyond a channel's own time."""
        now = self._clock()
        if self._full_at is not None and now - self._full_at < FULL_LOOK_SECONDS:
            return 2 * FULL_LOOK_SECONDS
        self._full_at = now
        return DAY_SECONDS

    def was_short(self) -> None:
        """There was more than a round may open: the next looks at everything again."""
        self._full_at = None


slow_lane = SlowLane()
glance = Glance()


def escalate() -> int:
    """Opens and tries what is due, settles what was acknowledged; gives the number of ends it has worked on."""
    channels = escalating_channels()
    settled = settle_attempts()
    opened, due = open_attempts(channels)
    slow = [channel for channel in channels if channel.is_slow]
    if due & {channel.name for channel in slow}:
        slow_lane.begin(slow)
    quick = [channel for channel in channels if not channel.is_slow]
    tried = 0
    if due & {channel.name for channel in quick}:
        while tried < MOST_A_ROUND and try_next(quick):
            tried += 1
    return settled + opened + tried


def settle_attempts() -> int:
    """Cancels what is acknowledged by now, and gives up what nobody knows the outcome of."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLE)
        return int(cursor.rowcount)


def open_attempts(channels: Sequence[Channel]) -> tuple[int, set[str]]:
    """Opens an attempt for each end and channel whose time has come; says how many, and which channels are due."""
    values: dict[str, Any] = {
        "names": [channel.name for channel in channels],
        "afters": [channel.after_seconds() for channel in channels],
        "waits": [channel.waits_seconds for channel in channels],
        "look_back": glance.take(),
        "most": MOST_A_ROUND,
    }
    with connection.cursor() as cursor:
        cursor.execute(OPEN, values)
        rows = cursor.fetchall()
    opened = sum(is_new for _, is_new, _ in rows)
    if opened >= MOST_A_ROUND:
        glance.was_short()
    return opened, {name for name, _, is_due in rows if is_due}


def try_next(channels: Sequence[Channel]) -> bool:
    """Takes one attempt that is due, tries it, keeps the result; False if none is due."""
    by_name = {channel.name: channel for channel in channels}
    attempt = take_attempt(list(by_name))
    if attempt is None:
        return False
    record_result(attempt, deliver(by_name[attempt.channel], attempt.end))
    return True


def take_attempt(names: list[str]) -> Attempt | None:
    """The next attempt that is due; from here on it is tried by this process or never."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [names])
        row = cursor.fetchone()
    return Attempt(row[0], row[1], row[2], End(*row[3:])) if row else None


def deliver(channel: Channel, end: End) -> Delivery:
    """What the channel says became of it; a fault of one channel leaves the others alone."""
    try:
        return channel.deliver(end)
    except Exception as error:  # noqa: BLE001  (the delivery boundary; what the error says may hold an address)
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        log.error("channel_fault", channel=channel.name, fault=type(error).__name__, where=where)  # noqa: TRY400
        return Delivery(Result.FAILED, f"fault: {type(error).__name__}")


def record_result(attempt: Attempt, delivery: Delivery) -> None:
    """Keeps what became of the try; what was sent was sent, whatever has happened to the attempt meanwhile."""
    kept = DeliveryAttempt.objects.filter(id=attempt.id)
    reason = delivery.reason[:200]
    if delivery.result is Result.SENT:
        kept.update(state=DeliveryAttempt.State.SENT, reason=reason, sent_at=Now())
        return
    pending = kept.filter(state=DeliveryAttempt.State.PENDING)
    if delivery.result is Result.TRY_LATER and attempt.tries <= len(RETRY_SECONDS):
        pause = timedelta(seconds=RETRY_SECONDS[attempt.tries - 1])
        pending.update(reason=reason or "to be tried again", next_at=Now() + pause)
    elif delivery.result is Result.NOT_WANTED:
        pending.update(state=DeliveryAttempt.State.CANCELLED, reason=reason)
    else:
        pending.update(state=DeliveryAttempt.State.FAILED, reason=reason)
