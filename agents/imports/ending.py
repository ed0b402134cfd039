"""Imports end: all of it becomes a version in one transaction, or nothing of it is kept."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from agents.errors import ImportAlreadyFinished, ImportNotFound
from agents.imports.beginning import UPLOAD, open_import_of, own_data_set
from agents.imports.carrying import ClaimedImport
from agents.imports.events import tell
from agents.imports.waiting import dispatch_waiting_imports, queue_lost, record_end
from agents.models import DataImport, DataSet, DataSetVersion
from agents.usage.datasets import newest_version, usage_storage
from agents.usage.records import PART_NAME, Intake
from agents.usage.rejects import FILE_NAME
from chat.log import lock_stream

if TYPE_CHECKING:
    from agents.usage.profile import VersionSummary  # loads the database of usage data, which web processes need late

VERSION_FOLDER: Final = "version"


class ImportFenced(Exception):
    """The import is no longer this worker's: deleted, cancelled, or another worker has it."""


def finish_import(claimed: ClaimedImport, intake: Intake, summary: VersionSummary, costs: dict[str, Any]) -> None:
    """The end of an import that brought rows: version, files, state and event together; ImportFenced otherwise."""
    with transaction.atomic():
        data_import = lock_own(claimed)
        count_result(data_import, intake)
        data_import.status, data_import.finished_at = DataImport.Status.FINISHED, timezone.now()
        data_import.lease_until = None
        data_import.save()
        if intake.rows_kept:
            add_version(claimed, data_import, summary, costs)
        keep_rejects(claimed)
        data_import.data_set.status = DataSet.Status.READY
        data_import.data_set.save(update_fields=["status"])
        tell(data_import, finished=True)
        transaction.on_commit(lambda: dispatch_waiting_imports(data_import.user_id))
    forget_upload(claimed)


def lock_own(claimed: ClaimedImport) -> DataImport:
    """The import's row, locked, as long as it is this attempt's."""
    lock_stream(claimed.data_import.user_id)
    found = DataImport.objects.select_for_update(of=("self",)).select_related("data_set")
    running = found.filter(status=DataImport.Status.RUNNING, attempt=claimed.attempt)
    data_import = running.filter(id=claimed.data_import.id).first()
    if data_import is None:
        raise ImportFenced
    return data_import


def count_result(data_import: DataImport, intake: Intake) -> None:
    """What became of the rows, and how they were read."""
    data_import.bytes_read = data_import.file_bytes
    data_import.rows_read, data_import.rows_kept = intake.rows_read, intake.rows_kept
    data_import.rows_repeated, data_import.rows_rejected = intake.rows_repeated, intake.rows_rejected
    data_import.reasons, data_import.detection = intake.reasons, intake.found.as_data()


def add_version(
    claimed: ClaimedImport, data_import: DataImport, summary: VersionSummary, costs: dict[str, Any]
) -> None:
    """The files get their final name just before the row that makes them real is committed."""
    data_set = data_import.data_set
    former = newest_version(data_set)
    number = former.number + 1 if former else 1
    storage = usage_storage()
    target = storage.version_folder(data_set.user_id, data_set.id, number)
    storage.replace_version(claimed.folder / VERSION_FOLDER, target)
    DataSetVersion.objects.create(
        data_set=data_set,
        number=number,
        rows=summary.rows,
        first_day=summary.first_day,
        last_day=summary.last_day,
        bytes=summary.bytes,
        profile=summary.profile.as_data(),
        summary={**costs, "rows_kept": summary.rows, **add_counts(former.summary if former else {}, data_import)},
    )


def add_counts(former: dict[str, Any], data_import: DataImport) -> dict[str, int]:
    """What became of all rows of all imports so far."""
    names = ("rows_read", "rows_repeated", "rows_rejected")
    return {name: int(former.get(name, 0)) + getattr(data_import, name) for name in names}


def keep_rejects(claimed: ClaimedImport) -> None:
    """The rejected rows stay with the import when its draft goes."""
    rejects = claimed.folder / FILE_NAME
    if rejects.is_file():
        rejects.replace(claimed.folder.parent / FILE_NAME)


def set_part_aside(claimed: ClaimedImport) -> None:
    """Puts the finished part into the folder that will become the version."""
    folder = claimed.folder / VERSION_FOLDER
    folder.mkdir(mode=0o755)
    (claimed.folder / PART_NAME).rename(folder / PART_NAME)


def end_import(claimed: ClaimedImport, status: str, code: str = "", message: str = "") -> None:
    """The end of an import that brought nothing; its upload stays where another try makes sense."""
    with transaction.atomic():
        data_import = lock_own(claimed)
        data_import.rows_read, data_import.rows_rejected = claimed.progress.rows_read, claimed.progress.rows_rejected
        data_import.detection = claimed.data_import.detection
        keep_rejects(claimed)
        record_end(data_import, status, code, message)
    if status == DataImport.Status.CANCELLED:
        forget_upload(claimed)


def give_back_import(claimed: ClaimedImport) -> None:
    """Back into the queue, because its worker stops; nothing of it was kept."""
    with transaction.atomic():
        data_import = lock_own(claimed)
        if data_import.cancel_requested_at is not None:
            record_end(data_import, DataImport.Status.CANCELLED)
        else:
            queue_lost(data_import)


def forget_upload(claimed: ClaimedImport) -> None:
    """Removes what was uploaded: its rows are in the version now, or nobody wants them."""
    claimed.upload.unlink(missing_ok=True)


def cancel_import(user: User, data_set_id: uuid.UUID) -> DataImport:
    """Ends a waiting import at once, asks the worker of a running one to stop."""
    data_set = own_data_set(user, data_set_id)
    with transaction.atomic():
        lock_stream(user.id)
        found = open_import_of(data_set)
        if found is None:
            if data_set.imports.exists():
                raise ImportAlreadyFinished
            raise ImportNotFound
        data_import = DataImport.objects.select_for_update(of=("self",)).select_related("data_set").get(id=found.id)
        if data_import.status == DataImport.Status.RUNNING:
            data_import.cancel_requested_at = data_import.cancel_requested_at or timezone.now()
            data_import.save(update_fields=["cancel_requested_at"])
            tell(data_import)
            return data_import
        record_end(data_import, DataImport.Status.CANCELLED)
    folder = usage_storage().import_folder(user.id, data_set.id, data_import.id)
    (folder / UPLOAD).unlink(missing_ok=True)
    return data_import


def forget_data_set(user: User, data_set_id: uuid.UUID) -> None:
    """Deletes a data set of one's own, its imports and every file of it; a running import finds itself unwanted."""
    data_set = own_data_set(user, data_set_id)
    with transaction.atomic():
        lock_stream(user.id)
        DataSet.objects.filter(id=data_set.id, user=user).delete()
        transaction.on_commit(lambda: usage_storage().remove_data_set(user.id, data_set.id))


def clear_draft(claimed: ClaimedImport) -> None:
    """Removes everything this attempt wrote and did not hand over."""
    shutil.rmtree(claimed.folder, ignore_errors=True)
