"""The worker's side of an import: claim, read, end; a thread beside it keeps the lease and tells how far it is."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import structlog
from django.db import Error as DatabaseError
from django.db import connection

from accounts.errors import NetraError
from agents.errors import FormatUnknown, MappingWrong
from agents.imports import (
    ClaimedImport,
    claim_import,
    describe_upload,
    end_import,
    finish_import,
    give_back_import,
    tell_progress,
)
from agents.imports.ending import VERSION_FOLDER, ImportFenced, clear_draft, set_part_aside
from agents.models import DataImport
from agents.prices.stored import current_price_book
from agents.usage.intake import take_in
from agents.usage.profile import VersionSummary, summarise_parts
from agents.usage.records import ImportStopped, Intake, Progress
from agents.usage.summary import summarise_costs
from chat.log.connections import first_line

log = structlog.get_logger(__name__)
TELL_SECONDS: Final = 1.0
FAULT_SENTENCE: Final = "Something went wrong on our side. Nothing was kept of this import; try it again."
FAULT: Final = ("internal_error", FAULT_SENTENCE)
FULL_SENTENCE: Final = "There is no room left on this server. Nothing was kept of this import; tell who runs it."


class Teller:
    """Says each second how far an import is; stops it once it is no longer ours or no longer wanted."""

    def __init__(self, claimed: ClaimedImport) -> None:
        self._claimed = claimed
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="import-progress", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _tell(self) -> None:
        progress = self._claimed.progress
        try:
            while not self._done.wait(TELL_SECONDS):
                if progress.stop or not self._still_wanted():
                    progress.stop = True
                    progress.interrupt()
        finally:
            connection.close()

    def _still_wanted(self) -> bool:
        try:
            return tell_progress(self._claimed)
        except DatabaseError as error:
            # The lease decides: if the database stays away for longer, another worker takes over.
            log.warning("import_progress_not_told", error=first_line(error))
            connection.close()
            return True


def perform_import(import_id: uuid.UUID) -> None:
    """Carries one import to its end; leaves at once if somebody else has it."""
    claimed = claim_import(import_id)
    if claimed is None:
        return
    data_import = claimed.data_import
    structlog.contextvars.bind_contextvars(
        import_id=str(data_import.id), user_id=str(data_import.user_id), request_id=data_import.request_id
    )
    try:
        with giving_back_on_stop(claimed.progress):
            carry_out(claimed)
    except ImportFenced:
        log.warning("import_lost", attempt=claimed.attempt)
    finally:
        clear_draft(claimed)
        structlog.contextvars.clear_contextvars()


@contextmanager
def giving_back_on_stop(progress: Progress) -> Iterator[None]:
    """A worker that is told to stop gives its import back at once, and stops after that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_back(number: int, frame: FrameType | None) -> None:
        progress.given_back = progress.stop = True
        progress.interrupt()

    former = signal.signal(signal.SIGTERM, give_back)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
        if progress.given_back:
            os.kill(os.getpid(), signal.SIGTERM)


def carry_out(claimed: ClaimedImport) -> None:
    """Reads the upload and ends the import in one way or another."""
    try:
        with Teller(claimed):
            intake, summary, costs = read_upload(claimed)
        finish_import(claimed, intake, summary, costs)
        log.info("import_finished", rows=intake.rows_kept, rejected=intake.rows_rejected, format=intake.found.format)
    except ImportFenced:
        raise
    except ImportStopped:
        if claimed.progress.given_back:
            give_back_import(claimed)
        else:
            end_import(claimed, DataImport.Status.CANCELLED)
    except (FormatUnknown, MappingWrong) as unknown:
        claimed.data_import.detection = look_at(claimed.data_import)
        end_import(claimed, DataImport.Status.NEEDS_MAPPING, unknown.code, unknown.sentence)
    except NetraError as error:
        end_import(claimed, DataImport.Status.FAILED, error.code, error.sentence)
    except Exception as error:  # the import boundary: whatever went wrong, the import ends and says so
        if claimed.progress.given_back:
            # A signal breaks into whatever the database was doing.
            give_back_import(claimed)
            return
        log.exception("import_fault")
        is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        end_import(claimed, DataImport.Status.FAILED, *(("storage_full", FULL_SENTENCE) if is_full else FAULT))


def look_at(data_import: DataImport) -> dict[str, Any]:
    """What the mapping form needs to know of an upload that was not understood."""
    seen = describe_upload(data_import)
    return {name: seen[name] for name in ("format", "why", "shape", "columns", "mapping", "options", "notes")}


def read_upload(claimed: ClaimedImport) -> tuple[Intake, VersionSummary, dict[str, Any]]:
    """The upload as a part, and what the data set is with it; no database is open meanwhile."""
    clear_former_drafts(claimed)
    claimed.folder.mkdir(parents=True)
    intake = take_in(
        claimed.upload,
        claimed.data_import.file_name or "the upload",
        claimed.wish,
        claimed.folder,
        claimed.progress,
        earlier=claimed.earlier,
        most_rows=claimed.most_rows,
    )
    set_part_aside(claimed)
    parts = (*claimed.earlier, *sorted((claimed.folder / VERSION_FOLDER).iterdir()))
    return intake, summarise_parts(parts), summarise_costs(parts, current_price_book())


def clear_former_drafts(claimed: ClaimedImport) -> None:
    """Removes what attempts left behind that were killed."""
    for folder in claimed.folder.parent.glob("draft-*"):
        shutil.rmtree(folder, ignore_errors=True)
