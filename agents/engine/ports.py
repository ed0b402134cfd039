"""What the engine needs from outside: somewhere to tell events, somewhere to keep tool results."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Protocol
from uuid import UUID


class Sink(Protocol):
    """Takes the events of a run; it may wait, and the run waits with it."""

    async def emit(self, type: str, data: dict[str, object], agent_name: str) -> None:
        """Accepts one event."""


class Ledger(Protocol):
    """Finished tool calls of a run, so that a run taken over does not call its tools again."""

    async def find(self, call_key: str) -> dict[str, Any] | None:
        """The recorded result of this call, if it ever finished."""

    async def record(
        self, call_key: str, tool: str, arguments: dict[str, Any], result: dict[str, Any], seconds: float
    ) -> None:
        """Keeps a result; the first one recorded for a key stays."""


class MemoryLedger:
    """A ledger that lives as long as its process: for an agent run outside a worker."""

    def __init__(self) -> None:
        self.results: dict[str, dict[str, Any]] = {}

    async def find(self, call_key: str) -> dict[str, Any] | None:
        """The recorded result of this call, if it ever finished."""
        return self.results.get(call_key)

    async def record(
        self, call_key: str, tool: str, arguments: dict[str, Any], result: dict[str, Any], seconds: float
    ) -> None:
        """Keeps a result; the first one recorded for a key stays."""
        self.results.setdefault(call_key, result)


def make_call_key(run_id: UUID, ordinal: int, tool: str, arguments: dict[str, Any]) -> str:
    """Names a call within its run: the n-th call of this tool with these very arguments."""
    content = json.dumps([str(run_id), ordinal, tool, arguments], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
