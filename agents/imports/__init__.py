"""Services of imports: begin, cancel, map, carry on, end; each state change is a compare-and-set."""

from agents.imports.beginning import (
    Incoming,
    append_to,
    begin_data_set,
    folder_of,
    newest_import,
    receive,
    remap_import,
    retry_import,
)
from agents.imports.carrying import ClaimedImport, claim_import, describe_progress, read_wish, tell_progress
from agents.imports.ending import cancel_import, end_import, finish_import, forget_data_set, give_back_import
from agents.imports.looking import describe_upload, look_at_upload
from agents.imports.sweeping import forget_old_uploads, forget_orphaned_files
from agents.imports.waiting import (
    RUN_IMPORT,
    dispatch_waiting_imports,
    reap_lost_imports,
    redispatch_forgotten_imports,
)

__all__ = [
    "RUN_IMPORT",
    "ClaimedImport",
    "Incoming",
    "append_to",
    "begin_data_set",
    "cancel_import",
    "claim_import",
    "describe_progress",
    "describe_upload",
    "dispatch_waiting_imports",
    "end_import",
    "finish_import",
    "folder_of",
    "forget_data_set",
    "forget_old_uploads",
    "forget_orphaned_files",
    "give_back_import",
    "look_at_upload",
    "newest_import",
    "read_wish",
    "reap_lost_imports",
    "receive",
    "redispatch_forgotten_imports",
    "remap_import",
    "retry_import",
    "tell_progress",
]
