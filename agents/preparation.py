"""What a run is given before its agents start: agents as staff want them, pinned rows and prices, its history."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog

from accounts.errors import NetraError
from accounts.limits import limits_for
from agents.engine.context import DataHandle, RunContext, RunLimits
from agents.engine.runs import Candidate, offer_agent
from agents.engine.specs import AgentSpec
from agents.handover import Verdict
from agents.models import AgentSettings, RunFrame, RunMemory
from agents.prices import PriceBook
from agents.prices.stored import current_price_book, price_book_named
from agents.providers import model_for, models_to_try
from agents.team import agent_names, find_agent
from agents.usage.datasets import dataset_for, pin_data_of_thread, pin_version
from chat.runs import ClaimedRun

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Everything a run needs from the database before its agents start; `team` is empty for one who works alone."""

    spec: AgentSpec
    team: tuple[AgentSpec, ...]
    context: RunContext
    history: str | None


def prepare(claimed: ClaimedRun) -> Preparation:
    """The agents with what staff changed about them, the pinned data and prices, the history, the tier's limits."""
    run = claimed.run
    limits = limits_for(claimed.user.tier)
    data, prices = pin_frame(claimed)
    context = RunContext(
        user_id=run.user_id,
        thread_id=run.thread_id,
        run_id=run.id,
        request_id=run.request_id,
        data=data,
        prices=prices,
        limits=RunLimits(
            memory_bytes=limits.memory_bytes, time_seconds=limits.time_seconds, model_tokens=limits.model_tokens
        ),
    )
    changes = {row.name: row for row in AgentSettings.objects.all()}
    spec = apply_settings(find_agent(run.agent_id), changes)
    team = tuple(apply_settings(find_agent(name), changes) for name in agent_names()) if spec.leads else ()
    return Preparation(spec, tuple(agent for agent in team if joins_team(agent)), context, read_history(claimed))


def joins_team(agent: AgentSpec) -> bool:
    """Whether the agent works for the one that leads: in some course, or as the one that finds the course."""
    return bool(agent.joins) or agent.yields is Verdict


def pin_frame(claimed: ClaimedRun) -> tuple[DataHandle | None, PriceBook]:
    """The rows and prices of the run's first attempt, pinned by it; later ones work on the same."""
    run = claimed.run
    frame = RunFrame.objects.filter(run_id=run.id).first()
    if frame is None:
        data, prices = pin_data_of_thread(run.user_id, run.thread_id), current_price_book()
        given = {"data_set_id": None, "data_version": None} if data is None else name_version(data)
        RunFrame.objects.get_or_create(run_id=run.id, defaults=given | {"price_version": prices.version})
        return data, prices
    prices = price_book_named(frame.price_version)
    if frame.data_set_id is None:
        return None, prices
    return pin_version(dataset_for(run.user_id, frame.data_set_id), frame.data_version), prices


def name_version(data: DataHandle) -> dict[str, Any]:
    """A pinned version as the run's frame keeps it."""
    return {"data_set_id": uuid.UUID(data.data_set_id), "data_version": data.version}


def apply_settings(spec: AgentSpec, changes: Mapping[str, AgentSettings]) -> AgentSpec:
    """The agent as staff want it; an empty field leaves the agent's own value."""
    changed = changes.get(spec.name)
    first, *following = models_to_try(changed, spec.model, spec.fallbacks)
    spec = replace(spec, model=first, fallbacks=tuple(following))
    if changed is None:
        return spec
    limits = replace(
        spec.limits,
        requests=changed.request_limit or spec.limits.requests,
        tool_calls=changed.tool_call_limit or spec.limits.tool_calls,
    )
    return replace(spec, instructions=changed.instructions or spec.instructions, limits=limits)


def list_candidates(spec: AgentSpec) -> tuple[Candidate, ...]:
    """The models of an agent in the order they are tried, each made when it is needed."""
    return tuple(Candidate(name, partial(model_for, name)) for name in (spec.model, *spec.fallbacks))


def read_history(claimed: ClaimedRun) -> str | None:
    """What the conversation's last completed run before this question remembered."""
    run = claimed.run
    earlier = RunMemory.objects.filter(
        run__thread_id=run.thread_id, run__status=run.Status.COMPLETED, run__question_id__lt=run.question_id
    )
    return earlier.order_by("-run_id").values_list("messages", flat=True).first()


def warm_up_team() -> None:
    """Loads what the first run would wait for: the agents' tools and schemas, and the models they run on by themselves.

    A model that is not set up stops no worker: the runs that need it say so.
    """
    for name in agent_names():
        agent = apply_settings(find_agent(name), {})
        offer_agent(agent)
        try:
            model_for(agent.model)
        except NetraError as error:
            log.warning("model_not_usable", agent=name, code=error.code)
