"""The product's writer with a notebook: what is tried, before it is; what became certain, after it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg

from chat.emitter import RunWrites, Writer
from chat.log import Append, Chunk, Connections, Outcome
from chat.log.connections import DATABASE_GONE
from tests.campaign import recording
from tests.campaign.recording import Recorder, digest_of


class RecordingWriter(Writer):
    """Notes every append on the disk before it goes to the database, and after its commit was acknowledged."""

    def __init__(self, publish: Callable[[Sequence[Chunk]], None], recorder: Recorder) -> None:
        super().__init__(publish)
        self._recorder = recorder

    async def _append(self, lane: Connections, batch: list[RunWrites], *, wait: bool) -> Outcome:
        appends = [writes.in_flight for writes in batch if writes.in_flight]
        for append in appends:
            self._recorder.write(recording.TRIED, *place_of(append), [digest_of(event.data) for event in append.events])
        self._recorder.write_through("commit", len(appends))
        try:
            return await super()._append(lane, batch, wait=wait)
        except (*DATABASE_GONE, psycopg.Error) as error:
            if isinstance(error, DATABASE_GONE) and not is_refusal(error):
                for append in appends:
                    self._recorder.write(recording.UNSURE, *place_of(append), len(append.events))
            raise

    def _settle(self, batch: list[RunWrites], outcome: Outcome) -> None:
        for writes in batch:
            is_locked = writes.user_id in outcome.locked and not writes.in_slow_lane
            if writes.in_flight and not is_locked and writes.run_id not in outcome.fenced:
                append = writes.in_flight
                self._recorder.write(recording.ACKED, *place_of(append), len(append.events))
        self._recorder.write_through("committed", len(batch))
        super()._settle(batch, outcome)


def place_of(append: Append) -> tuple[str, int, int]:
    """Run, attempt, and the first place in the run."""
    assert append.fence is not None
    return str(append.fence.run_id), append.fence.attempt, append.fence.base


def is_refusal(error: BaseException) -> bool:
    """True where the server itself said no, so that nothing was committed."""
    state = getattr(error, "sqlstate", None)
    return state is not None and not str(state).startswith(("08", "57"))
