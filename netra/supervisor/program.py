"""One child process: how it is started, found, signalled and stopped."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from netra.supervisor.account import Account
from netra.supervisor.leash import leash_for

LOG_LIMIT_BYTES = 10_000_000


def _nothing_to_prepare() -> None:
    return


@dataclass
class Program:
    """A command that can be started again and again; at most one process of it lives at a time."""

    name: str
    arguments: tuple[str, ...]
    data_dir: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = Path("/")
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    stop_timeout_seconds: float = 10.0
    prepare: Callable[[], None] = _nothing_to_prepare
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid_file(self) -> Path:
        return self.data_dir / "run" / f"{self.name}.pid"

    @property
    def ready_file(self) -> Path:
        return self.data_dir / "run" / f"{self.name}.ready"

    @property
    def log_file(self) -> Path:
        return self.data_dir / "logs" / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    @property
    def exit_code(self) -> int | None:
        """The exit code of a process that has ended; None while it lives or before it was started."""
        return self.process.poll() if self.process else None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start a new process; what a former one left behind is cleared first."""
        self.ready_file.unlink(missing_ok=True)
        self.prepare()
        self.process = self._spawn()
        self.pid_file.write_text(str(self.process.pid))

    def _spawn(self) -> subprocess.Popen[bytes]:
        account = self.account
        with open_log(self.log_file) as log:
            return subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=dict(self.environment),
                # Its own session: Ctrl-C in the terminal reaches only the supervisor.
                start_new_session=True,
                user=account.user_id if account else None,
                group=account.group_id if account else None,
                extra_groups=[] if account else None,
                preexec_fn=leash_for(self.death_signal),  # noqa: PLW1509 - runs nothing but prctl
            )

    def signal(self, number: signal.Signals) -> None:
        """Signal the process if it lives."""
        if self.process is not None and self.is_running:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End the process without a chance to clean up, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def wait_stopped(self, timeout_seconds: float | None = None) -> None:
        """Wait for the end of a process that was told to stop; kill its group when it takes too long."""
        if self.process is None:
            return
        try:
            self.process.wait(self.stop_timeout_seconds if timeout_seconds is None else timeout_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.pid_file.unlink(missing_ok=True)
        self.ready_file.unlink(missing_ok=True)

    def stop(self) -> None:
        """Stop the process and wait until it is gone."""
        self.signal(self.stop_signal)
        self.wait_stopped()

    def describe_end(self) -> str:
        """How the process ended, in words."""
        code = self.exit_code
        if code is not None and code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def log_tail(self, line_count: int = 15) -> str:
        """The last lines of the log, to be shown with an error."""
        if not self.log_file.exists():
            return "(its log is empty)"
        lines = self.log_file.read_text(errors="replace").splitlines()
        return "\n".join(lines[-line_count:]) or "(its log is empty)"


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending; one that grew too long starts anew."""
    mode = "wb" if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES else "ab"
    return path.open(mode)


def stop_together(programs: list[Program]) -> None:
    """Tell all of them to stop, then wait for each within one common time limit."""
    for program in programs:
        program.signal(program.stop_signal)
    for program in programs:
        program.wait_stopped()
