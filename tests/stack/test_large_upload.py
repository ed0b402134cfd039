"""A large upload passes through the web process: it is never held there as a whole, and no socket waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psutil
import pytest
from websockets.sync.client import ClientConnection

from bench.imports import make_calls
from tests.agents.bringing import as_lines
from tests.stack.clients import sign_in
from tests.stack.conftest import own_stack
from tests.stack.sockets import assert_alive, open_ready_socket, with_key
from tests.stack.uploads import upload, wait_imported
from tests.stack_process import Stack

MEBIBYTE = 1024 * 1024
ROWS = 300_000


@pytest.fixture(scope="module")
def quiet() -> Iterator[Stack]:
    """A Netra whose web process nobody else fills."""
    with own_stack() as stack:
        yield stack


class Watcher:
    """Measures the memory of the web process, and how long a socket waits for its pong."""

    def __init__(self, stack: Stack, socket: ClientConnection) -> None:
        self.web = psutil.Process(stack.pid("web"))
        self.start_bytes = self.peak_bytes = self.web.memory_info().rss
        self.longest_seconds = 0.0
        self._done = threading.Event()
        self._socket = socket
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            asked = time.monotonic()
            assert_alive(self._socket)
            self.longest_seconds = max(self.longest_seconds, time.monotonic() - asked)
            self.peak_bytes = max(self.peak_bytes, self.web.memory_info().rss)

    @property
    def grown_bytes(self) -> int:
        return self.peak_bytes - self.start_bytes


@pytest.mark.long
def test_an_upload_is_neither_held_nor_in_anybodys_way(quiet: Stack) -> None:
    caller = sign_in(quiet.port)
    content = as_lines(make_calls(ROWS))
    # What the first upload of a process loads is not this one's.
    upload(quiet, caller.key, content[:5_000] + b"\n")
    with open_ready_socket(quiet.port, with_key(caller.key)) as socket, Watcher(quiet, socket) as watcher:
        started = time.monotonic()
        dataset = upload(quiet, caller.key, content)
        seconds = time.monotonic() - started
    size, grown, waited = len(content) / 1e6, watcher.grown_bytes / MEBIBYTE, watcher.longest_seconds * 1000
    print(f"{size:.0f} MB in {seconds:.1f} s: the web process grew by {grown:.0f} MB, a pong took {waited:.0f} ms")
    assert watcher.grown_bytes < len(content) / 3
    assert watcher.longest_seconds < 1
    assert wait_imported(caller, dataset["id"], 120)["rows"] == ROWS
