"""Events from inside a caller's own transaction: stored with it, published when it commits."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from chat.emitter.publisher import publisher_thread
from chat.errors import Fenced
from chat.events import NewEvent
from chat.log import Append, Ending, Fence, append_in_transaction, ensure_stream


def append_now(events: Sequence[NewEvent], *, fence: Fence | None = None, ending: Ending | None = None) -> None:
    """Appends events of one user in the caller's transaction; Fenced if the run is no longer as the caller read it."""
    user_id = events[0].user_id
    ensure_stream(user_id)
    outcome = append_in_transaction(Append(user_id, tuple(events), fence, ending))
    if outcome.fenced:
        raise Fenced
    transaction.on_commit(lambda: publisher_thread.submit(outcome.chunks))
