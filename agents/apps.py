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
        """Offers this app's part of the page, says what it keeps of a person, lists new agents after each migration."""
        from accounts.belongings import Belongings, kept_by
        from agents.belongings import export_work, remove_work, stop_imports
        from agents.imports import reap_lost_imports, redispatch_forgotten_imports
        from agents.views import demo_offer, page_data
        from chat.duties import DUTIES
        from chat.views import page_parts

        kept_by["agents"] = Belongings(export=export_work, remove=remove_work, stop=stop_imports)
        DUTIES.extend((reap_lost_imports, redispatch_forgotten_imports))
        page_parts["data"] = page_data
        page_parts["demo"] = demo_offer
        post_migrate.connect(list_new_agents, sender=self)


def list_new_agents(**kwargs: Any) -> None:
    """Adds every agent of the team that the directory does not have; what staff edited stays."""
    from agents.directory import add_missing_agents

    add_missing_agents()
