"""Results too large for an event: kept whole beside the log, with a preview in it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from chat.events import MAX_DATA_BYTES, encode_data
from chat.models import Blob

PREVIEW_ROWS: Final = 50


async def bound_result(data: Mapping[str, Any], user_id: uuid.UUID, run_id: uuid.UUID) -> Mapping[str, Any]:
    """The data of tool_completed, its result replaced by a preview and the way to the whole where it is too large."""
    encoded = encode_data(data)
    if len(encoded) <= MAX_DATA_BYTES:
        return data
    blob_id = await sync_to_async(keep, thread_sensitive=False)(user_id, run_id, encode_data(data["result"]))
    return {**data, "result": preview_of(data["result"], f"/api/v1/blobs/{blob_id}/")}


def preview_of(result: Mapping[str, Any], href: str) -> dict[str, Any]:
    """The first rows, or none where even those are too much."""
    rows = list(result.get("rows", []))
    preview = {
        "kind": result.get("kind", "table"),
        "title": str(result.get("title", ""))[:500],
        "summary": str(result.get("summary", ""))[:2_000],
        "columns": result.get("columns", []),
        "rows": rows[:PREVIEW_ROWS],
        "chart": None,
        "source": result.get("source"),
        "total_rows": len(rows),
        "href": href,
    }
    if len(encode_data(preview)) > MAX_DATA_BYTES // 2:
        preview |= {"columns": [], "rows": [], "source": None}
    return preview


def keep(user_id: uuid.UUID, run_id: uuid.UUID, content: bytes) -> uuid.UUID:
    """Stores the whole result; a run that is repeated leaves an unused one behind, nothing worse."""
    close_old_connections()
    try:
        return Blob.objects.create(user_id=user_id, run_id=run_id, content=content).id
    finally:
        close_old_connections()
