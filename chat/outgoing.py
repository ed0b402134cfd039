"""What a channel beyond the live socket is given, and what it says became of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class End:
    """The end of a run that nobody has acknowledged."""

    user_id: uuid.UUID
    seq: int
    run_id: uuid.UUID
    thread_id: uuid.UUID
    # agent_completed, agent_failed or agent_cancelled.
    type: str
    created_at: datetime


class Result(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    # There is nobody to send to: not opted in, no address, over the limit of an hour.
    NOT_WANTED = "not_wanted"
    TRY_LATER = "try_later"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of one attempt, with a reason for staff; nothing anybody wrote is in it."""

    result: Result
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way out of the log for the end of a run, some time after it has gone unacknowledged."""

    name: str
    after_seconds: Callable[[], float]
    deliver: Callable[[End], Delivery]
    # True where a try can take seconds, so that it must not hold up the loop that repairs.
    is_slow: bool = False
    # Where the person's own page comes for it: so long its attempt waits for that before `deliver` is called.
    waits_seconds: float = 0.0
