"""Tells a model which data the conversation is about; the built-in model reads the same note."""

from __future__ import annotations

import json
from typing import Any

from agents.engine.context import DataHandle, RunContext

DATA_MARK = "DATA: "


def describe_data(context: RunContext) -> str:
    """One line of JSON behind a mark: the data set in reach, or null."""
    facts = None if context.data is None else list_data_facts(context.data)
    return DATA_MARK + json.dumps(facts, ensure_ascii=False)


def list_data_facts(data: DataHandle) -> dict[str, Any]:
    """The period and the names that occur in the data."""
    profile = data.profile
    return {
        "dataset": data.title,
        "demo": data.demo,
        "rows": data.rows,
        "first_day": data.first_day.isoformat(),
        "last_day": data.last_day.isoformat(),
        "providers": list(profile.providers),
        "models": list(profile.model_names),
        "teams": list(profile.teams),
        "features": list(profile.features),
        "statuses": list(profile.statuses),
        "grains": dict(profile.grains),
        "filled": dict(profile.filled),
    }


def read_data_facts(instructions: str) -> dict[str, Any] | None:
    """Reads the note back; the last line that carries the mark is ours."""
    marked = [line for line in instructions.splitlines() if line.startswith(DATA_MARK)]
    return json.loads(marked[-1].removeprefix(DATA_MARK)) if marked else None
