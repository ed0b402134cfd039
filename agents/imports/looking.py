"""A look at an upload that waits for a mapping: the same answer as before it was sent."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.models import User
from agents.errors import ImportAlreadyFinished, ImportNotFound
from agents.imports.beginning import UPLOAD, folder_of, newest_import, own_data_set
from agents.imports.carrying import read_wish
from agents.models import DataImport


def look_at_upload(user: User, data_set_id: uuid.UUID) -> dict[str, Any]:
    """What the newest upload of a data set of one's own is, with its first rows, as long as it is there."""
    newest = newest_import(own_data_set(user, data_set_id))
    if newest is None:
        raise ImportNotFound
    return describe_upload(newest)


def describe_upload(data_import: DataImport) -> dict[str, Any]:
    """What the beginning of an upload tells."""
    from agents.usage.recognition import HEAD_BYTES, recognise_head  # brings the database of usage data along

    try:
        with (folder_of(data_import) / UPLOAD).open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise ImportAlreadyFinished("This import has ended and its file is gone. Upload the file again.") from None
    cut = data_import.file_bytes > len(head)
    return recognise_head(head, data_import.file_name or "the upload", read_wish(data_import.reading), cut=cut)
