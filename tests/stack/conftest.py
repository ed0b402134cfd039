"""A running Netra and a browser in front of it."""

import socket
from collections.abc import Iterator

import pytest

from tests.stack_process import Stack, start_stack


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything `make run` starts, with a data folder of its own."""
    stack = start_stack(tmp_path_factory.mktemp("stack") / "data", free_port())
    yield stack
    stack.stop()
