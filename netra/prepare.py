"""Makes the database fit this version; one process for all of it, because starting Django takes longest."""

import os

import django
from django.core.management import call_command

from netra.config import load_config


def prepare_database() -> None:
    """Bring the schema up to date and, in development, add the demo accounts and data; safe to repeat."""
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    if load_config().is_development:
        call_command("demo", skip_checks=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netra.settings")
    django.setup()
    prepare_database()
