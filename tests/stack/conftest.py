"""A running Netra for the tests of the whole."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from netra.embedded.ports import find_free_port
from netra.embedded.redis import start_redis
from netra.embedded.server import EmbeddedServer
from tests.stack_process import Stack, open_folder, start_stack


@contextmanager
def own_stack(environment: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Everything `make run` starts, with a data folder of its own, thrown away afterwards.

    Logs stay as they were written unless the test says otherwise: it may look at every event long after its run.
    """
    chosen = {"NETRA_COMPACT_AFTER_SECONDS": "86400"} | dict(environment or {})
    folder = open_folder("netra-stack-")
    try:
        stack = start_stack(folder / "var", find_free_port(), environment=chosen)
        try:
            yield stack
        finally:
            stack.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The one Netra that tests share which break nothing."""
    with own_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def redis() -> Iterator[EmbeddedServer]:
    """A Redis of the test's own, which no supervisor brings back."""
    folder = open_folder("netra-redis-")
    for name in ("logs", "run"):
        (folder / name).mkdir()
    server = start_redis(folder, throwaway=True)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def stack_without_redis(redis: EmbeddedServer) -> Iterator[Stack]:
    with own_stack({"REDIS_URL": redis.url}) as stack:
        yield stack
