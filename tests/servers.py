"""Pytest plugin: a real Postgres and a real Redis for the tests, thrown away at the end."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netra.embedded import start_servers

_at_end = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Run before the Django plugin reads the settings; worker processes inherit what is set here."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _forget_own_settings()
        _start_throwaway_servers()
    return (yield)


def pytest_unconfigure() -> None:
    """Stop and remove what was started; a process that started nothing removes nothing."""
    _at_end.close()


def _forget_own_settings() -> None:
    """What a person has set in the own shell must not decide whether tests pass."""
    for name in [name for name in os.environ if name.startswith("NETRA_")]:
        del os.environ[name]
    os.environ["NETRA_ENV"] = "test"


def _start_throwaway_servers() -> None:
    folder = Path(tempfile.mkdtemp(prefix="netra-tests-"))
    # The server's own account has to pass through.
    folder.chmod(0o711)
    _at_end.callback(shutil.rmtree, folder, ignore_errors=True)
    servers = start_servers(
        folder,
        database_url=os.environ.get("DATABASE_URL"),
        redis_url=os.environ.get("REDIS_URL"),
        throwaway=True,
    )
    _at_end.callback(servers.stop)
    os.environ["DATABASE_URL"] = servers.database_url
    os.environ["REDIS_URL"] = servers.redis_url
    os.environ["NETRA_DATA_DIR"] = str(folder)
