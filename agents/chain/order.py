"""The order of the team: it follows from what each agent needs and yields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agents.engine.specs import AgentSpec
from agents.errors import TeamOrderImpossible


def order_team(agents: Iterable[AgentSpec], course: str) -> tuple[AgentSpec, ...]:
    """Who joins this course, each behind everybody whose work it needs or uses; ties go by name.

    Who speaks to the person comes last.
    """
    waiting = sorted((agent for agent in agents if course in agent.joins), key=lambda agent: agent.name)
    ordered: list[AgentSpec] = []
    while waiting:
        ready = [agent for agent in waiting if not waits_for(agent, waiting)]
        if not ready:
            raise TeamOrderImpossible(f"These agents wait for each other: {', '.join(each.name for each in waiting)}.")
        # A text for people is written when everything it may use is there.
        following = next((agent for agent in ready if agent.yields is not None), ready[0])
        ordered.append(following)
        waiting.remove(following)
    return tuple(ordered)


def waits_for(agent: AgentSpec, others: Sequence[AgentSpec]) -> bool:
    """Whether somebody who has not worked yet yields what this agent takes."""
    taken = {*agent.needs, *agent.uses}
    return any(other.yields in taken for other in others if other is not agent)


def find_yielding(agents: Iterable[AgentSpec], kind: type) -> AgentSpec:
    """The agent that yields this; there is exactly one."""
    found = [agent for agent in agents if agent.yields is kind]
    if len(found) != 1:
        raise TeamOrderImpossible(f"{len(found)} agents yield {kind.__name__}; it takes exactly one.")
    return found[0]
