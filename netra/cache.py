"""The cache: throttles and sign-in limits; a failure of Redis is a counted miss, never an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
# What each operation answers while Redis is away: nothing is there, and nothing was refused.
ANSWERS_WITHOUT_REDIS: Final[dict[str, Any]] = {
    "add": True,
    "set": None,
    "touch": False,
    "delete": False,
    "get_many": {},
    "set_many": [],
    "delete_many": None,
    "has_key": False,
    "clear": False,
}


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache whose every operation has an answer while Redis is down."""

    failures = 0

    def __getattribute__(self, name: str) -> Any:
        """Wraps the operations that talk to Redis."""
        operation = super().__getattribute__(name)
        if name in ANSWERS_WITHOUT_REDIS:
            return forgiving(operation, lambda *args, **kwargs: ANSWERS_WITHOUT_REDIS[name])
        if name == "get":
            return forgiving(operation, lambda key, default=None, version=None: default)
        if name == "incr":
            return forgiving(operation, lambda key, delta=1, version=None: delta)
        return operation


def forgiving(operation: Callable[..., Any], otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """The operation, and the other answer where Redis fails it."""

    def attempt(*args: Any, **kwargs: Any) -> Any:
        try:
            return operation(*args, **kwargs)
        except (RedisError, OSError) as error:
            ForgivingRedisCache.failures += 1
            log.warning("cache_unreachable", error=type(error).__name__, failures=ForgivingRedisCache.failures)
            return otherwise(*args, **kwargs)

    return attempt
