"""When the garbage collector looks at everything: seldom, and in a quiet second.

Left to itself it looks through all open sockets again and again: with 2,000 of them that takes a quarter of a second,
and every one of them waits for it. A closed socket needs no collector; see docs/decisions/0019.
"""

from __future__ import annotations

import gc
import time
from typing import Final

QUIET_AFTER_SECONDS: Final = 600.0
ALWAYS_AFTER_SECONDS: Final = 3_600.0


class Memory:
    """Sets aside what has lived for a second, so that the collector has little to look through."""

    def __init__(self) -> None:
        self._looked_at = time.monotonic()

    def tidy(self, *, is_quiet: bool) -> None:
        """To be called every second; looks at everything where that is due."""
        if time.monotonic() - self._looked_at > (QUIET_AFTER_SECONDS if is_quiet else ALWAYS_AFTER_SECONDS):
            gc.unfreeze()
            gc.collect()
            self._looked_at = time.monotonic()
        gc.freeze()
