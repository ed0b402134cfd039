"""Files nobody needs: left where a process died between a commit and their removal, or of imports that failed."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.utils import timezone

from agents.imports.beginning import UPLOAD, folder_of
from agents.models import DataImport, DataSet
from agents.usage.datasets import usage_storage
from agents.usage.storage import DEMO_OWNER

# An upload lies in its folder for as long as it takes to arrive before its row is written.
SURE_AFTER_SECONDS: Final = 24 * 3600
KEPT_DAYS: Final = 14


def forget_orphaned_files() -> int:
    """Removes the folder of every data set that is not in the database; gives their number."""
    removed = 0
    for folder in old_folders(usage_storage().root / "usage"):
        if not is_known(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def forget_old_uploads() -> int:
    """Removes uploads that nobody has tried again for weeks after they failed; gives their number."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    failed = DataImport.objects.filter(status=DataImport.Status.FAILED, finished_at__lt=before)
    removed = 0
    for data_import in failed.iterator():
        upload = folder_of(data_import) / UPLOAD
        if upload.is_file():
            upload.unlink(missing_ok=True)
            removed += 1
    return removed


def old_folders(root: Path) -> Iterator[Path]:
    """The data set folders of people that nobody has touched for a day."""
    before = time.time() - SURE_AFTER_SECONDS
    for folder in root.glob("*/*"):
        if folder.parent.name != DEMO_OWNER and folder.is_dir() and folder.stat().st_mtime < before:
            yield folder


def is_known(name: str) -> bool:
    """Whether there is a data set of this id."""
    try:
        return DataSet.objects.filter(id=uuid.UUID(name)).exists()
    except ValueError:
        return False
