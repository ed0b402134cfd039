"""Killed in the middle of an import, at any moment: it is done again, wholly, and nothing half-done is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.imports import make_calls
from tests.agents.bringing import as_lines
from tests.stack.clients import Caller
from tests.stack.conftest import own_stack
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.uploads import upload, wait_imported
from tests.stack_process import Stack, wait_until

ROWS = 120_000
QUICK_MOMENTS = (0.8,)
# From before its first row to the summary behind its last.
ALL_MOMENTS = (0.0, 0.05, 0.1, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92, 0.97)


@pytest.fixture(scope="module")
def fragile() -> Iterator[Stack]:
    """A Netra whose imports are missed after five seconds."""
    with own_stack({"NETRA_LEASE_SECONDS": "5"}) as stack:
        yield stack


@pytest.fixture(scope="module")
def content() -> bytes:
    return as_lines(make_calls(ROWS))


@pytest.fixture
def person(fragile: Stack) -> Caller:
    with database_of(fragile) as database:
        email, _ = new_person(database)
    return sign_in_as(fragile, email)


def moments() -> list[Any]:
    later = [moment for moment in ALL_MOMENTS if moment not in QUICK_MOMENTS]
    return [*QUICK_MOMENTS, *(pytest.param(moment, marks=pytest.mark.long) for moment in later)]


@pytest.mark.parametrize("moment", moments())
def test_a_killed_import_is_done_again_and_leaves_nothing_half_done(
    fragile: Stack, person: Caller, content: bytes, moment: float
) -> None:
    dataset = upload(fragile, person.key, content)
    reached = wait_for_progress(person, dataset["id"], moment)
    killed = kill_importers(fragile)
    ended = wait_imported(person, dataset["id"])
    print(f"killed {killed} processes after {reached:,} of {ROWS:,} rows; {ended['import']}")
    assert ended["import"]["status"] == "finished"
    assert (ended["rows"], ended["version"]) == (ROWS, 1)
    assert ended["summary"]["tokens"]["output"] == sum(call["completion_tokens"] for call in make_calls(ROWS))
    assert leftovers(fragile, dataset["id"]) == []


def wait_for_progress(person: Caller, dataset_id: str, share: float) -> int:
    """Returns once this share of the bytes has been read, or the import is at its end."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = person.get(f"datasets/{dataset_id}/")["import"]
        if found["status"] == "finished" or found["bytes_read"] >= share * found["file_bytes"]:
            return int(found["rows_read"])
        time.sleep(0.02)
    raise AssertionError("the import did not move")


def kill_importers(stack: Stack) -> int:
    """Kills the importer and its processes, all at once; the supervisor starts it anew."""
    pid = stack.pid("importer")
    own = psutil.Process(pid)
    processes = [own, *own.children(recursive=True)]
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
    stack.wait_restarted("importer", pid)
    return len(processes)


def leftovers(stack: Stack, dataset_id: str) -> list[str]:
    """Every file of the data set but its version and the list of rejected rows."""
    (folder,) = (stack.data_dir / "usage").glob(f"*/{dataset_id}")
    files = (path for path in Path(folder).rglob("*") if path.is_file())
    return [str(path) for path in files if path.name not in {"rejects.jsonl"} and path.parent.name != "v1"]


@pytest.mark.long
def test_a_killed_child_alone_is_replaced_and_the_import_is_done_again(
    fragile: Stack, person: Caller, content: bytes
) -> None:
    dataset = upload(fragile, person.key, content)
    wait_for_progress(person, dataset["id"], 0.01)
    for child in psutil.Process(fragile.pid("importer")).children(recursive=True):
        child.kill()
    ended = wait_imported(person, dataset["id"])
    assert (ended["import"]["status"], ended["rows"]) == ("finished", ROWS)
    assert leftovers(fragile, dataset["id"]) == []


def test_an_upload_is_accepted_without_redis_and_imported_when_it_is_back(fragile: Stack, person: Caller) -> None:
    os.kill(fragile.process.pid, signal.SIGSTOP)
    try:
        redis = fragile.kill("redis")
        dataset = upload(fragile, person.key, as_lines(make_calls(500)))
        assert dataset["import"]["status"] == "queued"
    finally:
        os.kill(fragile.process.pid, signal.SIGCONT)
    fragile.wait_restarted("redis", redis)
    ended = wait_imported(person, dataset["id"])
    assert (ended["import"]["status"], ended["rows"]) == ("finished", 500)


@pytest.mark.long
def test_a_stopped_netra_goes_on_with_the_import_at_its_next_start(fragile: Stack, person: Caller) -> None:
    """The importer is stopped as `make run` stops it, at once, and started again."""
    dataset = upload(fragile, person.key, as_lines(make_calls(60_000)))
    wait_for_progress(person, dataset["id"], 0.01)
    pid = fragile.kill("importer", signal.SIGQUIT)
    wait_until(lambda: not psutil.pid_exists(pid), 15, "the importer did not stop")
    ended = wait_imported(person, dataset["id"])
    assert (ended["import"]["error"], ended["rows"]) == (None, 60_000)
