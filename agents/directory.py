"""The team as rows of the directory of who may be asked."""

from __future__ import annotations

from agents.engine.specs import AgentSpec
from agents.team import agent_names, find_agent
from chat.models import Agent


def add_missing_agents() -> None:
    """Inserts agents the directory does not have; existing rows stay as staff left them."""
    agents = map(find_agent, agent_names())
    rows = [Agent(name=agent.name, title=agent.title) for agent in agents if may_be_asked(agent)]
    Agent.objects.bulk_create(rows, ignore_conflicts=True)


def may_be_asked(agent: AgentSpec) -> bool:
    """Whether people may ask this agent: it leads the team, or works alone and answers with a text."""
    return agent.leads or (agent.yields is None and not agent.joins)
