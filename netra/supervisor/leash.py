"""Ties the life of a child process to the life of its parent."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

# Loaded once here: after a fork there is no safe moment to load a library.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals) -> bool:
    """Ask the kernel to signal this process when its parent ends; False where kernels cannot."""
    if _libc is None:
        return False
    return bool(_libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) == 0)


def leash_for(death_signal: signal.Signals) -> Callable[[], None]:
    """What a child runs between fork and exec, so that even kill -9 of the parent leaves nothing behind."""
    parent_pid = os.getpid()

    def tie() -> None:
        die_with_parent(death_signal)
        # The parent may have died before the kernel knew about the leash.
        if os.getppid() != parent_pid:
            os._exit(1)

    return tie
