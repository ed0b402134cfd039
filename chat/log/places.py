"""A place in a person's log: whether it can be read on from."""

from __future__ import annotations

from typing import Final

MOST_BEHIND: Final = 5_000


def resync_reason(cursor: int, epoch: str | None, now: str, head: int, floor: int) -> str | None:
    """Why a cursor cannot be read on from, or None."""
    if epoch != now:
        return "epoch_changed"
    if cursor > head:
        return "cursor_ahead"
    if cursor < floor:
        return "history_gone"
    if head - cursor > MOST_BEHIND:
        return "too_far_behind"
    return None
