"""How a run emits: deltas merge for a moment, everything else goes at once and in order."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from chat.emitter.blobs import bound_result
from chat.emitter.writer import RunWrites, Writer
from chat.events import DELTA_TYPES, EventType, build_event
from chat.log import Ending

if TYPE_CHECKING:
    from chat.models import Run

WINDOW_SECONDS: Final = 0.05
WIDE_WINDOW_SECONDS: Final = 0.1
# From here on fewer and larger pieces help more than quick ones: so many events wait, or the connection is bad.
GROWN_BACKLOG: Final = 64
POOR_HEALTH: Final = 50
MOST_DELTA_CHARACTERS: Final = 8_000
# Asked for every delta: looking a type up is quicker than making it from its name.
KINDS: Final = {str(kind): kind for kind in EventType}


@dataclass(slots=True)
class OpenDelta:
    """Adjacent deltas of one kind, not yet an event."""

    type: EventType
    agent_name: str
    fields: dict[str, Any]
    texts: list[str] = field(default_factory=list)
    characters: int = 0

    def takes(self, type: EventType, agent_name: str, fields: dict[str, Any]) -> bool:
        """True if a further delta belongs into this one."""
        return self.type == type and self.agent_name == agent_name and self.fields == fields


class RunStream:
    """The one door through which a claimed run's events enter the log."""

    def __init__(
        self,
        writer: Writer,
        *,
        user_id: uuid.UUID,
        thread_id: uuid.UUID,
        run_id: uuid.UUID,
        attempt: int,
        owner: str,
        merge_deltas: bool,
    ) -> None:
        self._writer = writer
        self._thread_id = thread_id
        self._merge_deltas = merge_deltas
        self._open: OpenDelta | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.writes = RunWrites(user_id=user_id, run_id=run_id, attempt=attempt, owner=owner, urgent=not merge_deltas)
        writer.open_run(self.writes)

    @classmethod
    def of(cls, writer: Writer, run: Run, *, merge_deltas: bool) -> Self:
        """The door of a run that has just been claimed."""
        return cls(
            writer,
            user_id=run.user_id,
            thread_id=run.thread_id,
            run_id=run.id,
            attempt=run.attempt,
            owner=run.lease_owner,
            merge_deltas=merge_deltas,
        )

    @property
    def window_seconds(self) -> float:
        """How long adjacent deltas are merged now."""
        is_crowded = len(self.writes.waiting) >= GROWN_BACKLOG or self.writes.health < POOR_HEALTH
        return WIDE_WINDOW_SECONDS if is_crowded else WINDOW_SECONDS

    async def emit(self, type: str, data: Mapping[str, Any], agent_name: str) -> None:
        """Queues an event in order; waits while too much of this run waits, raises if the run was lost."""
        kind = KINDS.get(type) or EventType(type)
        if kind in DELTA_TYPES:
            await self._emit_delta(kind, data, agent_name)
        else:
            self._flush()
            if kind is EventType.TOOL_COMPLETED and "result" in data:
                data = await bound_result(data, self.writes.user_id, self.writes.run_id)
            self._add(kind, data, agent_name)
        if not self.writes.may_go_on:
            await self._wait_for_room()

    async def finish(self, type: EventType, data: Mapping[str, Any], agent_name: str, ending: Ending) -> None:
        """Ends the run with this terminal event; returns when that is committed, raises Fenced if it was not ours."""
        self._flush()
        self._add(type, data, agent_name, ending)
        await self.drain()

    async def drain(self) -> None:
        """Returns when everything emitted so far is in the log; raises if the run was lost."""
        self._flush()
        await self.writes.idle.wait()
        if self.writes.error:
            raise self.writes.error

    def close(self) -> None:
        """The run writes no more."""
        if self._timer:
            self._timer.cancel()
        self._writer.close_run(self.writes)

    async def _emit_delta(self, kind: EventType, data: Mapping[str, Any], agent_name: str) -> None:
        text = str(data["delta"])
        if not self._merge_deltas and 0 < len(text) <= MOST_DELTA_CHARACTERS:
            self._add(kind, data, agent_name)
            return
        fields = {key: value for key, value in data.items() if key != "delta"}
        for start in range(0, len(text), MOST_DELTA_CHARACTERS):
            part = text[start : start + MOST_DELTA_CHARACTERS]
            if self._merge_deltas:
                self._merge(kind, agent_name, fields, part)
            else:
                self._add(kind, {**fields, "delta": part}, agent_name)
            if not self.writes.may_go_on:
                await self._wait_for_room()

    def _merge(self, kind: EventType, agent_name: str, fields: dict[str, Any], text: str) -> None:
        if self._open and not self._open.takes(kind, agent_name, fields):
            self._flush()
        if self._open is None:
            self._open = OpenDelta(kind, agent_name, fields)
            self._timer = asyncio.get_running_loop().call_later(self.window_seconds, self._flush)
        self._open.texts.append(text)
        self._open.characters += len(text)
        if self._open.characters >= MOST_DELTA_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        """Turns the open delta into an event."""
        delta, self._open = self._open, None
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if delta and not self.writes.error:
            self._add(delta.type, {**delta.fields, "delta": "".join(delta.texts)}, delta.agent_name)

    def _add(self, kind: EventType, data: Mapping[str, Any], agent_name: str, ending: Ending | None = None) -> None:
        if self.writes.error:
            raise self.writes.error
        event = build_event(
            user_id=self.writes.user_id,
            thread_id=self._thread_id,
            run_id=self.writes.run_id,
            type=kind,
            data=data,
            agent_name=agent_name,
            created_at=ending.ended_at if ending else None,
        )
        self.writes.add(event, ending)
        self._writer.wake()

    async def _wait_for_room(self) -> None:
        await self.writes.room.wait()
        if self.writes.error:
            raise self.writes.error
