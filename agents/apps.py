"""Django's registration of the agents app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AgentsConfig(AppConfig):
    """Usage data, agents, tools and the worker that executes runs."""

    name = "agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offers this app's part of the page; lists new agents in the directory after each migration."""
        from agents.views import demo_offer, page_data
        from chat.views import page_parts

        page_parts["data"] = page_data
        page_parts["demo"] = demo_offer
        post_migrate.connect(list_new_agents, sender=self)


def list_new_agents(**kwargs: Any) -> None:
    """Adds every agent of the team that the directory does not have; what staff edited stays."""
    from agents.directory import add_missing_agents

    add_missing_agents()
