"""Channel 4: a banner on the person's next page, for the end of a run that none of their clients has acknowledged."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from chat.errors import NoticeNotFound
from chat.events import EventType, format_time
from chat.models import DeliveryAttempt
from chat.outgoing import Channel, Delivery, End, Result
from chat.switches import is_on

KEPT_DAYS: Final = 30
MOST_NOTICES: Final = 20
# First strong isolate, pop directional isolate: a title in another direction leaves the sentence round it alone.
ISOLATED: Final = "\u2068{}\u2069"
BECAME: Final = {
    EventType.AGENT_COMPLETED: "is ready",
    EventType.AGENT_FAILED: "failed",
    EventType.AGENT_CANCELLED: "was stopped",
}
READ_NOTICES: Final = """
SELECT found.* FROM (
    SELECT attempt.user_id, attempt.id, attempt.seq, ended.type, ended.run_id, ended.thread_id, thread.title,
           ended.created_at, row_number() OVER newest, count(*) OVER (PARTITION BY attempt.user_id)
      FROM chat_deliveryattempt AS attempt
      JOIN chat_event AS ended ON ended.user_id = attempt.user_id AND ended.seq = attempt.seq AND ended.terminal
      JOIN chat_thread AS thread ON thread.id = ended.thread_id AND thread.user_id = attempt.user_id
      JOIN chat_userstream AS stream ON stream.user_id = attempt.user_id
      LEFT JOIN chat_receipt AS receipt ON receipt.user_id = stream.user_id AND receipt.epoch = stream.epoch
     WHERE attempt.user_id = ANY(%s::uuid[]) AND attempt.channel = 'banner' AND attempt.state = 'pending'
       AND attempt.sent_at IS NULL AND attempt.seq > COALESCE(receipt.acked_seq, 0)
    WINDOW newest AS (PARTITION BY attempt.user_id ORDER BY attempt.seq DESC)
) AS found(user_id, id, seq, type, run_id, thread_id, title, created_at, place, total)
 WHERE found.place <= %s ORDER BY found.user_id, found.seq DESC
"""


class NoticeShape(TypedDict):
    """The end of a run of which the person has not heard."""

    id: int
    seq: int
    type: str
    run_id: str
    thread_id: str
    title: str
    text: str
    href: str
    created_at: str


@dataclass(slots=True)
class Notices:
    """What waits for one person: the newest, and how many there are."""

    newest: list[NoticeShape] = field(default_factory=list)
    total: int = 0


def waiting_notices(user_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Notices]:
    """What each of these people has not been shown yet, the newest first; without the channel nothing."""
    found = {user_id: Notices() for user_id in user_ids}
    if is_on("banner"):
        with connection.cursor() as cursor:
            cursor.execute(READ_NOTICES, [list(user_ids), MOST_NOTICES])
            for row in cursor.fetchall():
                found[row[0]].newest.append(shape_notice(row))
                found[row[0]].total = row[9]
    return found


def shape_notice(row: tuple[Any, ...]) -> NoticeShape:
    """The notice as clients see it."""
    _, id, seq, kind, run_id, thread_id, title, created_at, *_ = row
    title = title or "New chat"
    return {
        "id": id,
        "seq": seq,
        "type": kind,
        "run_id": str(run_id),
        "thread_id": str(thread_id),
        "title": title,
        "text": f"Your answer in “{ISOLATED.format(title)}” {BECAME[EventType(kind)]}.",
        "href": reverse("thread", kwargs={"thread_id": thread_id}),
        "created_at": format_time(created_at),
    }


def mark_seen(user_id: uuid.UUID, notice_id: int) -> None:
    """The person has been shown it and is not shown it again; NoticeNotFound where it is nobody's or another's."""
    own = DeliveryAttempt.objects.filter(id=notice_id, user_id=user_id, channel="banner")
    waiting = own.filter(state=DeliveryAttempt.State.PENDING)
    if not waiting.update(state=DeliveryAttempt.State.SENT, sent_at=Now()) and not own.exists():
        raise NoticeNotFound


def give_up(end: End) -> Delivery:
    """Called when no page of the person's has come for it in all that time."""
    return Delivery(Result.NOT_WANTED, f"no page was opened in {KEPT_DAYS} days")


CHANNEL: Final = Channel(
    "banner",
    after_seconds=lambda: settings.BANNER_SECONDS,
    deliver=give_up,
    waits_seconds=KEPT_DAYS * 86_400.0,
)
