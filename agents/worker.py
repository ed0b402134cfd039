"""The worker process: one event loop for all its runs, lease renewal, and a clean stop."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import structlog
from celery.signals import worker_ready, worker_shutting_down

from agents.execution import Desk, execute_run
from agents.imports import RUN_IMPORT, forget_old_uploads, forget_orphaned_files
from agents.preparation import warm_up_team
from chat.emitter import RunWrites, Writer, publisher_thread
from chat.errors import Fenced
from chat.heartbeats import Pulse
from chat.log import Connections
from chat.log.connections import DATABASE_GONE
from chat.queue import EXECUTE_RUN
from chat.readiness import report_ready, settle_memory
from chat.runs import Kept, renew_leases

log = structlog.get_logger(__name__)
RENEW_SECONDS: Final = 1.0
DATABASE_THREADS: Final = 8
STUCK_AFTER_SECONDS: Final = 3.0


class WorkerLoop:
    """Runs every claimed run of this process on one asyncio loop in a thread of its own."""

    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database"))
        self._runs: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._ticked_at = time.monotonic()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="runs", daemon=True)
        self._thread.start()
        self._started.wait()

    def perform(self, run_id: uuid.UUID) -> Future[None]:
        """Starts the run; the future ends with it."""
        return asyncio.run_coroutine_threadsafe(self._perform(run_id), self._loop)

    def give_back_runs(self) -> None:
        """Interrupts every run and puts it back into the queue: this worker is about to stop."""
        self._loop.call_soon_threadsafe(self._interrupt_all)

    def describe(self) -> dict[str, Any]:
        """What the worker says of itself; a loop that does not turn is stuck, whatever the process says."""
        is_stuck = time.monotonic() - self._ticked_at > STUCK_AFTER_SECONDS
        return {"loop": "stuck" if is_stuck else "live", "runs": len(self._runs)}

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())

    async def _main(self) -> None:
        # In a thread of its own: a turn of this loop can take longer than a publish may.
        self.desk = Desk(self.owner, Writer(publisher_thread.submit))
        self._started.set()
        await asyncio.gather(self.desk.writer.run(), self._renew_leases())

    async def _perform(self, run_id: uuid.UUID) -> None:
        if self._stopping:
            return
        task = asyncio.current_task()
        assert task is not None
        self._runs.add(task)
        try:
            await execute_run(run_id, self.desk)
        except asyncio.CancelledError:
            log.info("run_given_back", run_id=str(run_id))
        finally:
            self._runs.discard(task)

    def _interrupt_all(self) -> None:
        self._stopping = True
        for task in self._runs:
            task.cancel()

    async def _renew_leases(self) -> None:
        """Each second one statement keeps the leases and brings the wishes to stop."""
        connections = Connections(1)
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            self._ticked_at = time.monotonic()
            streams = {run_id: s.writes for run_id, s in self.desk.streams.items() if s.writes.ending is None}
            if not streams:
                continue
            try:
                async with connections.lend() as connection:
                    kept = await renew_leases(connection, self.owner, list(streams))
            except DATABASE_GONE as error:
                log.warning("leases_not_renewed", error=type(error).__name__)
                continue
            for run_id, writes in streams.items():
                note_renewal(writes, kept.get(run_id))


def note_renewal(writes: RunWrites, kept: Kept | None) -> None:
    """Tells a run's writes what the renewal brought; None: the run is somebody else's now."""
    if kept is not None:
        writes.health = kept.health
        if kept.wants_stop:
            writes.cancel_requested.set()
    elif writes.ending is None:
        writes.fail(Fenced(f"run {writes.run_id} is no longer ours"))


_loop_of_process: dict[str, WorkerLoop] = {}
_starting = threading.Lock()


def running_loop() -> WorkerLoop:
    """This process' loop, started on first use."""
    with _starting:
        if "loop" not in _loop_of_process:
            _loop_of_process["loop"] = WorkerLoop()
        return _loop_of_process["loop"]


@worker_ready.connect  # type: ignore[untyped-decorator]
def start_work(sender: Any, **kwargs: Any) -> None:
    """Gets ready for what this worker's queues bring."""
    queues = sender.app.amqp.queues.consume_from
    if EXECUTE_RUN.queue in queues:
        start_loop()
    if RUN_IMPORT.queue in queues:
        Pulse("importer").start()
        forget_orphaned_files()
        forget_old_uploads()
        report_ready()


def start_loop() -> None:
    """Warms up what the first run would wait for, and tells the supervisor."""
    Pulse("worker", running_loop().describe).start()
    warm_up_team()
    settle_memory()
    report_ready()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def stop_loop(**kwargs: Any) -> None:
    """Gives the runs back, so that another worker has them at once."""
    if "loop" in _loop_of_process:
        _loop_of_process["loop"].give_back_runs()
