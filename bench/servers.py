"""The servers that are measured: daphne as the product starts it, uvicorn beside it, and the naive one."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from netra.config import PROJECT_FOLDER
from netra.embedded.ports import find_free_port
from tests.stack_process import Stack, own_environment, wait_until


@dataclass(frozen=True)
class Server:
    """A process that sockets can be opened to."""

    name: str
    url: str
    pid: int


def environment_of(stack: Stack) -> dict[str, str]:
    """What a further process needs to be part of the stack."""
    words = {"NETRA_DATA_DIR": str(stack.data_dir), "NETRA_ENV": "test", "DJANGO_SETTINGS_MODULE": "netra.settings"}
    return stack.addresses | words


def daphne_of(stack: Stack) -> Server:
    """The stack's own web server."""
    return Server("daphne", stack.url, stack.pid("web"))


@contextmanager
def uvicorn_beside(stack: Stack) -> Iterator[Server]:
    """The same application under uvicorn."""
    options = ("--ws", "websockets-sansio", "--loop", "uvloop", "--ws-per-message-deflate", "false")
    quiet = ("--log-level", "warning", "--lifespan", "off")
    command = ("-m", "uvicorn", "netra.asgi:application", "--port", "{port}", *options, *quiet)
    with serving("uvicorn", command, environment_of(stack), stack.data_dir) as server:
        yield server


@contextmanager
def naive_beside(stack: Stack) -> Iterator[Server]:
    """The naive consumer, under daphne."""
    command = ("-m", "daphne", "--port", "{port}", "--verbosity", "0", "bench.naive:application")
    with serving("naive", command, stack.addresses | {"NAIVE_SERVER": "1"}, stack.data_dir) as server:
        yield server


@contextmanager
def serving(name: str, command: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """A server on a free port, answering."""
    port = find_free_port()
    words = [word.format(port=port) for word in command]
    with (folder / f"{name}.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=PROJECT_FOLDER,
            env=own_environment() | {"PATH": os.environ["PATH"]} | dict(environment),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: answers(port), 60, f"{name} did not start")
        yield Server(name, f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    """Whether somebody listens and speaks HTTP."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/livez")
        connection.getresponse().read()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
