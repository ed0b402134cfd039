"""The ledger of tool calls in the database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from agents.models import ToolCall


class StoredLedger:
    """Tool calls of one run as rows; works from any thread and gives its connection back."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id

    async def find(self, call_key: str) -> dict[str, Any] | None:
        """The recorded result of this call, if it ever finished."""
        return await sync_to_async(self.read, thread_sensitive=False)(call_key)

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
        await sync_to_async(self.write, thread_sensitive=False)(row)

    def read(self, call_key: str) -> dict[str, Any] | None:
        """One lookup by the unique key."""
        close_old_connections()
        try:
            found = ToolCall.objects.filter(run_id=self.run_id, call_key=call_key)
            return found.values_list("result", flat=True).first()
        finally:
            close_old_connections()

    def write(self, row: ToolCall) -> None:
        """One insert; a second worker's equal row is ignored."""
        close_old_connections()
        try:
            ToolCall.objects.bulk_create([row], ignore_conflicts=True)
        finally:
            close_old_connections()
