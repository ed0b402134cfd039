"""What the optimization agent asks for each question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from agents.handover import Entities, Verdict
from agents.providers.builtin.arguments import Known, filters_of, filters_of_rows, growth_of, list_budgets, unique
from agents.providers.builtin.turns import Call
from agents.usage.questions import Question


def plan_advice(verdict: Verdict, known: Known | None) -> tuple[Call, ...]:
    """What the optimization agent asks."""
    return unique(ADVICE_PLANS.get(verdict.question, plan_savings)(verdict.entities, known or {}))


def plan_savings(entities: Entities, known: Known) -> Iterator[Call]:
    """All changes together, against the target and the budgets."""
    arguments: dict[str, Any] = {}
    if entities.cost_cut_percent is not None:
        arguments["target_percent"] = format(entities.cost_cut_percent, "f")
    if budgets := list_budgets(entities, known):
        arguments["latency_budgets"] = budgets
    if entities.config_only:
        arguments["config_only"] = True
    yield Call("savings_plan", arguments | filters_of(entities))


def plan_quick_savings(entities: Entities, known: Known) -> Iterator[Call]:
    """Changes of configuration only."""
    yield from plan_savings(entities.model_copy(update={"config_only": True}), known)
    yield Call("prompt_waste", filters_of(entities))


def plan_swap(entities: Entities, known: Known) -> Iterator[Call]:
    """Another model for the same rows."""
    models = {name: value for name in ("to_model", "from_model") if (value := getattr(entities, name))}
    yield Call("model_swap_whatif", models | filters_of_rows(entities))


def plan_cache_and_batch(entities: Entities, known: Known) -> Iterator[Call]:
    """Caching and batching."""
    yield Call("cache_opportunity", filters_of(entities))
    yield Call("batch_opportunity", filters_of(entities))


def plan_goals(entities: Entities, known: Known) -> Iterator[Call]:
    """Several goals at once."""
    goals: dict[str, Any] = {}
    if entities.cost_cut_percent is not None:
        goals["cost_change_percent"] = format(-entities.cost_cut_percent, "f")
    if entities.speed_factor is not None:
        goals["speed_factor"] = format(entities.speed_factor, "f")
    if entities.growth_percent_low is not None:
        goals["growth_percent"] = growth_of(entities)[1]
    if budgets := list_budgets(entities, known):
        goals["latency_budgets"] = budgets
    yield Call("tradeoff", goals | filters_of(entities))
    yield from plan_savings(entities, known)


def plan_faster(entities: Entities, known: Known) -> Iterator[Call]:
    """Faster at the same budget."""
    factor = entities.speed_factor if entities.speed_factor is not None else 2
    goals = {
        "speed_factor": format(factor, "f") if entities.speed_factor is not None else "2",
        "cost_change_percent": "0",
    }
    yield Call("tradeoff", goals | filters_of(entities))


def plan_less_waste(entities: Entities, known: Known) -> Iterator[Call]:
    """What prompts and caches waste."""
    yield Call("prompt_waste", filters_of(entities))
    yield Call("cache_opportunity", filters_of(entities))


Plan = Callable[[Entities, Known], Iterator[Call]]
ADVICE_PLANS: Final[dict[Question, Plan]] = {
    Question.SPEED_UP: plan_faster,
    Question.MODEL_CHOICE: plan_swap,
    Question.CACHING: plan_cache_and_batch,
    Question.TRADEOFF: plan_goals,
    Question.QUICK_WINS: plan_quick_savings,
    Question.AGENT_WASTE: plan_less_waste,
}
