"""Programs are kept alive, and none outlives its supervisor."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from netra.supervisor import orphans, program
from netra.supervisor.orphans import still_alive
from netra.supervisor.program import Program, open_log, stop_together
from netra.supervisor.wakeups import Wakeups, listening
from netra.supervisor.watch import StopRequested, Watch, Watched
from tests.stack_process import own_environment, wait_until

SLEEPER = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);print('deaf', flush=True); time.sleep(60)"
)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    for name in ("run", "logs"):
        (tmp_path / name).mkdir()
    return tmp_path


def python_program(data_dir: Path, code: str, name: str = "sleeper") -> Program:
    return Program(name, (sys.executable, "-c", code), data_dir, stop_timeout_seconds=5)


@pytest.fixture
def sleeper(data_dir: Path) -> Iterator[Program]:
    made = python_program(data_dir, SLEEPER)
    made.start()
    yield made
    made.kill()


def watch_in_background(watch: Watch) -> threading.Thread:
    thread = threading.Thread(target=watch.run_until_stopped)
    thread.start()
    return thread


def test_a_started_program_leaves_its_pid_where_others_find_it(sleeper: Program) -> None:
    assert int(sleeper.pid_file.read_text()) == sleeper.pid


def test_a_stopped_program_is_gone_and_so_is_its_pid_file(sleeper: Program) -> None:
    process = psutil.Process(sleeper.pid)
    sleeper.stop()
    assert not process.is_running()
    assert not sleeper.pid_file.exists()


def test_a_program_that_ignores_the_wish_to_stop_is_killed(data_dir: Path) -> None:
    stubborn = python_program(data_dir, STUBBORN)
    stubborn.stop_timeout_seconds = 0.3
    stubborn.start()
    wait_until(lambda: "deaf" in stubborn.log_file.read_text(), 10, "it never ran")
    stop_together([stubborn])
    assert stubborn.describe_end() == "was killed by SIGKILL"


def test_a_new_start_forgets_that_the_former_process_was_ready(sleeper: Program) -> None:
    sleeper.ready_file.write_text(str(sleeper.pid))
    sleeper.kill()
    sleeper.start()
    assert not sleeper.ready_file.exists()


def test_a_killed_program_is_started_again_at_once_and_that_is_said(sleeper: Program) -> None:
    lines: list[str] = []
    with listening() as wakeups:
        watch = Watch(wakeups, lines.append)
        watch.keep_alive(sleeper)
        old_pid = sleeper.pid
        thread = watch_in_background(watch)
        psutil.Process(old_pid).kill()
        wait_until(lambda: sleeper.pid != old_pid and sleeper.is_running, 2, "it was not started again")
        signal.raise_signal(signal.SIGTERM)
        thread.join(5)
    assert not thread.is_alive()
    assert lines == ["sleeper was killed by SIGKILL; it is started again."]


def test_restarts_wait_longer_with_every_early_death() -> None:
    watched = Watched(Program("any", (), Path("/")), started_at=100.0)
    delays = []
    for _ in range(8):
        watched.plan_restart(now=100.0)
        delays.append(round((watched.start_at or 0) - 100.0, 3))
    assert delays == [0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_after_a_steady_life_the_next_restart_is_immediate_again() -> None:
    watched = Watched(Program("any", (), Path("/")), started_at=100.0, delay_seconds=5.0)
    watched.plan_restart(now=110.0)
    assert watched.start_at == 110.0


def test_a_program_that_cannot_be_started_does_not_end_the_watch(data_dir: Path, sleeper: Program) -> None:
    lines: list[str] = []
    with listening() as wakeups:
        watch = Watch(wakeups, lines.append)
        watch.keep_alive(sleeper)
        thread = watch_in_background(watch)
        sleeper.arguments = (str(data_dir / "missing"),)
        psutil.Process(sleeper.pid).kill()
        wait_until(lambda: len(lines) > 3, 5, "it gave up")
        signal.raise_signal(signal.SIGTERM)
        thread.join(5)
    assert not thread.is_alive()
    assert "could not be started" in lines[1]


def test_a_command_gives_its_exit_code(data_dir: Path) -> None:
    with listening() as wakeups:
        code = Watch(wakeups, print).run_once(python_program(data_dir, "raise SystemExit(3)"))
    assert code == 3


def test_a_wish_to_stop_ends_a_running_command(data_dir: Path) -> None:
    command = python_program(data_dir, SLEEPER)
    wakeups = Wakeups(read_end=-1, stop_requested=True)
    with pytest.raises(StopRequested):
        Watch(wakeups, print).run_once(command)
    assert not command.is_running


def test_signals_act_as_before_once_nobody_listens() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with listening():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_log_that_grew_too_long_starts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "LOG_LIMIT_BYTES", 10)
    path = tmp_path / "web.log"
    path.write_text("x" * 11)
    open_log(path).close()
    assert path.read_text() == ""


def test_a_short_log_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_text("before\n")
    with open_log(path) as log:
        log.write(b"after\n")
    assert path.read_text() == "before\nafter\n"


def test_leftovers_are_found_by_the_data_folder_they_were_started_for(tmp_path: Path) -> None:
    environment = own_environment() | {orphans.OWNER_VARIABLE: str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", SLEEPER], env=environment) as left:
        is_ours = orphans.started_for(tmp_path)
        wait_until(lambda: len(orphans.find_processes(is_ours)) == 1, 5, "it was not found")
        assert orphans.find_processes(orphans.started_for(tmp_path / "other")) == []
        orphans.end_processes(orphans.find_processes(is_ours), signal.SIGTERM)
        assert still_alive([psutil.Process(left.pid)] if psutil.pid_exists(left.pid) else [], 5) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_no_program_outlives_a_killed_supervisor(data_dir: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from netra.supervisor.program import Program;"
        f"Program('sleeper', (sys.executable, '-c', {SLEEPER!r}), Path(sys.argv[1])).start(); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(data_dir)]) as supervisor:
        pid_file = data_dir / "run" / "sleeper.pid"
        wait_until(lambda: pid_file.exists() and pid_file.read_text() != "", 10, "the program never started")
        child = psutil.Process(int(pid_file.read_text()))
        supervisor.kill()
    assert still_alive([child], 5) == []
