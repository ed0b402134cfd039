"""What a load balancer asks: is the process up, can it serve."""

from __future__ import annotations

from typing import Final

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from netra import __version__

ready_schema: Final = {"known": False}


def answer_healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"name": "netra", "version": __version__, "status": "ok"})


def answer_readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and its tables are those of this code."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not ready_schema["known"]:
            ready_schema["known"] = not pending_migrations()
    except Error as error:
        return JsonResponse({"database": "down", "error": type(error).__name__}, status=503)
    if not ready_schema["known"]:
        return JsonResponse({"database": "ok", "migrations": "pending"}, status=503)
    return JsonResponse({"database": "ok", "migrations": "ok"})


def pending_migrations() -> list[str]:
    """Names of migrations the database does not have yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
