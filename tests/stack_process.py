"""A whole Netra as `make run` starts it, in processes that tests may stop and kill."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from netra.config import PROJECT_FOLDER
from netra.programs import answers_ready

START_TIMEOUT_SECONDS = 90.0
READY_PREFIX = "Netra is ready: "


@dataclass(frozen=True)
class Stack:
    """A running Netra: its address, and its programs by name (web, worker, duties, postgres, redis)."""

    process: subprocess.Popen[str]
    data_dir: Path
    port: int
    output: Path

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def addresses(self) -> dict[str, str]:
        """DATABASE_URL and REDIS_URL of this stack."""
        lines = (self.data_dir / "run" / "servers.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def names(self) -> list[str]:
        return sorted(path.stem for path in (self.data_dir / "run").glob("*.pid"))

    def pid(self, name: str) -> int:
        return int((self.data_dir / "run" / f"{name}.pid").read_text())

    def processes(self) -> list[psutil.Process]:
        """The supervisor and all that descends from it."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill a program, give the pid it had."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def wait_restarted(self, name: str, old_pid: int, timeout_seconds: float = 40.0) -> int:
        """Wait until a successor of the killed program is ready, give its pid."""
        wait_until(
            lambda: self._ready_pid(name) not in (None, old_pid),
            timeout_seconds,
            f"no successor of {name} was ready: {self.output.read_text()}",
        )
        return self.pid(name)

    def log(self, name: str) -> str:
        return (self.data_dir / "logs" / f"{name}.log").read_text(errors="replace")

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout_seconds: float = 40.0) -> int:
        """Stop everything as a user would, give the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout_seconds)

    def _ready_pid(self, name: str) -> int | None:
        """The pid of a living program that says it is ready."""
        try:
            pid = self.pid(name)
            psutil.Process(pid)
            return pid if self._is_ready(name, pid) else None
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def _is_ready(self, name: str, pid: int) -> bool:
        if name in ("postgres", "redis"):
            return True
        if name == "web":
            return answers_ready(self.port)
        return (self.data_dir / "run" / f"{name}.ready").read_text().strip() == str(pid)


def start_stack(
    data_dir: Path,
    port: int,
    *,
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] = (),
) -> Stack:
    """Start `python -m netra.run` (or the given command) and return when it says that it is ready."""
    stack = launch_stack(data_dir, port, environment=environment, command=command)
    try:
        wait_until(
            lambda: READY_PREFIX in stack.output.read_text() or stack.process.poll() is not None,
            START_TIMEOUT_SECONDS,
            "Netra did not become ready",
        )
        assert stack.process.poll() is None, f"Netra did not start:\n{stack.output.read_text()}"
    except AssertionError:
        stack.stop()
        raise
    return stack


def launch_stack(
    data_dir: Path,
    port: int,
    *,
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] = (),
) -> Stack:
    """Start Netra without waiting; for tests of what happens when it cannot start."""
    words = command or (sys.executable, "-m", "netra.run", "--port", str(port), "--with-parent")
    output = data_dir.with_name(f"{data_dir.name}-{port}.txt")
    with output.open("w") as log:
        process = subprocess.Popen(
            list(words),
            cwd=PROJECT_FOLDER,
            env=own_environment() | {"NETRA_DATA_DIR": str(data_dir)} | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    return Stack(process, data_dir.absolute(), port, output)


def own_environment() -> dict[str, str]:
    """This process' environment without what the tests or a person set for Netra."""
    ours = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PORT")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("NETRA_", "PYTEST_", "MAKE", "MFLAGS"))
    }


def open_folder(prefix: str) -> Path:
    """A temporary folder the servers' own account may pass through, unlike pytest's; remove it at the end."""
    made = Path(tempfile.mkdtemp(prefix=prefix))
    made.chmod(0o711)
    return made


def wait_until(is_true: Callable[[], bool], timeout_seconds: float, failure: str) -> None:
    """Return as soon as the condition holds; fail with the text when it never does."""
    deadline = time.monotonic() + timeout_seconds
    while not is_true():
        assert time.monotonic() < deadline, failure
        time.sleep(0.05)
