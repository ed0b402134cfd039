"""Structured logs: one line an event, with request and user ids, never a traceback for a client's mistake."""

from __future__ import annotations

import logging
from typing import Any

import structlog

SHARED_STEPS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class RedisOutageFilter(logging.Filter):
    """Shortens the channel layer's repeated traceback of a lost Redis to one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keeps the record; drops the traceback when its cause is the connection."""
        cause = record.exc_info[1] if record.exc_info else None
        if cause is not None and (isinstance(cause, OSError) or type(cause).__module__.startswith("redis")):
            record.exc_info = None
            record.msg, record.args = "redis_unreachable: %s", (str(cause),)
        return True


def logging_settings(level: str, *, json: bool) -> dict[str, Any]:
    """Django's LOGGING: JSON lines in production, readable lines elsewhere."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_STEPS,
            structlog.processors.format_exc_info,
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
                "processor": renderer,
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
        },
    }
