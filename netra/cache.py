"""The cache: throttles and sign-in limits; a failure of Redis is a counted miss, never an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache whose every operation has an answer while Redis is down."""

    failures = 0

    def _attempt(self, operation: Callable[[], Answer], otherwise: Answer) -> Answer:
        try:
            return operation()
        except (RedisError, OSError) as error:
            type(self).failures += 1
            log.warning("cache_unreachable", error=str(error), failures=self.failures)
            return otherwise

    def add(self, key: Any, value: Any, timeout: Any = ..., version: int | None = None) -> bool:
        return self._attempt(
            lambda: super(ForgivingRedisCache, self).add(key, value, *given(timeout), version=version), True
        )

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._attempt(lambda: super(ForgivingRedisCache, self).get(key, default, version), default)

    def set(self, key: Any, value: Any, timeout: Any = ..., version: int | None = None) -> None:
        self._attempt(
            lambda: super(ForgivingRedisCache, self).set(key, value, *given(timeout), version=version), None
        )

    def touch(self, key: Any, timeout: Any = ..., version: int | None = None) -> bool:
        return self._attempt(
            lambda: super(ForgivingRedisCache, self).touch(key, *given(timeout), version=version), False
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._attempt(lambda: super(ForgivingRedisCache, self).delete(key, version), False)

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        return self._attempt(lambda: super(ForgivingRedisCache, self).get_many(keys, version), {})

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._attempt(lambda: super(ForgivingRedisCache, self).has_key(key, version), False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return self._attempt(lambda: super(ForgivingRedisCache, self).incr(key, delta, version), delta)

    def set_many(self, data: dict[Any, Any], timeout: Any = ..., version: int | None = None) -> list[Any]:
        return self._attempt(
            lambda: super(ForgivingRedisCache, self).set_many(data, *given(timeout), version=version),
            list(data),
        )

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        self._attempt(lambda: super(ForgivingRedisCache, self).delete_many(keys, version), None)

    def clear(self) -> bool:
        return self._attempt(lambda: super(ForgivingRedisCache, self).clear(), False)


def given(timeout: Any) -> tuple[Any, ...]:
    """The timeout as an argument only where the caller gave one, so that the backend's default stands."""
    return () if timeout is ... else (timeout,)
