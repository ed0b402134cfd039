"""Creates the demo accounts and the demo data set."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.limits import Tier
from accounts.models import User
from agents.usage.demo import ensure_demo_dataset

DEMO_ACCOUNTS = (
    ("demo@example.com", "demo-netra-2026", False),
    ("admin@example.com", "admin-netra-2026", True),
)


class Command(BaseCommand):
    """Makes a fresh installation usable at once; safe to repeat."""

    help = "Creates the demo accounts and the demo data set (development and test only)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Accounts, then data."""
        if not settings.DEMO_ALLOWED:
            raise CommandError("Demo accounts have known passwords; they exist in development and test only.")
        for email, password, staff in DEMO_ACCOUNTS:
            ensure_account(email, password, staff=staff)
        ensure_demo_dataset()
        self.stdout.write("Demo accounts and demo data are there.")


def ensure_account(email: str, password: str, *, staff: bool) -> None:
    """The account exists; one that does keeps its password."""
    if not User.objects.filter(email__iexact=email).exists():
        User.objects.create_user(email, password, tier=Tier.MID, is_staff=staff, is_superuser=staff)
