"""Adjacent deltas as one event: the same text in fewer lines of the log."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import orjson

from chat.events import StoredEvent


def join_deltas(events: Iterable[StoredEvent]) -> list[StoredEvent]:
    """The same log with neighbouring deltas of one kind as one event, at the place of the last of them."""
    joined: list[StoredEvent] = []
    for _, group in groupby(events, key=delta_key):
        deltas = list(group)
        joined.append(deltas[0] if len(deltas) == 1 else join(deltas))
    return joined


def delta_key(stored: StoredEvent) -> tuple[Any, ...]:
    """Equal for deltas that continue each other; of its own for everything else."""
    if not stored.is_delta:
        return (stored.seq,)
    event = stored.event
    fields = orjson.loads(event.data)
    del fields["delta"]
    return event.run_id, stored.attempt, event.type, event.agent_name, orjson.dumps(fields)


def join(deltas: list[StoredEvent]) -> StoredEvent:
    """All of them as one."""
    decoded = [orjson.loads(stored.event.data) for stored in deltas]
    data = {**decoded[-1], "delta": "".join(fields["delta"] for fields in decoded)}
    last = deltas[-1]
    return last._replace(event=last.event._replace(data=orjson.dumps(data)))
