"""Postgres crashes, loses its clients' lines, is full, holds a lock, comes back from a backup: rows 15 to 18 and 20."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import psycopg

from netra.embedded.server import EmbeddedServer
from tests.campaign.faults import Fault
from tests.campaign.proxy import Proxy
from tests.campaign.restored import Restore
from tests.campaign.scene import Scene
from tests.campaign.stage import LEASE_SECONDS
from tests.campaign.truth import connect, count, read_epochs, read_open, read_rows
from tests.stack.clients import NO_ANSWER, Caller

ANSWER_SECONDS: Final = 10.0
MOST_CONNECTIONS: Final = 200
CUTS_A_CYCLE: Final = 25
# Long enough for hundreds of runs to end and to begin.
BACKUP_AGE_SECONDS: Final = 12
OTHERS_WORKING: Final = """
SELECT count(*) FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
"""


def crash_postgres(scene: Scene) -> None:
    """Row 15: an immediate restart, and kill -9 of a backend, which makes the server throw everybody out."""
    scene.pour()
    for number in range(scene.cycles):
        with scene.fault():
            (restart_at_once, kill_backend)[number % 2](scene)
            scene.pause(3)
        scene.pause(1)


def restart_at_once(scene: Scene) -> None:
    """SIGQUIT: no checkpoint, no farewell; back with what the write-ahead log has."""
    server = scene.stage.servers.postgres
    assert server is not None
    server.program.signal(signal.SIGQUIT)
    server.program.wait_stopped()
    server.start()


def kill_backend(scene: Scene) -> None:
    """kill -9 of a server process that works for an emitter."""
    with connect(scene.stage.database_url) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE query ~ 'chat_append' AND pid <> pg_backend_pid()"
            " ORDER BY query_start DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGKILL)


def cut_after_commit(scene: Scene) -> None:
    """Row 16: the commit reaches the database, its answer does not come back."""
    scene.pour()
    proxy = scene.stage.emitter_database
    wanted = 0
    for _ in range(scene.cycles):
        wanted += CUTS_A_CYCLE
        target = proxy.cuts + CUTS_A_CYCLE
        with scene.fault():
            proxy.rules.cut_chance = 0.15
            proxy.rules.answer_cuts = CUTS_A_CYCLE
            scene.wait(partial(has_cut, proxy, target), "too few cuts")
        scene.pause(0.5)
    scene.notes["cuts"] = str(wanted)


def has_cut(proxy: Proxy, target: int) -> bool:
    """Whether the proxy has cut so often."""
    return proxy.cuts >= target


def exhaust_connections(scene: Scene) -> None:
    """Row 17: others take every connection there is; what wants one is told so soon, and all is well afterwards."""
    scene.pour(people=80)
    caller = Caller(scene.stage.stack.port, scene.people[0].key)
    for _ in range(scene.cycles):
        with scene.fault():
            with all_connections_taken(scene):
                slowest = 0.0
                until = time.monotonic() + 6
                while time.monotonic() < until:
                    slowest = max(slowest, time_answer(scene, caller))
            scene.wait(lambda: caller.call("GET", "threads/").status == 200, "the API did not come back", 10)
        scene.notes["slowest answer"] = f"{slowest:.1f} s"
        scene.require(slowest <= ANSWER_SECONDS, f"an answer took {slowest:.1f} s")
        scene.pause(1)


@contextmanager
def all_connections_taken(scene: Scene) -> Iterator[None]:
    """Not one connection is left."""
    with ExitStack() as held:
        for _ in range(MOST_CONNECTIONS):
            try:
                held.enter_context(connect(scene.stage.database_url))
            except psycopg.OperationalError:
                break
        else:
            scene.require(False, "connections were left")
        yield


def time_answer(scene: Scene, caller: Caller) -> float:
    """How long one question to the API takes, whatever the answer is; it must be one a client can act on."""
    began = time.monotonic()
    try:
        status = caller.call("GET", "threads/").status
        scene.require(status in (200, 503), f"the API answered {status}")
    except NO_ANSWER as error:
        scene.require(False, f"the API did not answer: {error!r}")
    return time.monotonic() - began


def lock_stream(scene: Scene) -> None:
    """Row 18: somebody holds the row of one person's stream; only that person waits."""
    scene.pour()
    scene.held_up = ("clients/0/",)
    for _ in range(scene.cycles):
        with scene.fault(), connect(scene.stage.database_url) as connection, connection.transaction():
            connection.execute("SELECT 1 FROM chat_userstream WHERE user_id = %s FOR UPDATE", (scene.people[0].id,))
            scene.pause(8)
        scene.pause(0.5)


