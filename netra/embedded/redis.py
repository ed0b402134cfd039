"""An own Redis server: started on a free port with a random password, restarted with the same data."""

import secrets
import signal
from pathlib import Path

import redis

from netra.embedded.binaries import redis_binary
from netra.embedded.ports import find_free_port
from netra.embedded.server import EmbeddedServer
from netra.supervisor import orphans
from netra.supervisor.program import Program


def start_redis(data_dir: Path, *, throwaway: bool = False) -> EmbeddedServer:
    """Start the server of this data folder; what waits in its queues survives a restart unless throwaway."""
    binary = redis_binary()
    folder = data_dir / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    password, port = secrets.token_urlsafe(32), find_free_port()
    configuration = folder / "redis.conf"
    configuration.touch(mode=0o600)
    # In a file and not among the arguments: those can be read by every user of the machine.
    configuration.write_text(_configuration(folder, port, password, durable=not throwaway))
    server = EmbeddedServer(
        program=Program(
            name="redis",
            arguments=(str(binary), str(configuration)),
            data_dir=data_dir,
            environment={"LC_ALL": "C", "TZ": "UTC"},
            death_signal=signal.SIGTERM,
            prepare=lambda: _end_orphans(folder),
        ),
        url=f"redis://:{password}@127.0.0.1:{port}/0",
        answers=answers,
    )
    server.start()
    return server


def _configuration(folder: Path, port: int, password: str, *, durable: bool) -> str:
    return "\n".join(
        [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{_quoted(folder)}"',
            f"appendonly {'yes' if durable else 'no'}",
            'save ""',
            "daemonize no",
            "",
        ]
    )


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _end_orphans(folder: Path) -> None:
    is_ours = orphans.works_in(folder.resolve())
    left = orphans.find_processes(
        lambda process: process.name().startswith(("redis-server", "valkey-server")) and is_ours(process)
    )
    orphans.end_processes(left, signal.SIGTERM)


def answers(url: str) -> bool:
    """Whether a Redis server answers at this address and has read its data."""
    try:
        with redis.Redis.from_url(url, socket_timeout=5, retry=None) as client:
            return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
