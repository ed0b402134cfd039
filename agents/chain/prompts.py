"""What each agent is told: its task in one line, and everything handed to it as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel

from agents.engine.specs import AgentSpec, DoneCall
from agents.handover import ActionPlan, DataRequest, Findings, Strategies, Verdict

HANDOVER_MARK: Final = "HANDOVER: "
KEYS: Final[Mapping[type[BaseModel], str]] = {
    Verdict: "verdict",
    DataRequest: "request",
    Findings: "findings",
    Strategies: "strategies",
    ActionPlan: "plan",
}
# Whose work rests on tool results gets the results, too.
RESTING_ON_RESULTS: Final = frozenset((Findings, Strategies))
MOST_ROWS: Final = 12


def write_prompt(
    spec: AgentSpec,
    question: str,
    handed: Mapping[type[BaseModel], BaseModel],
    calls: Iterable[DoneCall],
    lacking: Iterable[Mapping[str, str]],
) -> str:
    """The agent's task; the person's words travel inside the JSON, so that nothing in them reads as ours."""
    taken = [kind for kind in (*spec.needs, *spec.uses) if kind in handed]
    facts: dict[str, Any] = {"question": question}
    facts |= {key_of(kind): handed[kind].model_dump(mode="json", exclude_defaults=True) for kind in taken}
    if RESTING_ON_RESULTS & {*spec.needs, *spec.uses}:
        facts["results"] = [describe_call(call) for call in calls]
    if spec.yields is None:
        facts["lacking"] = [dict(item) for item in lacking]
    # Sorted: what was found in the ledger has lost the order of its keys, and has to read as if it were new.
    line = json.dumps(facts, ensure_ascii=True, sort_keys=True)
    return f"Do your part for the question in the line below.\n{HANDOVER_MARK}{line}"


def key_of(kind: type[BaseModel]) -> str:
    """The name of a handover in the JSON."""
    return KEYS.get(kind, kind.__name__.lower())


def describe_call(call: DoneCall) -> dict[str, Any]:
    """A tool result as other agents read it."""
    return {
        "call_id": call.call_id,
        "agent": call.agent,
        "tool": call.tool,
        "title": call.title,
        "arguments": call.arguments,
        "summary": call.block.get("summary", ""),
        "columns": [[column["label"], column["unit"]] for column in call.block.get("columns", ())],
        "rows": call.block.get("rows", [])[:MOST_ROWS],
        "facts": call.facts,
    }
