"""What the work keeps of a person: data sets with their files, memories of runs, finished tool calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from accounts.belongings import Part, lines
from accounts.models import User
from agents.errors import DataSetNotFound, ImportAlreadyFinished, ImportNotFound
from agents.imports import cancel_import
from agents.models import AgentWork, DataImport, DataSet, RunMemory, ToolCall
from agents.serializers import shape_import
from agents.usage.datasets import usage_storage
from agents.usage.rejects import iterate_rejects

ROWS_A_READ: Final = 200
PIECE_BYTES: Final = 1024 * 1024


def stop_imports(user: User) -> None:
    """Cancels whatever import waits or runs, as the person could have done."""
    for data_import in DataImport.objects.filter(user=user, status__in=DataImport.OPEN):
        with suppress(DataSetNotFound, ImportAlreadyFinished, ImportNotFound):
            cancel_import(user, data_import.data_set_id)


def export_work(user: User) -> Iterator[Part]:
    """The data sets with their files and rejected rows, and what runs remembered and looked up."""
    yield "data_sets.jsonl", lines(describe_data_set(data_set) for data_set in own_data_sets(user))
    for data_set in own_data_sets(user):
        for version in data_set.versions.order_by("number"):
            for part in usage_storage().find_parts(user.id, data_set.id, version.number):
                # A part of an earlier version belongs to this one too, and is taken along once.
                if part.parent.name == f"v{version.number}":
                    yield f"data_sets/{data_set.id}/v{version.number}/{part.name}", read_pieces(part)
        for data_import in data_set.imports.order_by("id"):
            folder = usage_storage().import_folder(user.id, data_set.id, data_import.id)
            yield f"data_sets/{data_set.id}/rejects/{data_import.id}.jsonl", iterate_rejects(folder)
    memories = RunMemory.objects.filter(run__user=user).order_by("run_id").iterator(ROWS_A_READ)
    yield "run_memories.jsonl", lines({"run_id": memory.run_id, "messages": memory.messages} for memory in memories)
    calls = ToolCall.objects.filter(run__user=user).order_by("id").iterator(ROWS_A_READ)
    yield "tool_calls.jsonl", lines(describe_call(call) for call in calls)
    works = AgentWork.objects.filter(run__user=user).order_by("id").iterator(ROWS_A_READ)
    yield "agent_works.jsonl", lines({"run_id": each.run_id, "agent": each.agent, "work": each.work} for each in works)


def own_data_sets(user: User) -> Iterator[DataSet]:
    """The person's own; the shared demo belongs to nobody."""
    return DataSet.objects.filter(user=user).order_by("id").iterator(ROWS_A_READ)


def describe_data_set(data_set: DataSet) -> dict[str, Any]:
    """A data set and its versions."""
    versions = data_set.versions.order_by("number").values("number", "rows", "first_day", "last_day", "created_at")
    return {
        "id": data_set.id,
        "title": data_set.title,
        "status": data_set.status,
        "created_at": data_set.created_at,
        "versions": list(versions),
        "imports": [shape_import(each) for each in data_set.imports.order_by("id")],
    }


def describe_call(call: ToolCall) -> dict[str, Any]:
    """A tool call with what it found."""
    return {
        "run_id": call.run_id,
        "tool": call.tool,
        "arguments": call.arguments,
        "result": call.result,
        "seconds": call.seconds,
        "created_at": call.created_at,
    }


def read_pieces(path: Path) -> Iterator[bytes]:
    """A file, a piece at a time."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def remove_work(user: User) -> None:
    """Removes the data sets in the caller's transaction and their files after it; the rest goes with the runs."""
    DataSet.objects.filter(user=user).delete()
    owner_id = user.id
    transaction.on_commit(lambda: usage_storage().remove_owner(owner_id))
