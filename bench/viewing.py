"""Starts the process of the viewers and brings home what they saw."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Viewers:
    """The other end of the process, its sockets ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self._output = process.stdout

    def figures(self) -> dict[str, Any]:
        """What was seen, once everything has been."""
        found: dict[str, Any] = json.loads(self._output.readline())
        return found


@contextmanager
def viewing(url: str, viewers: Sequence[tuple[str, int]]) -> Iterator[Viewers]:
    """Sockets of the people with these keys, each of which expects so many events; none: it is only there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sockets"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        order = {"address": url.replace("http", "ws") + "/ws/", "viewers": viewers}
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        yield Viewers(process)
    finally:
        process.kill()
        process.communicate()
