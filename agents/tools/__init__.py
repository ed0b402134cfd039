"""The tools agents call: one file each, found by its name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from agents.engine.specs import AgentTool


def tool_names() -> list[str]:
    """The names of all tools."""
    return sorted(module.name for module in iter_modules(__path__))


def tool_named(name: str) -> AgentTool:
    """The tool in the file of that name."""
    tool: AgentTool = import_module(f"{__name__}.{name}").TOOL
    return tool


def tools_named(*names: str) -> tuple[AgentTool, ...]:
    """Several tools, in this order."""
    return tuple(tool_named(name) for name in names)
