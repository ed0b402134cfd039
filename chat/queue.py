"""Sends an id to the workers by task name; a failure is left to the duties loop."""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from celery import current_app
from django.db import Error as DatabaseError
from kombu.exceptions import ChannelError, OperationalError

log = structlog.get_logger(__name__)
MOST_WAITING: Final = 10_000


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is asked to do with an id, and the queue on which it hears of it."""

    name: str
    queue: str


EXECUTE_RUN: Final = Task("agents.execute_run", "runs")


def send(task: Task, id: uuid.UUID) -> bool:
    """True if the broker has the task; returns within seconds whatever the broker's state."""
    try:
        with current_app.connection_for_write(transport_options={"max_retries": 1}) as connection:
            current_app.send_task(
                task.name, [str(id)], queue=task.queue, connection=connection, retry=False, ignore_result=True
            )
    except (OperationalError, OSError) as error:
        log.warning("dispatch_failed", task=task.name, id=str(id), error=type(error).__name__)
        return False
    return True


def count_waiting_tasks() -> int:
    """How many tasks wait in the broker; ConnectionError where it cannot be reached."""
    try:
        return read_queue_length()
    except OperationalError as error:
        raise ConnectionError(str(error)) from error


def read_queue_length() -> int:
    """The length of the workers' queue."""
    options = {"max_retries": 1, "socket_timeout": 1, "socket_connect_timeout": 1}
    with current_app.connection_for_read(transport_options=options) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0)
        try:
            found = connection.default_channel.queue_declare(current_app.conf.task_default_queue, passive=True)
        except ChannelError:
            # An empty queue does not exist.
            return 0
    return int(found.message_count)


@dataclass(frozen=True, slots=True)
class Errand:
    """A task on its way to the broker, and what is called once the broker has it."""

    task: Task
    id: uuid.UUID
    after: Callable[[uuid.UUID], Any]


class Dispatcher:
    """Sends in the background, so that no request waits for the broker."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Errand] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def dispatch(self, task: Task, id: uuid.UUID, after: Callable[[uuid.UUID], Any]) -> None:
        """Hands the task over and returns; `after` is called once the broker has it."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._serve, name="dispatcher", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(Errand(task, id, after))
        except queue.Full:
            log.warning("dispatch_queue_full", task=task.name, id=str(id))

    def drain(self) -> None:
        """Returns when everything handed over so far was sent, or its sending had failed."""
        self._waiting.join()

    def _serve(self) -> None:
        while True:
            errand = self._waiting.get()
            try:
                if send(errand.task, errand.id):
                    errand.after(errand.id)
            except DatabaseError as error:
                # Unnoted, so that the duties send it again: whoever comes second finds it claimed.
                log.warning("dispatch_not_noted", id=str(errand.id), error=type(error).__name__)
            finally:
                self._waiting.task_done()


dispatcher = Dispatcher()
