"""What a person's pages hear of an import."""

from __future__ import annotations

from agents.models import DataImport
from agents.serializers import shape_data_set
from chat.emitter import append_now
from chat.events import EventType, build_event


def tell(data_import: DataImport, *, finished: bool = False) -> None:
    """Appends the state of the import to its person's log, in the caller's transaction."""
    shape = shape_data_set(data_import.data_set, data_import)
    kind = EventType.IMPORT_FINISHED if finished else EventType.IMPORT_PROGRESSED
    append_now([build_event(user_id=data_import.user_id, type=kind, data={"dataset": shape})])
