"""The team as rows of the directory of who may be asked."""

from __future__ import annotations

from agents.team import agent_names, find_agent
from chat.models import Agent


def add_missing_agents() -> None:
    """Inserts agents the directory does not have; existing rows stay as staff left them."""
    rows = [Agent(name=name, title=find_agent(name).title) for name in agent_names()]
    Agent.objects.bulk_create(rows, ignore_conflicts=True)
