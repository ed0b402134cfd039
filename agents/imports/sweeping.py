"""Files without a row: left where a process died between a commit and the removal of what it made superfluous."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agents.models import DataSet
from agents.usage.datasets import usage_storage
from agents.usage.storage import DEMO_OWNER

# An upload lies in its folder for as long as it takes to arrive before its row is written.
SURE_AFTER_SECONDS: Final = 24 * 3600


def forget_orphaned_files() -> int:
    """Removes the folder of every data set that is not in the database; gives their number."""
    removed = 0
    for folder in old_folders(usage_storage().root / "usage"):
        if not is_known(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
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
