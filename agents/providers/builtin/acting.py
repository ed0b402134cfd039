"""Plays the actions agent: the strategies as steps, the quick and safe ones first."""

from __future__ import annotations

from typing import Any, Final

from agents.handover import ActionPlan, PlanStep
from agents.providers.builtin.turns import Reply, Turn

LEVELS: Final = ("low", "medium", "high")
OWNERS: Final = {
    "model_swap": "Engineer of the feature",
    "rollback": "Engineer of the feature",
    "prompt_cache": "Engineer of the feature",
    "response_cache": "Platform engineer",
    "batch": "Platform engineer",
    "output_limit": "Engineer of the feature",
    "prompt_trim": "Engineer of the feature",
    "retries": "Platform engineer",
}
MONITORING: Final = (
    "Cost per request, p95 latency and failed calls of these rows, daily for two weeks;"
    " upload the new rows and ask again."
)


def plan_actions(turn: Turn) -> Reply:
    """One step a strategy; what takes little effort and little risk is done first."""
    handed = turn.handed or {}
    computed = index_strategies(handed.get("results", ()))
    ranked = [computed[item["id"]] for item in handed.get("strategies", {}).get("ranked", ()) if item["id"] in computed]
    ordered = sorted(ranked, key=lambda item: (LEVELS.index(item["effort"]), LEVELS.index(item["risk"])))
    plan = ActionPlan(steps=[write_step(item) for item in ordered])
    thoughts = (
        "I order the recommendations by effort and risk. ",
        "Each step says how to check it and how to undo it.",
    )
    return Reply(thoughts, output=plan.model_dump(mode="json", exclude_defaults=True))


def index_strategies(results: Any) -> dict[str, dict[str, Any]]:
    """The computed strategies by their ids."""
    return {item["id"]: item for result in results for item in result["facts"].get("strategies", ())}


def write_step(strategy: dict[str, Any]) -> PlanStep:
    """A strategy as a step."""
    return PlanStep(
        title=strategy["title"],
        owner=OWNERS.get(strategy["kind"], "Engineer of the feature"),
        effort=strategy["effort"],
        change="A change of configuration." if strategy["config_only"] else "A change of code, behind a switch.",
        validation=strategy["verify"],
        roll_back=strategy["roll_back"],
        monitoring=MONITORING,
        strategy_id=strategy["id"],
    )
