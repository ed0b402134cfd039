"""An own Postgres server: created, started, recovered after a crash, stopped."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from netra.embedded.binaries import postgres_binaries
from netra.embedded.errors import SetUpError
from netra.embedded.places import cluster_place, path_mark
from netra.embedded.ports import find_free_port
from netra.embedded.server import EmbeddedServer
from netra.supervisor import orphans
from netra.supervisor.account import Account, server_account
from netra.supervisor.program import Program

USER = DATABASE = "netra"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # Passwords work alike for root and others; a socket would need a folder both accounts can enter.
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


def start_postgres(data_dir: Path, say: Callable[[str], None], *, throwaway: bool = False) -> EmbeddedServer:
    """Start the server of this data folder; its cluster and database are created when missing."""
    account = server_account()
    place = cluster_place(data_dir, account, say)
    binaries = postgres_binaries(account, place)
    mark = f"netra-{path_mark(place)}"
    _end_orphans(place / "cluster", mark)
    if not (place / "cluster").exists():
        _create_cluster(place, binaries, account, durable=not throwaway)
    server = _build_server(data_dir, place, binaries, account, mark)
    server.start()
    _create_database(server.url)
    return server


def _build_server(data_dir: Path, place: Path, binaries: Path, account: Account | None, mark: str) -> EmbeddedServer:
    port = find_free_port()
    cluster = place / "cluster"
    settings = SETTINGS | {"port": str(port), "cluster_name": mark}
    program = Program(
        name="postgres",
        arguments=(
            str(binaries / "postgres"),
            *("-D", str(cluster)),
            *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
        ),
        data_dir=data_dir,
        environment=_server_environment(),
        account=account,
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
        prepare=lambda: _end_orphans(cluster, mark),
    )
    password = (place / "password").read_text()
    return EmbeddedServer(program, f"postgres://{USER}:{password}@127.0.0.1:{port}/{DATABASE}", _answers)


def _server_environment() -> dict[str, str]:
    """Nothing of ours: the server needs no keys, and PG* variables of the user would mislead it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _end_orphans(cluster: Path, mark: str) -> None:
    """End every server process of this cluster, then remove the note of a server that is gone.

    Processes carry the cluster's name in their title. A kept note would stop the start whenever the
    system has given the dead server's number to another process.
    """
    is_ours = orphans.mentions(mark)
    left = orphans.find_processes(lambda process: process.name().startswith("postgres") and is_ours(process))
    orphans.end_processes(left, signal.SIGQUIT)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _create_cluster(place: Path, binaries: Path, account: Account | None, *, durable: bool) -> None:
    """Create the cluster beside its final place first, so that a crash never leaves half of one."""
    partial = place / "cluster.partial"
    shutil.rmtree(partial, ignore_errors=True)
    password_file = _write_password(place, account)
    made = subprocess.run(
        [
            binaries / "initdb",
            *("--pgdata", partial),
            *("--username", USER),
            *("--auth", "scram-sha-256"),
            f"--pwfile={password_file}",
            # Each new file of the log is filled while somebody's commit waits: 16 MB took 50 ms.
            "--wal-segsize=2",
            *("--encoding", "UTF8", "--locale", "C"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            # The password is random and long: stretching it would only slow every connection down.
            *("--set", "scram_iterations=1"),
            *([] if durable else ["--no-sync"]),
        ],
        user=account.user_id if account else None,
        group=account.group_id if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=_server_environment(),
        start_new_session=True,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise SetUpError("postgres_not_created", f"Postgres could not be set up in {place}:\n{made.stderr.strip()}")
    partial.rename(place / "cluster")


def _write_password(place: Path, account: Account | None) -> Path:
    path = place / "password"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(32))
    if account:
        os.chown(path, account.user_id, account.group_id)
    return path


def _create_database(url: str) -> None:
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not exists:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def answers(url: str) -> bool:
    """Whether a Postgres server accepts connections to the database at this address."""
    return _accepts(url)


def _answers(url: str) -> bool:
    # The own database does not exist before the first start.
    return _accepts(url, dbname="postgres")


def _accepts(url: str, dbname: str | None = None) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5, dbname=dbname):
            return True
    except psycopg.OperationalError:
        return False
