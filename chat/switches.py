"""Which ways an event may take: one setting, in the order of the channels."""

from __future__ import annotations

from django.conf import settings


def is_on(channel: str) -> bool:
    """True unless the operator has switched this way off."""
    return channel in settings.CHANNELS
