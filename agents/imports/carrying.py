"""A worker takes an import, says how far it is, and finds out whether it is still wanted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from accounts.limits import limits_for
from agents.imports.beginning import UPLOAD
from agents.imports.events import tell
from agents.models import DataImport
from agents.usage.datasets import newest_version, parts_of, rows_kept_by, usage_storage
from agents.usage.records import Progress, Reading, Wish
from chat.log import lock_stream

CLAIM: Final = """
UPDATE agents_dataimport AS import
   SET status = 'running', attempt = import.attempt + 1, started_at = COALESCE(import.started_at, clock_timestamp()),
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE import.id = %(id)s AND import.status = 'queued'
   AND NOT EXISTS (SELECT 1 FROM agents_dataimport AS other
                    WHERE other.user_id = import.user_id AND other.status = 'running')
"""
RENEW: Final = """
UPDATE agents_dataimport
   SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s), bytes_read = %(bytes)s,
       rows_read = %(rows)s, rows_rejected = %(rejected)s
 WHERE id = %(id)s AND status = 'running' AND attempt = %(attempt)s
RETURNING cancel_requested_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class ClaimedImport:
    """An import that is this worker's until its lease ends, and everything it needs from the database."""

    data_import: DataImport
    attempt: int
    upload: Path
    folder: Path
    wish: Wish
    earlier: tuple[Path, ...]
    most_rows: int
    progress: Progress = field(default_factory=Progress)


def claim_import(import_id: uuid.UUID) -> ClaimedImport | None:
    """The import, if nobody has it and its person has no other running; else None."""
    with transaction.atomic():
        data_import = DataImport.objects.filter(id=import_id, status=DataImport.Status.QUEUED).first()
        if data_import is None:
            return None
        # Claims of one person queue up here, so that two of them cannot both see no other.
        lock_stream(data_import.user_id)
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"lease": settings.LEASE_SECONDS, "id": import_id})
            if cursor.rowcount != 1:
                return None
        data_import = DataImport.objects.select_related("data_set", "user").get(id=import_id)
        tell(data_import)
    return prepare(data_import)


def prepare(data_import: DataImport) -> ClaimedImport:
    """Where the import works, how it reads, what is there already, and how much room there is."""
    storage = usage_storage()
    base = storage.import_folder(data_import.user_id, data_import.data_set_id, data_import.id)
    folder = base / f"draft-{data_import.attempt}"
    version = newest_version(data_import.data_set)
    room = limits_for(data_import.user.tier).data_rows - rows_kept_by(data_import.user_id)
    return ClaimedImport(
        data_import=data_import,
        attempt=data_import.attempt,
        upload=base / UPLOAD,
        folder=folder,
        wish=read_wish(data_import.reading),
        earlier=parts_of(data_import.data_set, version) if version else (),
        most_rows=max(0, room),
    )


def read_wish(reading: Mapping[str, Any]) -> Wish:
    """A stored choice as the import takes it."""
    return Wish(reading.get("format", ""), Reading(reading.get("mapping", {}), reading.get("options", {})))


def tell_progress(claimed: ClaimedImport) -> bool:
    """Keeps the lease and tells the pages; False once the import is no longer this worker's, or no longer wanted."""
    progress, data_import = claimed.progress, claimed.data_import
    values: dict[str, str | int | uuid.UUID] = {
        "lease": settings.LEASE_SECONDS,
        "id": data_import.id,
        "attempt": claimed.attempt,
        "bytes": progress.bytes_read,
        "rows": progress.rows_read,
        "rejected": progress.rows_rejected,
    }
    with transaction.atomic():
        lock_stream(data_import.user_id)
        with connection.cursor() as cursor:
            cursor.execute(RENEW, values)
            found = cursor.fetchone()
        if found is None or found[0]:
            return False
        changed = (progress.bytes_read, progress.rows_read) != (data_import.bytes_read, data_import.rows_read)
        if changed:
            describe_progress(data_import, progress)
            tell(data_import)
    return True


def describe_progress(data_import: DataImport, progress: Progress) -> None:
    """The import as far as it is now."""
    data_import.bytes_read = progress.bytes_read
    data_import.rows_read = progress.rows_read
    data_import.rows_rejected = progress.rows_rejected
