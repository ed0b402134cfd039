"""The agents: one file each, found by its name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from agents.engine.specs import AgentSpec
from agents.errors import UnknownAgent


def agent_names() -> list[str]:
    """The names of all agents."""
    return sorted(module.name for module in iter_modules(__path__))


def find_agent(name: str) -> AgentSpec:
    """The agent in the file of that name; a file that cannot be imported says why."""
    if name not in agent_names():
        raise UnknownAgent()
    spec: AgentSpec = import_module(f"{__name__}.{name}").AGENT
    return spec
