"""How a process tells its supervisor that it is ready."""

from __future__ import annotations

import os
from pathlib import Path


def report_ready() -> None:
    """Writes this process' id where the supervisor looks for it; does nothing without a supervisor."""
    path = os.environ.get("NETRA_READY_FILE")
    if path:
        Path(path).write_text(str(os.getpid()))
