"""A worker takes a run, keeps its lease, and finds out whether it is still wanted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from psycopg import AsyncConnection

from accounts.limits import limits_for
from accounts.models import User
from chat.log import lock_stream
from chat.measures import measures
from chat.models import Message, Run


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that is this worker's until its lease ends."""

    run: Run
    question: Message
    user: User
    owner: str


CLAIM: Final = """
UPDATE chat_run AS run
   SET status = 'running', attempt = run.attempt + 1, next_run_seq = 0, lease_owner = %(owner)s,
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
       started_at = COALESCE(run.started_at, clock_timestamp())
 WHERE run.id = %(run)s AND run.status = 'queued'
   AND NOT EXISTS (SELECT 1 FROM chat_run AS other WHERE other.thread_id = run.thread_id
                    AND (other.status = 'running' OR (other.status = 'queued' AND other.id < run.id)))
   AND (SELECT count(*) FROM chat_run AS other WHERE other.user_id = run.user_id AND other.status = 'running')
       < %(at_once)s
"""


def claim_run(run_id: uuid.UUID, owner: str) -> ClaimedRun | None:
    """The run, if it is the oldest of an idle thread and nobody has it; else None."""
    with transaction.atomic():
        found = Run.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
        run = found.filter(id=run_id, status=Run.Status.QUEUED).first()
        if run is None:
            return None
        # Claims of one user queue up here, so that two of them cannot both be the last allowed at once.
        lock_stream(run.user_id)
        values: dict[str, str | float] = {
            "owner": owner,
            "lease": settings.LEASE_SECONDS,
            "run": str(run_id),
            "at_once": limits_for(run.user.tier).runs_at_once,
        }
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, values)
            if cursor.rowcount != 1:
                return None
        run = Run.objects.select_related("user", "question").get(id=run_id)
    measures.count(f"claimed|{run.mode}")
    return ClaimedRun(run, run.question, run.user, owner)


# A locked run is being written, by its own writer, which renews it, or by whoever ends it: neither is waited for.
RENEW: Final = """
WITH mine AS (
    SELECT id, user_id, cancel_requested_at FROM chat_run
     WHERE id = ANY(%(runs)s::uuid[]) AND lease_owner = %(owner)s AND status = 'running'
), free AS (
    SELECT id FROM chat_run
     WHERE id = ANY(%(runs)s::uuid[]) AND lease_owner = %(owner)s AND status = 'running'
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), renewed AS (
    UPDATE chat_run AS run SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
      FROM free WHERE run.id = free.id
)
SELECT mine.id, mine.cancel_requested_at IS NOT NULL, COALESCE(receipt.health, 100)
  FROM mine LEFT JOIN chat_receipt AS receipt USING (user_id)
"""


class Kept(NamedTuple):
    """What a worker hears of a run that is still its own."""

    wants_stop: bool
    # How well its person's connection does: 0 to 100.
    health: int


async def renew_leases(
    async_connection: AsyncConnection[Any], owner: str, run_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Kept]:
    """Keeps this worker's runs; says of each that is still its own whether it is wanted and how it is heard."""
    values = {"runs": list(run_ids), "owner": owner, "lease": settings.LEASE_SECONDS}
    cursor = await async_connection.execute(RENEW, values)
    return {run_id: Kept(wants_stop, health) for run_id, wants_stop, health in await cursor.fetchall()}
