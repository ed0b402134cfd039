"""The programs that together are one running Netra, and when each of them is ready."""

import http.client
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netra.config import PROJECT_FOLDER
from netra.supervisor.program import Program

# A little more than the 128 KB a client may send: above its own limit the application
# answers with a close code, above this one the server hangs up.
LONGEST_FRAME_BYTES = 1_048_576


@dataclass(frozen=True)
class Site:
    """What the programs of one Netra share."""

    data_dir: Path
    port: int
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def python(self, name: str, *arguments: str) -> Program:
        """A program run by this very interpreter in the project's folder."""
        program = Program(
            name=name,
            # Never the scripts of the virtual environment: a long path breaks their first line.
            arguments=(sys.executable, *arguments),
            data_dir=self.data_dir,
            folder=PROJECT_FOLDER,
        )
        program.environment = {**self.environment, "NETRA_READY_FILE": str(program.ready_file)}
        return program


def prepare_program(site: Site) -> Program:
    """Migrations and demo; runs to its end, and interrupting it is safe."""
    program = site.python("prepare", "-m", "netra.prepare")
    program.stop_signal = signal.SIGINT
    return program


def web_program(site: Site) -> Program:
    """The server of pages, API and sockets."""
    return site.python(
        "web",
        *("-m", "netra.web"),
        *("--bind", "127.0.0.1", "--port", str(site.port)),
        *("--ping-interval", "20", "--ping-timeout", "30"),
        *("--application-close-timeout", "10"),
        *("--websocket_timeout", "-1"),
        # When thousands come back at once the last of them waits for the others.
        *("--websocket_connect_timeout", "30"),
        *("--websocket-max-message-size", str(LONGEST_FRAME_BYTES)),
        *("--websocket-max-frame-size", str(LONGEST_FRAME_BYTES)),
        *("--verbosity", "0", "--no-server-name"),
        "netra.asgi:application",
    )


def worker_programs(site: Site, count: int, runs: int) -> list[Program]:
    """The processes that execute runs."""
    names = ["worker", *(f"worker-{number}" for number in range(2, count + 1))]
    return [_worker_program(site, name, runs) for name in names]


def _worker_program(site: Site, name: str, runs: int) -> Program:
    return site.python(
        name,
        *("-m", "celery", "--app", "netra.celery:app", "worker"),
        *("--pool", "threads", "--concurrency", str(runs)),
        *("--queues", "runs", "--hostname", f"{name}@%h"),
        *("--without-mingle", "--without-gossip", "--without-heartbeat"),
        *("--loglevel", "WARNING"),
    )


def importer_program(site: Site, imports: int) -> Program:
    """The processes that carry out imports: long processor time, away from the loop that runs live on."""
    program = site.python(
        "importer",
        *("-m", "celery", "--app", "netra.celery:app", "worker"),
        # A fresh process now and then gives its memory back.
        *("--pool", "prefork", "--concurrency", str(imports), "--max-tasks-per-child", "20"),
        *("--queues", "imports", "--hostname", "importer@%h"),
        *("--without-mingle", "--without-gossip", "--without-heartbeat"),
        *("--loglevel", "WARNING"),
    )
    # At once: an import that is cut off has kept nothing and begins again at the next start.
    program.stop_signal = signal.SIGQUIT
    return program


def duties_program(site: Site) -> Program:
    """The loop that repairs and cleans."""
    return site.python("duties", "manage.py", "duties")


def is_ready(program: Program, port: int) -> bool:
    """Whether a program says it can work: the web server by answering, the others by their ready file."""
    if program.name == "web":
        return answers_ready(port)
    return _read(program.ready_file) == str(program.pid)


def answers_ready(port: int) -> bool:
    """Whether the web server on this port is up and reaches its database."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def child_environment(**changes: str) -> dict[str, str]:
    """What the programs inherit."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", **changes}
