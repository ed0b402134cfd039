"""Celery's entry points: a run's id comes in, the worker's loop does the rest."""

from __future__ import annotations

import uuid

from celery import shared_task

from agents.worker import running_loop


@shared_task(name="agents.execute_run", ignore_result=True)  # type: ignore[untyped-decorator]
def execute_run(run_id: str) -> None:
    """Executes one run; a second delivery of the same id finds it claimed and leaves."""
    running_loop().perform(uuid.UUID(run_id)).result()
