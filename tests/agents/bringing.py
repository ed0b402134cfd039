"""Uploads as people bring them, and imports carried out by the worker's own code in the test's process."""

from __future__ import annotations

import functools
import tempfile
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson

from accounts.models import User
from agents.importing import perform_import
from agents.imports import Incoming, append_to, begin_data_set
from agents.models import DataImport, DataSet, DataSetVersion
from agents.usage.datasets import newest_version, parts_of, usage_storage
from agents.usage.drafts import Draft
from agents.usage.profile import VersionSummary, summarise_parts
from agents.usage.records import PART_NAME, UsageRow

START = datetime(2026, 10, 1)


def usage(number: int, **more: Any) -> dict[str, Any]:
    """One call as a client logs it."""
    return {
        "request_id": f"req-{number}",
        "time": (START + timedelta(minutes=number)).isoformat() + "Z",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 100 + number,
        "output_tokens": 10,
        "team": f"team-{number % 3}",
        **more,
    }


def as_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as a JSONL file."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def incoming(content: bytes, name: str = "usage.jsonl", **more: Any) -> Incoming:
    """A file as the API hands it over."""
    return Incoming(pieces=(content,), file_name=name, **more)


def bring(user: User, content: bytes, name: str = "usage.jsonl", **more: Any) -> DataSet:
    """A new data set whose import has been carried out."""
    begun = begin_data_set(user, "", incoming(content, name, **more))
    perform_import(begun.id)
    return DataSet.objects.get(id=begun.data_set_id)


def bring_more(user: User, data_set: DataSet, content: bytes, name: str = "more.jsonl", **more: Any) -> DataImport:
    """Another import into the data set, carried out."""
    begun = append_to(user, data_set.id, incoming(content, name, **more))
    perform_import(begun.id)
    return DataImport.objects.get(id=begun.id)


def add_version(data_set: DataSet, rows: Iterable[UsageRow]) -> DataSetVersion:
    """A first version of these rows, without an import: for tests inside one transaction, which no worker sees."""
    part, summary = part_of(tuple(astuple(row) for row in rows))
    with usage_storage().new_version(data_set.user_id, data_set.id, 1) as folder:
        (folder / PART_NAME).write_bytes(part)
    return DataSetVersion.objects.create(
        data_set=data_set,
        number=1,
        rows=summary.rows,
        first_day=summary.first_day,
        last_day=summary.last_day,
        bytes=summary.bytes,
        profile=summary.profile.as_data(),
    )


@functools.cache
def part_of(rows: tuple[tuple[Any, ...], ...]) -> tuple[bytes, VersionSummary]:
    """The rows as a part, written once for all tests that have the same ones."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / PART_NAME
        draft = Draft(Path(folder))
        for row in rows:
            draft.add(UsageRow(*row))
        draft.finish((), part, lambda connection: None)
        return part.read_bytes(), summarise_parts([part])


def newest_import(data_set: DataSet) -> DataImport:
    """The data set's newest import as it is now."""
    found = data_set.imports.order_by("-id").first()
    assert found
    return found


def rows_in(data_set: DataSet, columns: str = "*") -> list[tuple[Any, ...]]:
    """The stored rows, in a fixed order."""
    version = newest_version(data_set)
    if version is None:
        return []
    parts = [str(part) for part in parts_of(data_set, version)]
    with duckdb.connect() as connection:
        return connection.read_parquet(parts).project(columns).order("ALL").fetchall()


def files_of(data_set_id: uuid.UUID, user: User) -> set[str]:
    """Every file below the data set's folder."""
    folder = usage_storage().data_set_folder(user.id, data_set_id)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def draft_folders(user: User) -> list[Path]:
    """What cut-off imports left behind."""
    return list(usage_storage().owner_folder(user.id).rglob("draft-*"))
