"""Where the database cluster lives: in the data folder, unless the server's account cannot get there."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from netra.embedded.errors import SetUpError
from netra.supervisor.account import Account

# Not /tmp: the data has to survive a reboot.
FALLBACK_PARENT = Path("/var/tmp")  # noqa: S108 - the folder below is closed and checked for its owner


def cluster_place(data_dir: Path, account: Account | None, say: Callable[[str], None]) -> Path:
    """A folder closed to all but the account that runs the server."""
    if account is None:
        return _own_folder(data_dir / "postgres", None)
    if account.can("-x", data_dir):
        return _own_folder(data_dir / "postgres", account)
    place = FALLBACK_PARENT / f"netra-{path_mark(data_dir)}"
    say(f"The account {account.name} cannot reach {data_dir}; the database is kept in {place}.")
    return _own_folder(place, account)


def path_mark(path: Path) -> str:
    """A short name for a path that differs from that of every other path."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:16]


def _own_folder(folder: Path, account: Account | None) -> Path:
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.user_id, account.group_id)
    if account and not account.owns(folder):
        raise SetUpError(
            "cluster_folder_taken",
            f"{folder} belongs to another account than {account.name}. Remove it or choose another data "
            "folder with NETRA_DATA_DIR.",
        )
    return folder
