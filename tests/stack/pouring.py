"""Pours events into people's logs through the product's emitter, at a steady pace, from a process of its own.

`python -m tests.stack.pouring PEOPLE`: a line with each person's key, then for each line `EVENTS_A_SECOND SECONDS` on
the standard input one pour, and a line when it is over. The text of an event begins with the time it was due.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.emitting import emit_all
from bench.loads import sustained
from bench.people import make_runs
from netra.config import PROJECT_FOLDER
from tests.stack_process import Stack, own_environment

WAIT_SECONDS: Final = 120.0


class Pouring:
    """The other end of the process: who is poured for, and how to begin."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self._to, self._from = process.stdin, process.stdout
        self.keys: list[str] = json.loads(self._from.readline())

    def pour(self, events_a_second: int, seconds: float) -> None:
        """Returns when everything is in the log."""
        self.begin(events_a_second, seconds)
        self.wait()

    def begin(self, events_a_second: int, seconds: float) -> None:
        """Returns at once."""
        self._to.write(f"{events_a_second} {seconds}\n")
        self._to.flush()

    def wait(self) -> None:
        """Returns when everything is in the log."""
        assert self._from.readline() == "poured\n"


@contextmanager
def pouring(stack: Stack, people: int) -> Iterator[Pouring]:
    """A process that pours for so many new people."""
    addresses = stack.addresses | {"NETRA_DATA_DIR": str(stack.data_dir), "NETRA_ENV": "test"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stack.pouring", str(people)],
        cwd=PROJECT_FOLDER,
        env=own_environment() | addresses | {"DJANGO_SETTINGS_MODULE": "netra.settings", "PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Pouring(process)
    finally:
        process.kill()
        process.communicate()


def main(people: int) -> None:
    """Makes the people, then pours as told."""
    import django

    django.setup()
    from chat.models import Run

    runs, keys = make_runs(people)
    print(json.dumps(keys), flush=True)
    for line in sys.stdin:
        events_a_second, seconds = line.split()
        Run.objects.filter(id__in=[run.id for run in runs]).update(next_run_seq=0)
        asyncio.run(emit_all(runs, sustained("", len(runs), int(events_a_second), seconds=float(seconds))))
        for run in runs:
            run.attempt += 1
        Run.objects.filter(id__in=[run.id for run in runs]).update(attempt=runs[0].attempt)
        print("poured", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
