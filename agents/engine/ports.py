"""What the engine needs from outside: somewhere to tell events, somewhere to keep what is finished."""

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
    """What a run has finished: tool calls and agents, so that a run taken over does none of them again."""

    async def find(self, call_key: str) -> dict[str, Any] | None:
        """The recorded result of this call, if it ever finished."""

    async def record(
        self, call_key: str, tool: str, arguments: dict[str, Any], result: dict[str, Any], seconds: float
    ) -> None:
        """Keeps a result; the first one recorded for a key stays."""

    async def find_agent(self, name: str) -> dict[str, Any] | None:
        """What the agent of this name handed on, if it ever finished in this run."""

    async def record_agent(self, name: str, work: dict[str, Any]) -> None:
        """Keeps a finished agent's work; the first one recorded stays."""


class MemoryLedger:
    """A ledger that lives as long as its process: for an agent run outside a worker."""

    def __init__(self) -> None:
        self.results: dict[str, dict[str, Any]] = {}
        self.agents: dict[str, dict[str, Any]] = {}

    async def find(self, call_key: str) -> dict[str, Any] | None:
        """The recorded result of this call, if it ever finished."""
        return self.results.get(call_key)

    async def record(
        self, call_key: str, tool: str, arguments: dict[str, Any], result: dict[str, Any], seconds: float
    ) -> None:
        """Keeps a result; the first one recorded for a key stays."""
        self.results.setdefault(call_key, result)

    async def find_agent(self, name: str) -> dict[str, Any] | None:
        """What the agent of this name handed on, if it ever finished in this run."""
        return self.agents.get(name)

    async def record_agent(self, name: str, work: dict[str, Any]) -> None:
        """Keeps a finished agent's work; the first one recorded stays."""
        self.agents.setdefault(name, work)


def make_call_key(run_id: UUID, agent: str, ordinal: int, tool: str, arguments: dict[str, Any]) -> str:
    """Names a call within its run: this agent's n-th call of this tool with these very arguments."""
    content = json.dumps([str(run_id), agent, ordinal, tool, arguments], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
