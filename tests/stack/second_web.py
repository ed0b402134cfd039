"""A second web process beside a running Netra's own, as a load balancer would have it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from netra.embedded.ports import find_free_port
from netra.programs import Site, answers_ready, web_program
from tests.stack_process import Stack, own_environment, wait_until


@contextmanager
def second_web(stack: Stack, **environment: str) -> Iterator[int]:
    """The port of another web process on the same database and Redis; pages of either port may use it."""
    port = find_free_port()
    origins = ",".join(f"http://127.0.0.1:{number}" for number in (stack.port, port))
    settings = {"NETRA_DATA_DIR": str(stack.data_dir), "PORT": str(port), "NETRA_ALLOWED_ORIGINS": origins}
    site = Site(stack.data_dir, port, own_environment() | stack.addresses | settings | environment)
    program = web_program(site)
    with (stack.data_dir / "logs" / "web-2.log").open("w") as log:
        process = subprocess.Popen(
            program.arguments, env=program.environment, cwd=program.folder, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: answers_ready(port), 60, "the second web process was not ready")
        yield port
    finally:
        process.terminate()
        process.wait(20)