def restore_backup(scene: Scene) -> None:
    """Row 20: a backup made while events flowed is put back later; every log gets a new name before anybody writes."""
    scene.pour(environment={"NETRA_LEASE_SECONDS": str(LEASE_SECONDS)})
    for _ in range(scene.cycles):
        backup = back_up(scene)
        scene.pause(BACKUP_AGE_SECONDS)
        with scene.fault():
            put_back(scene, backup)
            began = time.monotonic()
            scene.wait(partial(everybody_follows, scene), "a client kept the former log")
            took = time.monotonic() - began
        scene.notes["everybody in the new log"] = f"after {took:.1f} s"
        scene.pause(2)
    forgotten = [len(restore.forgotten) for restore in scene.restores]
    scene.notes["not in the backups"] = f"{' and '.join(map(str, forgotten))} events"
    scene.require(min(forgotten) > 0, "a backup had everything")


def back_up(scene: Scene) -> Path:
    """A copy of the running server, as its own tool makes it."""
    server = scene.stage.servers.postgres
    assert server is not None
    program, cluster = server.program, cluster_of(server)
    target, account = cluster.with_name("backup"), program.account
    subprocess.run(
        [
            Path(program.arguments[0]).with_name("pg_basebackup"),
            *(
                "--pgdata",
                target,
                "--dbname",
                server.url,
                "--wal-method",
                "stream",
                "--checkpoint",
                "fast",
                "--no-sync",
            ),
        ],
        user=account.user_id if account else None,
        group=account.group_id if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=dict(program.environment),
        check=True,
    )
    return target


def put_back(scene: Scene, backup: Path) -> None:
    """Nobody reaches the database meanwhile: between the restore and the new names a client would trust its place."""
    stage, server = scene.stage, scene.stage.servers.postgres
    assert server is not None
    ways = (stage.database, stage.emitter_database)
    for proxy in ways:
        proxy.rules.refuses = True
    scene.wait(lambda: all(map(is_shut, ways)), "a line stayed open")
    scene.wait(lambda: not count(stage.database_url, OTHERS_WORKING), "somebody went on writing")
    former, emitted = read_rows(stage.database_url, scene.users), scene.read_noted()
    server.program.signal(signal.SIGQUIT)
    server.program.wait_stopped()
    shutil.rmtree(cluster_of(server))
    backup.rename(cluster_of(server))
    server.start()
    with connect(stage.database_url) as connection:
        connection.execute("UPDATE chat_userstream SET epoch = gen_random_uuid()")
    kept = read_rows(stage.database_url, scene.users)
    epochs = read_epochs(stage.database_url, scene.users)
    is_open = read_open(stage.database_url, scene.users)
    open_runs = {run for run in is_open if is_open[run]}
    scene.restores.append(Restore(former, emitted.acked, set(emitted.runs), kept, epochs, set(is_open), open_runs))
    stage.reset()


def is_shut(proxy: Proxy) -> bool:
    """Cuts what is open; a line may have been on its way when the proxy began to refuse."""
    proxy.cut_lines()
    return proxy.open_lines == 0


def everybody_follows(scene: Scene) -> bool:
    """Whether each client's place is one of the log there is now."""
    return all(audience.follows(scene.restores[-1].epochs) for audience in scene.audiences)


def cluster_of(server: EmbeddedServer) -> Path:
    """The folder of its data."""
    arguments = server.program.arguments
    return Path(arguments[arguments.index("-D") + 1])


FAULTS: Final = [
    Fault(15, "Postgres restart at once, backend killed", 4, crash_postgres),
    Fault(16, "line cut between commit and its answer", 4, cut_after_commit),
    Fault(17, "every Postgres connection taken", 2, exhaust_connections),
    Fault(18, "a person's stream locked for 8 s", 3, lock_stream, 2.0),
    Fault(20, "the database put back to a backup", 3, restore_backup),
]
