"""Imports begin: what was sent is stored first, then recorded, then the workers hear of it."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from agents.errors import (
    DataSetReadOnly,
    ImportAlreadyFinished,
    ImportNotFound,
    ImportUnderWay,
    NothingToImport,
    TooManyImports,
    UploadTooLarge,
)
from agents.imports.events import tell
from agents.imports.waiting import send_later
from agents.models import DataImport, DataSet
from agents.usage.archives import printable
from agents.usage.datasets import dataset_for, usage_storage
from agents.usage.formats import format_named
from chat.log import lock_stream

UPLOAD: Final = "upload"
TITLE_CHARACTERS: Final = 200
# Uploads take room on the disk before anybody has counted their rows.
MOST_OPEN: Final = 10


@dataclass(frozen=True, slots=True)
class Incoming:
    """What was sent: its pieces, its name, and how the person wants it read."""

    pieces: Iterable[bytes]
    file_name: str = ""
    format: str = ""
    mapping: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""

    def reading(self) -> dict[str, Any]:
        """The person's choice as it is stored; a format that does not exist is told now, not in the worker."""
        if self.format:
            format_named(self.format)
        return {"format": self.format, "mapping": dict(self.mapping), "options": dict(self.options)}


@dataclass(frozen=True, slots=True)
class Received:
    """An upload that lies in its import's folder."""

    import_id: uuid.UUID
    folder: Path
    bytes: int
    sha256: str


def refuse_too_many(user: User) -> None:
    """TooManyImports before yet another upload is stored for somebody."""
    if DataImport.objects.filter(user=user, status__in=DataImport.OPEN).count() >= MOST_OPEN:
        raise TooManyImports


def begin_data_set(user: User, title: str, incoming: Incoming) -> DataImport:
    """A new data set with its first import."""
    refuse_too_many(user)
    data_set_id = uuid7()
    reading = incoming.reading()
    received = receive(user, data_set_id, incoming.pieces)
    title = (title or printable(incoming.file_name)).strip()[:TITLE_CHARACTERS] or "Usage data"
    try:
        with transaction.atomic():
            lock_stream(user.id)
            data_set = DataSet.objects.create(id=data_set_id, user=user, title=title)
            return record_import(user, data_set, incoming, reading, received)
    except BaseException:
        usage_storage().remove_data_set(user.id, data_set_id)
        raise


def append_to(user: User, data_set_id: uuid.UUID, incoming: Incoming) -> DataImport:
    """Another import into a data set of one's own; the very same file again is already in it."""
    data_set = own_data_set(user, data_set_id)
    refuse_while_open(data_set)
    refuse_too_many(user)
    reading = incoming.reading()
    received = receive(user, data_set.id, incoming.pieces)
    try:
        with transaction.atomic():
            lock_stream(user.id)
            same = find_same(data_set, received, reading)
            if same is None:
                return record_import(user, data_set, incoming, reading, received)
    except IntegrityError:
        remove(received)
        raise ImportUnderWay from None
    except BaseException:
        remove(received)
        raise
    remove(received)
    return same


def own_data_set(user: User, data_set_id: uuid.UUID) -> DataSet:
    """A data set the person may change; the demo is everybody's and changed by nobody."""
    data_set = dataset_for(user.id, data_set_id)
    if data_set.demo:
        raise DataSetReadOnly
    return data_set


def refuse_while_open(data_set: DataSet) -> None:
    """ImportUnderWay while another import of the data set has not ended."""
    if open_import_of(data_set) is not None:
        raise ImportUnderWay


def open_import_of(data_set: DataSet) -> DataImport | None:
    """The import of the data set that has not ended, if there is one."""
    return DataImport.objects.filter(data_set=data_set, status__in=DataImport.OPEN).first()


def newest_import(data_set: DataSet) -> DataImport | None:
    """The import of the data set that began last."""
    return data_set.imports.order_by("-id").first()


