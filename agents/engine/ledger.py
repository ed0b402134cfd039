"""The ledger of a run in the database: finished tool calls and finished agents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from agents.engine.database import in_database
from agents.models import AgentWork, ToolCall


class StoredLedger:
    """What one run finished, as rows; works from any thread and gives its connection back."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id

    async def find(self, call_key: str) -> dict[str, Any] | None:
        """The recorded result of this call, if it ever finished."""
        return await in_database(self.read, call_key)

    async def record(
        self, call_key: str, tool: str, arguments: dict[str, Any], result: dict[str, Any], seconds: float
    ) -> None:
        """Keeps a result; the first one recorded for a key stays."""
        row = ToolCall(
            run_id=self.run_id,
            call_key=call_key,
            tool=tool,
            arguments=arguments,
            result=result,
            seconds=seconds,
        )
        await in_database(self.write, row)

    async def find_agent(self, name: str) -> dict[str, Any] | None:
        """What the agent of this name handed on, if it ever finished in this run."""
        return await in_database(self.read_agent, name)

    async def record_agent(self, name: str, work: dict[str, Any]) -> None:
        """Keeps a finished agent's work; the first one recorded stays."""
        await in_database(self.write_agent, AgentWork(run_id=self.run_id, agent=name, work=work))

    def read_agent(self, name: str) -> dict[str, Any] | None:
        """One lookup by the unique key."""
        found = AgentWork.objects.filter(run_id=self.run_id, agent=name)
        return found.values_list("work", flat=True).first()

    def write_agent(self, row: AgentWork) -> None:
        """One insert; a second worker's equal row is ignored."""
        AgentWork.objects.bulk_create([row], ignore_conflicts=True)

    def read(self, call_key: str) -> dict[str, Any] | None:
        """One lookup by the unique key."""
        found = ToolCall.objects.filter(run_id=self.run_id, call_key=call_key)
        return found.values_list("result", flat=True).first()

    def write(self, row: ToolCall) -> None:
        """One insert; a second worker's equal row is ignored."""
        ToolCall.objects.bulk_create([row], ignore_conflicts=True)
