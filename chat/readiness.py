"""What a process does once it is ready: it tells its supervisor, and keeps the garbage collector short."""

from __future__ import annotations

import gc
import os
from pathlib import Path


def report_ready() -> None:
    """Writes this process' id where the supervisor looks for it; does nothing without a supervisor."""
    path = os.environ.get("NETRA_READY_FILE")
    if path:
        Path(path).write_text(str(os.getpid()))


def settle_memory() -> None:
    """What is loaded by now stays: left to the collector, looking through it stops every socket for 100 ms."""
    gc.collect()
    gc.freeze()