def folder_of(data_import: DataImport) -> Path:
    """Where the import keeps its upload and the rows it rejected."""
    return usage_storage().import_folder(data_import.user_id, data_import.data_set_id, data_import.id)


def find_same(data_set: DataSet, received: Received, reading: Mapping[str, Any]) -> DataImport | None:
    """A finished import of the same bytes read in the same way: importing them again changes nothing."""
    finished = DataImport.objects.filter(data_set=data_set, status=DataImport.Status.FINISHED)
    return finished.filter(sha256=received.sha256, reading=reading).first()


def receive(user: User, data_set_id: uuid.UUID, pieces: Iterable[bytes]) -> Received:
    """Writes the upload into the folder of a new import; nothing is left of one that is refused."""
    import_id = uuid7()
    folder = usage_storage().import_folder(user.id, data_set_id, import_id)
    folder.mkdir(parents=True)
    digest, size = hashlib.sha256(), 0
    try:
        with (folder / UPLOAD).open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > user.limits.upload_bytes:
                    raise UploadTooLarge(most_bytes=user.limits.upload_bytes)
                digest.update(piece)
                file.write(piece)
        if not size:
            raise NothingToImport("The file is empty.")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Received(import_id, folder, size, digest.hexdigest())


def remove(received: Received) -> None:
    """Takes back what was received."""
    shutil.rmtree(received.folder, ignore_errors=True)


def record_import(
    user: User, data_set: DataSet, incoming: Incoming, reading: Mapping[str, Any], received: Received
) -> DataImport:
    """The import as a row, its first event, and word to the workers once both are committed."""
    data_import = DataImport.objects.create(
        id=received.import_id,
        user=user,
        data_set=data_set,
        file_name=printable(incoming.file_name) if incoming.file_name else "",
        file_bytes=received.bytes,
        sha256=received.sha256,
        reading=dict(reading),
        request_id=incoming.request_id,
    )
    tell(data_import)
    send_later(data_import)
    return data_import


def remap_import(user: User, data_set_id: uuid.UUID, incoming: Incoming) -> DataImport:
    """Reads an upload that was not understood, or failed, again: with another format or mapping."""
    return begin_again(user, data_set_id, incoming.reading())


def retry_import(user: User, data_set_id: uuid.UUID) -> DataImport:
    """Tries an import that failed once more."""
    return begin_again(user, data_set_id, None)


def begin_again(user: User, data_set_id: uuid.UUID, reading: Mapping[str, Any] | None) -> DataImport:
    """Puts the newest import back into the queue, as long as its upload is there."""
    data_set = own_data_set(user, data_set_id)
    with transaction.atomic():
        lock_stream(user.id)
        newest = DataImport.objects.select_for_update().filter(data_set=data_set).order_by("-id").first()
        if newest is None:
            raise ImportNotFound
        if newest.status in DataImport.ACTIVE:
            raise ImportUnderWay
        if not (usage_storage().import_folder(user.id, data_set.id, newest.id) / UPLOAD).is_file():
            raise ImportAlreadyFinished("This import has ended and its file is gone. Upload the file again.")
        queue_again(newest, reading)
    return newest


def queue_again(data_import: DataImport, reading: Mapping[str, Any] | None) -> None:
    """The locked import as it was when it began."""
    data_import.status, data_import.attempt = DataImport.Status.QUEUED, 0
    data_import.error_code = data_import.error_message = ""
    data_import.rows_read = data_import.rows_rejected = data_import.bytes_read = 0
    data_import.reasons = []
    data_import.finished_at = data_import.cancel_requested_at = data_import.dispatched_at = None
    data_import.created_at = timezone.now()
    if reading is not None:
        data_import.reading = dict(reading)
    data_import.save()
    if data_import.data_set.status == DataSet.Status.FAILED:
        data_import.data_set.status = DataSet.Status.IMPORTING
        data_import.data_set.save(update_fields=["status"])
    tell(data_import)
    send_later(data_import)
