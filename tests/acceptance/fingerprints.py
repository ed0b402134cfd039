"""What came of questions, as text without anything that may differ between two runs: times and durations."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

QUESTIONS = (
    "What do we spend, on which models, and how does it trend?",
    "Cut our LLM bill by 20 % without hurting quality.",
    "Why did the bill jump on 2026-09-16?",
    "Which calls could move to a smaller model?",
    "Where would caching or batching save most?",
    "Usage will grow 30-50 % next month. What does this do to cost and rate limits?",
    "Cut cost by 20 %, twice as fast, with 30 % more usage: what is the trade-off?",
    "Why do our agent runs waste tokens?",
    "Write a report for management with plan, risks and rollback.",
    "How fast are our answers?",
)
# How long something took, and how much memory, is not the same twice.
MEASURED = frozenset(("seconds", "query_peak_bytes", "duration", "milliseconds"))


def without_measures(value: Any) -> Any:
    """Nested data without what is measured by the clock."""
    if isinstance(value, dict):
        return {key: without_measures(item) for key, item in value.items() if key not in MEASURED}
    return [without_measures(item) for item in value] if isinstance(value, list | tuple) else value


def in_order_of_calls(events: list[Any]) -> list[Any]:
    """The events; results that came one after the other stand in the order of their calls, not in that of the clock."""
    runs = [list(run) for _, run in groupby(events, key=is_result)]
    ordered = [sorted(run, key=name_call) if is_result(run[0]) else run for run in runs]
    return [event for run in ordered for event in run]


def is_result(event: Any) -> bool:
    """Whether it is the end of a tool call."""
    return bool(event[1][0] == "tool_completed")


def name_call(event: Any) -> str:
    """Which call it is about."""
    return str(event[1][1]["call_id"])


async def describe_run(question: str, data: Any) -> str:
    """Everything a run told and wrote, as one text."""
    from tests.acceptance.asking import ask_team

    asked = await ask_team(question, data)
    told = in_order_of_calls(list(zip(asked.sink.agents, asked.sink.events, strict=True)))
    return json.dumps(without_measures([told, asked.text, asked.details, asked.outcome.usage]), sort_keys=True)


def digest_of(run: str) -> str:
    """A run in short."""
    return hashlib.sha256(run.encode()).hexdigest()


async def list_digests(data: Any) -> list[str]:
    """One digest a question."""
    return [digest_of(await describe_run(question, data)) for question in QUESTIONS]


def main(part: str) -> None:
    """Prints the digests over the rows of a Parquet part."""
    import django

    django.setup()
    from tests.acceptance.conftest import open_part

    print(json.dumps(asyncio.run(list_digests(open_part(Path(part))))))


if __name__ == "__main__":
    main(sys.argv[1])
