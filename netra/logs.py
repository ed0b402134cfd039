"""Structured logs: one line an event with request, user and run ids; never what people wrote, never a secret."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any, Final

import psycopg
import structlog
from redis.exceptions import RedisError
from structlog.typing import ExcInfo

SHARED_STEPS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# Their messages speak of connections and code. Any other may quote what it choked on.
HARMLESS_ERRORS: Final = (OSError, RedisError, psycopg.OperationalError, ImportError, NameError, AttributeError)


class RedisOutageFilter(logging.Filter):
    """Shortens the channel layer's repeated traceback of a lost Redis to one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keeps the record; drops the traceback when its cause is the connection."""
        cause = record.exc_info[1] if record.exc_info else None
        if cause is not None and (isinstance(cause, OSError) or type(cause).__module__.startswith("redis")):
            record.exc_info = None
            record.msg, record.args = "redis_unreachable: %s", (str(cause),)
        return True


def describe_traceback(exc_info: ExcInfo) -> str:
    """Where it happened and what kind of error it was, of it and of its causes; no values."""
    parts = []
    seen: set[int] = set()
    error: BaseException | None = exc_info[1]
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        parts.append(describe_frames(error.__traceback__) + describe_error(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "Traceback (most recent call last):\n" + "\n".join(reversed(parts))


def describe_frames(trace: TracebackType | None) -> str:
    """File, line and function of each frame."""
    frames = traceback.extract_tb(trace)
    return "".join(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n' for frame in frames)


def describe_error(error: BaseException) -> str:
    """The error's name; its message only where that cannot hold what people wrote."""
    name = type(error).__qualname__
    return f"{name}: {str(error)[:300]}" if isinstance(error, HARMLESS_ERRORS) else name


def logging_settings(level: str, *, json: bool) -> dict[str, Any]:
    """Django's LOGGING: JSON lines in production, readable lines elsewhere; whole tracebacks at DEBUG only."""
    tracebacks: Any = (
        structlog.processors.format_exc_info
        if level == "DEBUG"
        else structlog.processors.ExceptionRenderer(describe_traceback)
    )
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_STEPS,
            tracebacks,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redis_outage": {"()": "netra.logs.RedisOutageFilter"}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, tracebacks, renderer],
                "foreign_pre_chain": SHARED_STEPS,
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            "channels_redis": {"filters": ["redis_outage"]},
            "channels_redis.pubsub": {"filters": ["redis_outage"]},
            "daphne": {"level": "WARNING"},
            "django.channels.server": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            # Each request says itself that the database is away; the pool's tries in between say nothing new.
            "psycopg.pool": {"level": "ERROR"},
            "httpx": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
            # At DEBUG these write whole requests and answers of model providers.
            "httpcore2": {"level": "WARNING"},
            "openai": {"level": "WARNING"},
            "anthropic": {"level": "WARNING"},
        },
    }
