"""`make run` on real processes: it starts, survives the death of its parts, and leaves nothing behind."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from netra.config import PROJECT_FOLDER
from netra.embedded.ports import find_free_port, is_port_free
from netra.supervisor.orphans import still_alive
from tests.stack_process import Stack, launch_stack, open_folder, own_environment, start_stack, wait_until

PROGRAMS = ["duties", "importer", "postgres", "redis", "web", "worker"]
WITHOUT_DEMO = {"NETRA_ENV": "test"}

pytestmark = pytest.mark.long
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder("netra-run-")
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One Netra as in development, for tests that leave it running."""
    made = open_folder("netra-run-")
    started = start_stack(made / "var", find_free_port())
    yield started
    started.stop()
    shutil.rmtree(made)


@pytest.fixture
def own_stack(folder: Path) -> Iterator[Stack]:
    """A Netra that the test may stop; without the demo data, which take longest."""
    started = start_stack(folder / "var", find_free_port(), environment=WITHOUT_DEMO)
    yield started
    started.stop()


def start_make(folder: Path) -> Stack:
    """Netra as a person starts it: make above, everything else below."""
    port = find_free_port()
    words = ("make", "run", f"PORT={port}")
    return start_stack(folder / "var", port, command=words, environment=WITHOUT_DEMO)


def supervisor_of(stack: Stack) -> psutil.Process:
    """The process that runs `netra.run`, which is a child of make where make was started."""
    return next(process for process in stack.processes() if "netra.run" in process.cmdline())


def test_the_start_is_told_in_a_few_lines_that_end_with_the_address(stack: Stack) -> None:
    before, ready, after = stack.output.read_text().partition(f"Netra is ready: {stack.url}/\n")
    assert 1 <= len(before.splitlines()) <= 5
    assert ready
    assert "is ready" not in after
    assert stack.names == PROGRAMS


def test_the_site_answers_when_it_says_that_it_is_ready(stack: Stack) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=5)
    connection.request("GET", "/readyz")
    assert connection.getresponse().status == http.client.OK
    connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_ends_every_process_with_success(own_stack: Stack, number: signal.Signals) -> None:
    processes = own_stack.processes()
    assert len(processes) > len(PROGRAMS)
    assert own_stack.stop(number) == 0
    assert still_alive(processes, 1) == []
    assert list((own_stack.data_dir / "run").iterdir()) == [own_stack.data_dir / "run" / "lock"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_killed_program_is_back_within_seconds(stack: Stack, name: str) -> None:
    old_pid = stack.kill(name)
    stack.wait_restarted(name, old_pid)
    wait_until(lambda: _reads_database(stack), 20, "the database never came back")
    assert f"{name} was killed by SIGKILL; it is started again." in stack.output.read_text()


def _reads_database(stack: Stack) -> bool:
    try:
        with psycopg.connect(stack.addresses["DATABASE_URL"], connect_timeout=5) as connection:
            return connection.execute("SELECT 1 FROM django_migrations LIMIT 1").fetchone() is not None
    except psycopg.OperationalError:
        return False


@on_linux
def test_no_process_outlives_a_killed_supervisor_and_the_next_start_recovers(own_stack: Stack) -> None:
    processes = own_stack.processes()
    own_stack.process.kill()
    assert still_alive(processes, 15) == []
    again = start_stack(own_stack.data_dir, own_stack.port, environment=WITHOUT_DEMO)
    assert again.stop() == 0


def test_a_second_start_is_quick_and_finds_the_data(own_stack: Stack) -> None:
    with psycopg.connect(own_stack.addresses["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    own_stack.stop()
    before = time.monotonic()
    again = start_stack(own_stack.data_dir, own_stack.port, environment=WITHOUT_DEMO)
    seconds = time.monotonic() - before
    with psycopg.connect(again.addresses["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT text FROM note").fetchone() == ("kept",)
    again.stop()
    # On a busy machine the share of it that was ours counts.
    assert seconds < 10 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_a_second_run_on_the_same_folder_is_refused_and_the_first_goes_on(stack: Stack) -> None:
    second = launch_stack(stack.data_dir, find_free_port())
    assert second.process.wait(30) == 1
    assert "already running on" in second.output.read_text()
    assert stack.process.poll() is None


def test_commands_called_by_hand_find_the_database(stack: Stack) -> None:
    environment = own_environment() | {"NETRA_DATA_DIR": str(stack.data_dir)}
    shown = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"],
        cwd=PROJECT_FOLDER,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr


def test_a_port_in_use_is_said_with_the_way_out(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        refused = launch_stack(folder / "var", port)
        assert refused.process.wait(30) == 1
    text = f"Port {port} is in use. Choose another with: make run PORT={port + 1}\n"
    assert refused.output.read_text() == text


def test_a_data_folder_that_cannot_be_used_is_said(folder: Path) -> None:
    (folder / "file").write_text("no folder")
    # Its output file lies beside the data folder, which here cannot exist.
    refused = launch_stack(folder / "var", find_free_port(), environment={"NETRA_DATA_DIR": f"{folder}/file/x"})
    assert refused.process.wait(30) == 1
    assert f"The data folder {folder}/file/x cannot be used" in refused.output.read_text()


def test_a_program_that_cannot_start_is_named_with_the_end_of_its_log(folder: Path) -> None:
    # Found before the installed package: whatever imports it ends with this text.
    (folder / "broken").mkdir()
    (folder / "broken" / "celery.py").write_text("raise SystemExit('no worker today')\n")
    refused = launch_stack(folder / "var", find_free_port(), environment={"PYTHONPATH": str(folder / "broken")})
    assert refused.process.wait(60) == 1
    assert "no worker today" in refused.output.read_text()


def test_make_that_is_told_to_stop_stops_everything(folder: Path) -> None:
    stack = start_make(folder)
    processes = stack.processes()
    stack.stop(signal.SIGTERM)
    assert still_alive(processes, 15) == []


def test_ctrl_c_in_the_terminal_stops_everything(folder: Path) -> None:
    stack = start_make(folder)
    processes = stack.processes()
    supervisor = supervisor_of(stack)
    os.killpg(stack.process.pid, signal.SIGINT)
    stack.process.wait(30)
    assert still_alive(processes, 15) == []
    assert "Netra stops." in stack.output.read_text()
    assert not supervisor.is_running()


@on_linux
def test_nothing_outlives_a_killed_make(folder: Path) -> None:
    stack = start_make(folder)
    processes = stack.processes()
    stack.process.kill()
    stack.process.wait()
    assert still_alive(processes, 30) == []
    assert is_port_free(stack.port)


@on_linux
def test_nothing_outlives_a_supervisor_killed_below_make(folder: Path) -> None:
    stack = start_make(folder)
    processes = stack.processes()
    supervisor_of(stack).kill()
    assert stack.process.wait(30) != 0
    assert still_alive(processes, 15) == []
