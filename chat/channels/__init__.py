"""The ways an event takes beyond the live push: one file each, switched and ordered by one setting."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

from chat.outgoing import Channel


def escalating_channels() -> list[Channel]:
    """Those that are tried one after the other for the end of a run, in the order of the setting."""
    modules = [import_module(f"chat.channels.{name}") for name in settings.CHANNELS if name != "push"]
    return [module.CHANNEL for module in modules if hasattr(module, "CHANNEL")]
