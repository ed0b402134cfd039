"""`make run`: the servers, the schema, the programs, and one line when all of it is ready."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from netra.config import load_config
from netra.embedded import Servers, SetUpError, claim_data_dir, start_servers
from netra.embedded.ports import is_port_free
from netra.programs import (
    Site,
    child_environment,
    duties_program,
    importer_program,
    is_ready,
    prepare_program,
    web_program,
    worker_programs,
)
from netra.supervisor.leash import die_with_parent
from netra.supervisor.orphans import OWNER_VARIABLE
from netra.supervisor.program import Program, stop_together
from netra.supervisor.wakeups import Wakeups, listening
from netra.supervisor.watch import StopRequested, Watch

READY_TIMEOUT_SECONDS = 60.0
READY_PAUSE_SECONDS = 0.05


def say(line: str) -> None:
    """Tell the user, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Netra until told to stop; 0 after an orderly stop, 1 with a sentence when it cannot start."""
    options = _read_options(arguments)
    if options.with_parent:
        die_with_parent(signal.SIGTERM)
    with listening() as wakeups:
        try:
            run(options.port, wakeups)
        except StopRequested:
            return 0
        except SetUpError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def run(port: int, wakeups: Wakeups) -> None:
    """Start everything, watch it until the user asks to stop, stop everything."""
    data_dir = load_config().data_dir.absolute()
    with ExitStack() as at_end:
        servers = _start_servers(data_dir, port)
        at_end.callback(servers.stop)
        watch = Watch(wakeups, say)
        for program in servers.programs:
            watch.keep_alive(program)
        site = _site(servers, port)
        _prepare(site, watch)
        programs = _programs(site)
        at_end.callback(stop_together, programs)
        _start(programs, watch, port)
        say(f"Netra is ready: {site.url}")
        watch.run_until_stopped()
        say("Netra stops.")


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m netra.run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this one ends")
    return parser.parse_args(arguments)


def _start_servers(data_dir: Path, port: int) -> Servers:
    claim = claim_data_dir(data_dir)
    if not is_port_free(port):
        claim.release()
        raise SetUpError("port_in_use", f"Port {port} is in use. Choose another with: make run PORT={port + 1}")
    say("Starting the servers ...")
    return start_servers(
        data_dir,
        database_url=os.environ.get("DATABASE_URL"),
        redis_url=os.environ.get("REDIS_URL"),
        claim=claim,
        say=say,
    )


def _site(servers: Servers, port: int) -> Site:
    data_dir = servers.claim.data_dir
    environment = child_environment(
        DATABASE_URL=servers.database_url,
        REDIS_URL=servers.redis_url,
        NETRA_DATA_DIR=str(data_dir),
        PORT=str(port),
        **{OWNER_VARIABLE: str(data_dir)},
    )
    return Site(data_dir, port, environment)


def _prepare(site: Site, watch: Watch) -> None:
    say("Preparing the database ...")
    program = prepare_program(site)
    if watch.run_once(program) != 0:
        raise SetUpError(
            "database_not_prepared",
            f"The database could not be prepared. Its log {program.log_file} ends with:\n{program.log_tail()}",
        )


def _programs(site: Site) -> list[Program]:
    config = load_config()
    return [
        web_program(site),
        *worker_programs(site, config.workers, config.worker_runs),
        importer_program(site, config.imports),
        duties_program(site),
    ]


def _start(programs: list[Program], watch: Watch, port: int) -> None:
    say("Starting the programs ...")
    for program in programs:
        program.start()
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    for program in programs:
        _wait_ready(program, watch.pause, deadline, port)
        watch.keep_alive(program)


def _wait_ready(program: Program, pause: Callable[[float], None], deadline: float, port: int) -> None:
    while not is_ready(program, port):
        if not program.is_running or time.monotonic() > deadline:
            state = "did not become ready" if program.is_running else program.describe_end()
            raise SetUpError(
                f"{program.name}_not_ready",
                f"The program `{program.name}` {state}. Its log {program.log_file} ends with:\n{program.log_tail()}",
            )
        pause(READY_PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
