"""Celery's entry points: an id comes in, the rest is done elsewhere."""

from __future__ import annotations

import uuid

from celery import shared_task

from agents.worker import running_loop


@shared_task(name="agents.execute_run", ignore_result=True)  # type: ignore[untyped-decorator]
def execute_run(run_id: str) -> None:
    """Executes one run; a second delivery of the same id finds it claimed and leaves."""
    running_loop().perform(uuid.UUID(run_id)).result()


@shared_task(name="agents.run_import", ignore_result=True)  # type: ignore[untyped-decorator]
def run_import(import_id: str) -> None:
    """Carries out one import; a second delivery of the same id finds it claimed and leaves."""
    from agents.importing import perform_import  # keeps what only imports need out of the workers of runs

    perform_import(uuid.UUID(import_id))
