"""When each event of one person was stored, handed to a socket and acknowledged: delivery as it is measured."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from chat.measures import measures
from chat.pieces import Piece

IN_TIME_SECONDS: Final = 10.0
MOST_MARKS: Final = 5_000


class Mark(NamedTuple):
    """An event that waits for its acknowledgement."""

    seq: int
    type: str
    stored_at: float
    pushed_at: float


class Marks:
    """Of events that were stored while the person had a socket here: the first push and the first acknowledgement.

    An event counts as soon as it is known how it went: acknowledged, or not within ten seconds. What was stored before
    the first socket came is history somebody catches up with, and says nothing of delivery.
    """

    def __init__(self) -> None:
        self._since = time.time()
        self._pushed = 0
        # Up to where what waits is known to be late.
        self._late = 0
        self._waiting: deque[Mark] = deque(maxlen=MOST_MARKS)

    def note_push(self, piece: Piece, via: str = "push") -> None:
        """Somebody is being given this stretch, as it was pushed or by the channel that came to its help."""
        if piece.to <= self._pushed:
            return
        now = time.time()
        fresh = piece.entries
        if piece.prev < self._pushed:
            fresh = [entry for entry in fresh if entry.seq > self._pushed]
        marks = [Mark(entry.seq, entry.type, entry.stored_at, now) for entry in fresh if entry.stored_at >= self._since]
        for kind, group in by_type(marks):
            measures.observe("stored_pushed", kind, [now - mark.stored_at for mark in group])
        self._waiting.extend(marks)
        measures.count("pushed", len(fresh))
        if marks:
            measures.count(f"live|{via}", len(marks))
        self._pushed = piece.to

    def note_ack(self, seq: int) -> None:
        """Somebody has everything up to here."""
        now = time.time()
        acked: list[Mark] = []
        while self._waiting and self._waiting[0].seq <= seq:
            acked.append(self._waiting.popleft())
        if not acked:
            return
        for kind, group in by_type(acked):
            measures.observe("stored_acked", kind, [now - mark.stored_at for mark in group])
            measures.observe("pushed_acked", kind, [now - mark.pushed_at for mark in group])
        measures.count("acknowledged", len(acked))
        judged = [mark for mark in acked if mark.seq > self._late]
        judge(len(judged), in_time=sum(now - mark.stored_at <= IN_TIME_SECONDS for mark in judged))

    def note_time(self) -> None:
        """What was not acknowledged in time is known to be late; asked again and again."""
        limit = time.time() - IN_TIME_SECONDS
        late = 0
        for mark in self._waiting:
            if mark.stored_at > limit:
                break
            if mark.seq > self._late:
                self._late = mark.seq
                late += 1
        judge(late, in_time=0)

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest unacknowledged event has been waiting."""
        return time.time() - self._waiting[0].stored_at if self._waiting else 0.0


def by_type(marks: list[Mark]) -> Iterable[tuple[str, list[Mark]]]:
    """Stretches of one type: tokens come in long ones."""
    return ((kind, list(group)) for kind, group in groupby(marks, attrgetter("type")))


def judge(judged: int, *, in_time: int) -> None:
    """So many events more of which it is known whether they were delivered in time, and how many of them were."""
    if judged:
        measures.count("judged", judged)
    if in_time:
        measures.count("in_time", in_time)
