"""The unprivileged account that servers run under when we are root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ACCOUNT_NAMES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A system account given by its numbers."""

    name: str
    user_id: int
    group_id: int

    def can(self, test_flag: str, path: Path) -> bool:
        """Whether this account passes `test -x path` (-r, -w), asked of the system, not guessed."""
        found = subprocess.run(
            ["/bin/sh", "-c", f'test {test_flag} "$1"', "sh", str(path)],
            user=self.user_id,
            group=self.group_id,
            extra_groups=[],
            cwd="/",
            check=False,
        )
        return found.returncode == 0

    def owns(self, path: Path) -> bool:
        """Whether the path belongs to this account and is not a link planted by another."""
        return path.lstat().st_uid == self.user_id and not path.is_symlink()


def server_account(names: Sequence[str] = ACCOUNT_NAMES) -> Account | None:
    """The account for servers that refuse to run as root; None when we are not root and need none."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in names:
        if name in known:
            return Account(name, known[name].pw_uid, known[name].pw_gid)
    return Account("nobody", 65534, 65534)
