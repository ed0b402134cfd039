"""The Celery application: a task carries an id and nothing else."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from celery.app.amqp import AMQP
from kombu.connection import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netra.settings")


class QuickConnection(Connection):
    """A broker connection that comes back within a second of Redis' return.

    Celery's own pause between tries grows to half a minute, which would be how long a queued run waits.
    """

    def _ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(interval_start=0.2, interval_step=0.2, interval_max=1.0)
        return super()._ensure_connection(*args, **kwargs)  # type: ignore[no-untyped-call]


class QuickAMQP(AMQP):
    """Celery's message factory on quick connections."""

    Connection = QuickConnection


app = Celery("netra", amqp="netra.celery:QuickAMQP", set_as_current=True)


@app.on_configure.connect  # type: ignore[untyped-decorator]
def configure(sender: Celery, **kwargs: Any) -> None:
    """Reads the broker's address late, so that importing this module needs no configuration."""
    from django.conf import settings

    sender.conf.update(
        broker_url=settings.REDIS_URL,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 1800,
            "socket_timeout": 15,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        task_default_queue="runs",
        task_ignore_result=True,
        task_acks_late=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_send_task_events=False,
        imports=("agents.tasks", "chat.channels.redelivery"),
    )


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def keep_logging(**kwargs: Any) -> None:
    """A worker logs as every other process does: a receiver of this signal keeps Celery's own set-up away."""
