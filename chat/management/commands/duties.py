"""Runs the duties loop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from chat.duties import perform_duties
from chat.readiness import report_ready


class Command(BaseCommand):
    """Repairs until SIGTERM."""

    help = "Restarts lost runs and sends forgotten ones, every two seconds, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """The loop."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        perform_duties(stop, report_ready)
