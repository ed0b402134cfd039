"""One running Netra per data folder: the folder is made usable, locked and cleared of leftovers."""

import fcntl
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from netra.embedded.errors import SetUpError
from netra.supervisor import orphans


@dataclass(frozen=True)
class Claim:
    """The right to run servers on a data folder; ends with `release` or with the process."""

    data_dir: Path
    lock: IO[str]

    def release(self) -> None:
        self.lock.close()


def claim_data_dir(data_dir: Path) -> Claim:
    """Claim the folder for this process; a second claim fails while the first one lives."""
    folder = data_dir.absolute()
    try:
        _make_folders(folder)
        lock = (folder / "run" / "lock").open("w")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SetUpError(
            "data_folder_unusable",
            f"The data folder {folder} cannot be used ({reason}). "
            "Make it writable or choose another with NETRA_DATA_DIR.",
        ) from error
    _lock(lock, folder)
    orphans.end_processes(orphans.find_processes(orphans.started_for(folder)), signal.SIGTERM)
    return Claim(folder, lock)


def _make_folders(data_dir: Path) -> None:
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        # Whatever the umask: the server's own account has to pass through, not to look around.
        data_dir.chmod(0o711)
    for name in ("run", "logs"):
        (data_dir / name).mkdir(mode=0o700, exist_ok=True)
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise PermissionError(13, "it is not writable")


def _lock(lock: IO[str], data_dir: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise SetUpError(
            "already_running",
            f"Netra is already running on {data_dir}. Stop it first, or choose another data folder "
            "with NETRA_DATA_DIR.",
        ) from error
