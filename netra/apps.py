"""Django's registration of the project's own commands."""

from importlib import import_module

from django.apps import AppConfig


class NetraConfig(AppConfig):
    """Commands that assemble several apps, and the Celery application every process sends through."""

    name = "netra"

    def ready(self) -> None:
        """Makes the project's Celery application the current one."""
        import_module("netra.celery")
