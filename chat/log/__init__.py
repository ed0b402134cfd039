"""Append to and read from the per-user stream; nothing else adds events.

The append exists once, as a function of the database; `append` says what goes in and comes out, `drivers` call it.
"""

from chat.log.append import Append, Chunk, Ending, Fence, Outcome
from chat.log.connections import Connections
from chat.log.drivers import append_at_once, append_in_transaction
from chat.log.joining import join_deltas
from chat.log.read import (
    READ_AFTER,
    READ_HEADS,
    READ_STREAM,
    ensure_stream,
    lock_stream,
    read_after,
    read_run_events,
    stored_from_row,
)
from chat.log.steps import RunSteps, Step, read_failure_sentence, read_run_steps

__all__ = [
    "READ_AFTER",
    "READ_HEADS",
    "READ_STREAM",
    "Append",
    "Chunk",
    "Connections",
    "Ending",
    "Fence",
    "Outcome",
    "RunSteps",
    "Step",
    "append_at_once",
    "append_in_transaction",
    "ensure_stream",
    "join_deltas",
    "lock_stream",
    "read_after",
    "read_failure_sentence",
    "read_run_events",
    "read_run_steps",
    "stored_from_row",
]
