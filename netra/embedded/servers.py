"""The database and the Redis that Netra uses: the ones it is given, else its own."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from netra.embedded.claim import Claim, claim_data_dir
from netra.embedded.errors import SetUpError
from netra.embedded.postgres import answers as postgres_answers
from netra.embedded.postgres import start_postgres
from netra.embedded.redis import answers as redis_answers
from netra.embedded.redis import start_redis
from netra.embedded.server import EmbeddedServer
from netra.supervisor.program import Program


def say_nothing(_line: str) -> None:
    """For callers without a reader."""


@dataclass(frozen=True)
class Servers:
    """Addresses to use, and handles for the servers that were started here (None: somebody else's)."""

    claim: Claim
    database_url: str
    redis_url: str
    postgres: EmbeddedServer | None
    redis: EmbeddedServer | None

    @property
    def programs(self) -> list[Program]:
        return [server.program for server in (self.redis, self.postgres) if server]

    @property
    def addresses_file(self) -> Path:
        return addresses_file(self.claim.data_dir)

    def stop(self) -> None:
        """Stop what was started here, Redis first, and give the data folder free."""
        self.addresses_file.unlink(missing_ok=True)
        for program in self.programs:
            program.stop()
        self.claim.release()


def addresses_file(data_dir: Path) -> Path:
    """Where commands called by hand find the running servers."""
    return data_dir / "run" / "servers.env"


def start_servers(
    data_dir: Path,
    *,
    database_url: str | None,
    redis_url: str | None,
    throwaway: bool = False,
    claim: Claim | None = None,
    say: Callable[[str], None] = say_nothing,
) -> Servers:
    """Start what is not given by an address; nothing stays behind when one of them cannot start."""
    claim = claim or claim_data_dir(data_dir)
    with ExitStack() as undo:
        undo.callback(claim.release)
        postgres = None if database_url else start_postgres(claim.data_dir, say, throwaway=throwaway)
        if postgres:
            undo.callback(postgres.stop)
        own_redis = None if redis_url else start_redis(claim.data_dir, throwaway=throwaway)
        if own_redis:
            undo.callback(own_redis.stop)
        servers = Servers(
            claim,
            database_url or _url_of(postgres),
            redis_url or _url_of(own_redis),
            postgres,
            own_redis,
        )
        _check_given(servers)
        _write_addresses(servers)
        undo.pop_all()
    return servers


def _url_of(server: EmbeddedServer | None) -> str:
    return server.url if server else ""


def _check_given(servers: Servers) -> None:
    if servers.postgres is None and not postgres_answers(servers.database_url):
        raise SetUpError(
            "database_unreachable",
            "No Postgres answers at DATABASE_URL. Start that server, or unset DATABASE_URL to use the bundled one.",
        )
    if servers.redis is None and not redis_answers(servers.redis_url):
        raise SetUpError(
            "redis_unreachable",
            "No Redis answers at REDIS_URL. Start that server, or unset REDIS_URL to use one of this machine.",
        )


def _write_addresses(servers: Servers) -> None:
    path = servers.addresses_file
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"DATABASE_URL={servers.database_url}\nREDIS_URL={servers.redis_url}\n")
