"""Prints the effective configuration."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from netra.config import describe_config


class Command(BaseCommand):
    """One line a variable, secrets masked."""

    help = "Prints every configuration variable and its effective value, secrets masked."

    def handle(self, *args: Any, **options: Any) -> None:
        """The lines."""
        for line in describe_config():
            self.stdout.write(line)
