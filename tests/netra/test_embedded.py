"""The embedded servers: real ones, that keep what they were given through crashes."""

import multiprocessing
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from netra.embedded import Servers, SetUpError, binaries, claim_data_dir, places, start_servers
from netra.embedded.ports import find_free_port, is_port_free
from netra.supervisor import orphans
from netra.supervisor.account import Account, server_account
from netra.supervisor.orphans import still_alive
from tests.stack_process import open_folder, own_environment, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has other accounts to run servers under")

# Starts servers and lives until it is killed.
OWNER = """
import signal, sys
from pathlib import Path
from netra.embedded import start_servers
from netra.supervisor import program
if sys.argv[2] == "unleashed":
    program.leash_for = lambda death_signal: lambda: None
servers = start_servers(Path(sys.argv[1]), database_url=None, redis_url=None, throwaway=True)
print(servers.postgres.pid, servers.redis.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder("netra-embedded-")
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    made = open_folder("netra-embedded-")
    started = start_servers(made / "var", database_url=None, redis_url=None)
    yield started
    started.stop()
    shutil.rmtree(made)


def store_and_read(servers: Servers) -> tuple[int, int]:
    """Add one row and one queue entry, give how many there are."""
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES ('kept')")
    with redis.Redis.from_url(servers.redis_url) as client:
        client.rpush("queue", "kept")
    return count_rows(servers), count_entries(servers)


def count_rows(servers: Servers) -> int:
    with psycopg.connect(servers.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM note").fetchone()
    assert row is not None
    return int(row[0])


def count_entries(servers: Servers) -> int:
    with redis.Redis.from_url(servers.redis_url) as client:
        return int(client.llen("queue"))


def test_a_killed_postgres_comes_back_at_its_address_with_every_committed_row(servers: Servers) -> None:
    rows, _ = store_and_read(servers)
    assert servers.postgres is not None
    servers.postgres.kill()
    servers.postgres.restart()
    assert count_rows(servers) == rows


def test_a_postgres_whose_note_was_left_behind_starts_although_its_number_is_taken(servers: Servers) -> None:
    assert servers.postgres is not None
    servers.postgres.kill()
    note = Path(servers.postgres.program.arguments[2]) / "postmaster.pid"
    lines = note.read_text().splitlines()
    note.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    servers.postgres.restart()
    assert servers.postgres.answers(servers.postgres.url)


def test_a_killed_redis_comes_back_at_its_address_with_every_queued_message(servers: Servers) -> None:
    _, entries = store_and_read(servers)
    assert servers.redis is not None
    servers.redis.kill()
    servers.redis.restart()
    assert count_entries(servers) == entries


def test_nobody_gets_in_without_the_password(servers: Servers) -> None:
    address = servers.database_url.rpartition("@")[2]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgres://netra@{address}", connect_timeout=5)
    port = servers.redis_url.rpartition(":")[2].split("/")[0]
    with (
        redis.Redis(port=int(port), retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_no_secret_is_readable_for_others(servers: Servers) -> None:
    secrets = [servers.addresses_file, servers.claim.data_dir / "redis" / "redis.conf"]
    assert [oct(path.stat().st_mode & 0o777) for path in secrets] == ["0o600", "0o600"]
    words = [word for server in servers.programs for word in psutil.Process(server.pid).cmdline()]
    passwords = {url.split(":")[2].split("@")[0] for url in (servers.database_url, servers.redis_url)}
    assert not any(password in word for password in passwords for word in words)


def test_commands_called_by_hand_find_the_running_servers(servers: Servers) -> None:
    assert servers.addresses_file.read_text().splitlines() == [
        f"DATABASE_URL={servers.database_url}",
        f"REDIS_URL={servers.redis_url}",
    ]


def test_postgres_keeps_its_promises_to_the_log(servers: Servers) -> None:
    with psycopg.connect(servers.database_url) as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    assert shown == [("on",), ("on",)]


def test_a_second_start_on_the_same_folder_is_refused_in_a_sentence(servers: Servers) -> None:
    with pytest.raises(SetUpError, match="already running on") as caught:
        start_servers(servers.claim.data_dir, database_url=None, redis_url=None)
    assert caught.value.code == "already_running"


def test_what_was_stored_is_there_at_the_next_start(folder: Path) -> None:
    # A path as long as a home folder may get, and with a space in it.
    data_dir = folder / ("a long name " + "x" * 138)
    first = start_servers(data_dir, database_url=None, redis_url=None)
    stored = store_and_read(first)
    processes = [psutil.Process(program.pid) for program in first.programs]
    first.stop()
    assert still_alive(processes, 1) == []
    assert not first.addresses_file.exists()
    second = start_servers(data_dir, database_url=None, redis_url=None)
    assert (count_rows(second), count_entries(second)) == stored
    second.stop()


def test_a_server_that_is_given_is_used_and_not_started(servers: Servers, folder: Path) -> None:
    other = start_servers(folder / "var", database_url=servers.database_url, redis_url=servers.redis_url)
    assert (other.postgres, other.redis, other.programs) == (None, None, [])
    other.stop()
    assert servers.postgres is not None
    assert servers.postgres.answers(servers.database_url)


@pytest.mark.parametrize("missing", ["database", "redis"])
def test_a_given_server_that_does_not_answer_is_named(servers: Servers, folder: Path, missing: str) -> None:
    port = find_free_port()
    given = {"database_url": servers.database_url, "redis_url": servers.redis_url}
    given[f"{missing}_url"] = f"{'postgres' if missing == 'database' else 'redis'}://127.0.0.1:{port}/0"
    with pytest.raises(SetUpError) as caught:
        start_servers(folder / "var", database_url=given["database_url"], redis_url=given["redis_url"])
    assert caught.value.code == f"{missing}_unreachable"


def test_a_data_folder_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "file").write_text("no folder")
    with pytest.raises(SetUpError, match=f"{folder}/file/var cannot be used") as caught:
        claim_data_dir(folder / "file" / "var")
    assert caught.value.code == "data_folder_unusable"


def test_nothing_stays_behind_when_one_server_cannot_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_redis_candidates", list)
    with pytest.raises(SetUpError, match="No Redis was found"):
        start_servers(folder / "var", database_url=None, redis_url=None)
    mark = f"netra-{places.path_mark(folder / 'var' / 'postgres')}"
    assert orphans.find_processes(orphans.mentions(mark)) == []
    claim_data_dir(folder / "var").release()


def test_without_any_redis_the_sentence_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(binaries, "find_spec", lambda name: None)
    with pytest.raises(SetUpError, match="or set REDIS_URL") as caught:
        binaries.redis_binary()
    assert caught.value.code == "redis_missing"


def test_a_redis_that_is_too_old_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, version in (("redis-server", "6.0.16"), ("valkey-server", "8.1.0")):
        (folder / name).write_text(f"#!/bin/sh\necho 'server v={version} sha=0'\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    assert binaries.redis_binary() == folder / "valkey-server"


def test_a_port_in_use_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert not is_port_free(listener.getsockname()[1])
    assert is_port_free(find_free_port())


@as_root
def test_a_closed_parent_folder_moves_the_cluster_and_says_where(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "FALLBACK_PARENT", folder)
    (folder / "closed").mkdir(mode=0o700)
    lines: list[str] = []
    data_dir = folder / "closed" / "var"
    started = start_servers(data_dir, database_url=None, redis_url=None, throwaway=True, say=lines.append)
    started.stop()
    place = folder / f"netra-{places.path_mark(data_dir)}"
    assert (place / "cluster" / "PG_VERSION").exists()
    assert len(lines) == 1
    assert str(place) in lines[0]


@as_root
def test_binaries_in_a_closed_folder_are_copied_and_the_copy_works(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    package = binaries._package_folder(binaries.POSTGRES_PACKAGE)
    assert package is not None
    for part in (f"{package.name}/{binaries.POSTGRES_FOLDER}", f"{package.name}.libs"):
        shutil.copytree(package.parent / part, closed / part, symlinks=True)
    monkeypatch.setattr(binaries, "_package_folder", lambda name: closed / package.name)
    account = server_account()
    used = binaries.postgres_binaries(account, folder / "copies")
    assert closed not in used.parents
    assert account is not None
    version = subprocess.run(
        [used / "postgres", "--version"],
        user=account.user_id,
        group=account.group_id,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "18." in version.stdout


@as_root
def test_a_cluster_folder_planted_by_another_account_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "FALLBACK_PARENT", folder)
    closed = folder / "closed" / "var"
    (folder / f"netra-{places.path_mark(closed)}").mkdir()
    (folder / "closed").mkdir(mode=0o700)
    with pytest.raises(SetUpError) as caught:
        places.cluster_place(closed, server_account(), lambda _line: None)
    assert caught.value.code == "cluster_folder_taken"


@as_root
def test_root_uses_nobody_where_there_is_no_account_for_postgres() -> None:
    nobody = pwd.getpwnam("nobody")
    assert server_account(names=["nobody"]) == Account("nobody", nobody.pw_uid, nobody.pw_gid)


@pytest.mark.long
@as_root
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_servers_start_for_an_ordinary_user(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def start_as_nobody() -> None:
        os.setgroups([])
        os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
        os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
        servers = start_servers(folder / "var", database_url=None, redis_url=None)
        store_and_read(servers)
        assert servers.postgres is not None
        servers.postgres.kill()
        servers.postgres.restart()
        assert count_rows(servers) == 1
        servers.stop()

    # Forked and not executed: the interpreter itself may lie in a folder closed to others.
    child = multiprocessing.get_context("fork").Process(target=start_as_nobody)
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert {path.owner() for path in (folder / "var").iterdir()} == {"nobody"}


@pytest.fixture
def killed_owner(folder: Path) -> Callable[[str], list[psutil.Process]]:
    """Gives the servers of an owner that was killed without a chance to stop them."""

    def start_and_kill(leash: str) -> list[psutil.Process]:
        words = [sys.executable, "-c", OWNER, str(folder / "var"), leash]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=own_environment()) as owner:
            assert owner.stdout is not None
            pids = [int(word) for word in owner.stdout.readline().split()]
            servers = [psutil.Process(pid) for pid in pids]
            processes = servers + servers[0].children(recursive=True)
            owner.kill()
        return processes

    return start_and_kill


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_no_server_outlives_a_killed_owner(killed_owner: Callable[[str], list[psutil.Process]]) -> None:
    assert still_alive(killed_owner("leashed"), 10) == []


@pytest.mark.long
def test_servers_left_behind_are_stopped_before_new_ones_use_their_data(
    folder: Path, killed_owner: Callable[[str], list[psutil.Process]]
) -> None:
    left = killed_owner("unleashed")
    assert still_alive(left, 0.5) == left
    servers = start_servers(folder / "var", database_url=None, redis_url=None, throwaway=True)
    assert still_alive(left, 1) == []
    servers.stop()


@pytest.mark.long
def test_orphaned_backends_of_a_killed_postgres_do_not_stop_its_restart(servers: Servers) -> None:
    assert servers.postgres is not None
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        # A backend that is busy computing does not notice that its server is gone.
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        backend = psutil.Process(row[0])
        backend.send_signal(signal.SIGSTOP)
        servers.postgres.kill()
        servers.postgres.restart()
        wait_until(lambda: still_alive([backend], 0) == [], 10, "the old backend lives on")
    assert servers.postgres.answers(servers.database_url)
