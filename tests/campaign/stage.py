"""The stage: Postgres, Redis, proxies in front of them, a whole Netra behind those, and a proxy for its clients."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from netra.embedded import Servers, start_servers
from netra.embedded.ports import find_free_port
from tests.campaign.proxy import Proxy, running_proxies
from tests.models.server import ModelServer, serve_models
from tests.stack.wire_team import play
from tests.stack_process import Stack, open_folder, own_environment, start_stack

# A silent worker keeps its runs so long here; in production it is 30 s, and the emitters' own lease is longer.
LEASE_SECONDS: Final = 5
EMITTER_LEASE_SECONDS: Final = 120
ENVIRONMENT: Final = {
    "NETRA_COMPACT_AFTER_SECONDS": "86400",
    "NETRA_LEASE_SECONDS": str(LEASE_SECONDS),
    "NETRA_WORKERS": "2",
    "NETRA_DEFAULT_MODEL": "compatible:campaign",
    "NETRA_MODEL_TIMEOUT_SECONDS": "2",
}


def port_of(url: str) -> int:
    """The port in an address."""
    port = urlsplit(url).port
    assert port is not None
    return port


def through(url: str, proxy: Proxy) -> str:
    """The same address by way of a proxy."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{proxy.port}")))


@dataclass(frozen=True)
class Stage:
    """Everything a fault can be done to; addresses of its own are the unproxied ones."""

    folder: Path
    servers: Servers
    stack: Stack
    models: ModelServer
    database: Proxy
    redis: Proxy
    emitter_database: Proxy
    emitter_redis: Proxy
    web: Proxy
    # Beside it, for clients that are treated otherwise, and for a second web process.
    other_web: Proxy

    @property
    def database_url(self) -> str:
        """Postgres itself."""
        return self.servers.database_url

    @property
    def redis_url(self) -> str:
        """Redis itself."""
        return self.servers.redis_url

    @property
    def proxies(self) -> tuple[Proxy, ...]:
        """All of them."""
        return self.database, self.redis, self.emitter_database, self.emitter_redis, self.web, self.other_web

    def enter_product(self) -> None:
        """Lets this very process use the product's own services, on the unproxied servers."""
        os.environ |= self.emitter_environment() | {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        import django

        django.setup()

    def emitter_environment(self) -> dict[str, str]:
        """What an emitter's process needs: the product's settings, by way of the emitters' own proxies."""
        return own_environment() | {
            "DATABASE_URL": through(self.database_url, self.emitter_database),
            "REDIS_URL": through(self.redis_url, self.emitter_redis),
            "NETRA_DATA_DIR": str(self.stack.data_dir),
            "NETRA_ENV": "test",
            "NETRA_LEASE_SECONDS": str(EMITTER_LEASE_SECONDS),
            "NETRA_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "netra.settings",
        }

    def reset(self) -> None:
        """Every proxy forwards like a wire again."""
        for proxy in self.proxies:
            proxy.reset()
        self.other_web.target = self.web.target


@contextmanager
def build_stage(seed: int, servers_place: Path | None = None) -> Iterator[Stage]:
    """A stage of its own, thrown away afterwards; its servers' data may lie elsewhere."""
    folder = open_folder("netra-campaign-")
    with ExitStack() as at_end:
        at_end.callback(shutil.rmtree, folder, ignore_errors=True)
        servers = start_servers(servers_place or folder / "servers", database_url=None, redis_url=None, throwaway=True)
        at_end.callback(servers.stop)
        models = at_end.enter_context(serve_models(play))
        port = find_free_port()
        targets = {"database": port_of(servers.database_url), "redis": port_of(servers.redis_url)}
        proxies = {name: Proxy(name, target, seed) for name, target in targets.items()}
        proxies |= {f"emitter_{name}": Proxy(f"emitter_{name}", target, seed) for name, target in targets.items()}
        proxies |= {name: Proxy(name, port, seed) for name in ("web", "other_web")}
        at_end.enter_context(running_proxies(*proxies.values()))
        addresses = {
            "DATABASE_URL": through(servers.database_url, proxies["database"]),
            "REDIS_URL": through(servers.redis_url, proxies["redis"]),
        }
        chosen = ENVIRONMENT | models.environment() | addresses
        stack = start_stack(folder / "var", port, environment=chosen)
        at_end.callback(stack.stop)
        yield Stage(folder, servers, stack, models, **proxies)
