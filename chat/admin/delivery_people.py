"""People whose logs have gone unacknowledged: how far behind, since when, and who of them looks at an open page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.staff import NOTHING, describe_seconds, link, show_moment
from chat.alerts.rules import UNACKNOWLEDGED_SECONDS
from chat.receipts import HEALTH_OF_A_FAILURE, HEALTH_OF_AN_ACK

MOST_PEOPLE: Final = 20
HEALTH: Final = (
    f"Health: +{HEALTH_OF_AN_ACK} for an acknowledged batch, {HEALTH_OF_A_FAILURE} for a failure or a timeout,"
    " from 0 to 100; everybody begins with 100."
)
BACKLOG: Final = """
SELECT stream.user_id, person.email, stream.last_seq, stream.floor_seq, COALESCE(receipt.acked_seq, 0) AS acked_seq,
       receipt.acked_at, receipt.health
  FROM chat_userstream AS stream JOIN accounts_user AS person ON person.id = stream.user_id
  LEFT JOIN chat_receipt AS receipt ON receipt.user_id = stream.user_id AND receipt.epoch = stream.epoch
 WHERE stream.last_seq > COALESCE(receipt.acked_seq, 0)
"""
OLDEST: Final = """
LEFT JOIN LATERAL (
     SELECT created_at FROM chat_event
      WHERE user_id = behind.user_id AND seq > behind.acked_seq ORDER BY seq LIMIT 1) AS oldest ON true
"""
# The oldest event is looked up for those who are shown, not for everybody.
LARGEST: Final = f"""
SELECT behind.*, oldest.created_at
  FROM ({BACKLOG} ORDER BY stream.last_seq - COALESCE(receipt.acked_seq, 0) DESC, stream.user_id
         LIMIT %(most)s) AS behind {OLDEST}
 ORDER BY behind.last_seq - behind.acked_seq DESC, behind.user_id
"""  # noqa: S608  (only our own words are pasted)
STUCK: Final = f"""
SELECT behind.*, oldest.created_at
  FROM ({BACKLOG} AND stream.user_id = ANY(%(online)s)) AS behind {OLDEST}
 WHERE oldest.created_at < clock_timestamp() - make_interval(secs => %(after)s)
 ORDER BY oldest.created_at, behind.user_id LIMIT %(most)s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Behind:
    """Somebody's log, and how much of it nobody has acknowledged."""

    person: SafeString
    head: str
    floor: str
    acked: str
    acked_at: str
    behind: str
    since: str
    waits: str
    health: str
    sockets: str


def describe_people(viewer: User, sockets: Mapping[str, int], now: datetime) -> dict[str, Any]:
    """Who is furthest behind, and who of those that look at an open page gets nothing."""
    largest = read_rows(LARGEST, {"most": MOST_PEOPLE})
    online = [uuid.UUID(user) for user in sockets]
    stuck = {"online": online, "after": UNACKNOWLEDGED_SECONDS, "most": MOST_PEOPLE}
    may_see = viewer.has_perm("accounts.view_user")

    def show(row: tuple[Any, ...]) -> Behind:
        return show_row(row, sockets.get(str(row[0]), 0), now, may_see=may_see)

    return {
        "behind": [show(row) for row in largest],
        "stuck": [show(row) for row in read_rows(STUCK, stuck)] if online else [],
        "health_formula": HEALTH,
    }


def read_rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def show_row(row: tuple[Any, ...], sockets: int, now: datetime, *, may_see: bool) -> Behind:
    """The person's log in words; what is not there any more has no time."""
    user_id, email, head, floor, acked, acked_at, health, oldest = row
    return Behind(
        person=show_person(user_id, email, may_see=may_see),
        head=f"{head:,}",
        floor=f"{floor:,}",
        acked=f"{acked:,}",
        acked_at=show_moment(acked_at) if acked_at else "never",
        behind=f"{head - acked:,}",
        since=show_moment(oldest),
        waits=describe_seconds((now - oldest).total_seconds()) if oldest else NOTHING,
        health=NOTHING if health is None else f"{health}",
        sockets=f"{sockets:,}",
    )


def show_person(user_id: uuid.UUID, email: str, *, may_see: bool) -> SafeString:
    """The address for those who may see people, else the id."""
    if may_see:
        return link(reverse("admin:accounts_user_change", args=[user_id]), email)
    return format_html("<code>{}</code>", user_id)
