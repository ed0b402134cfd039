"""Each kind of waste in agent sessions: what it is, how it is counted, what ends it and how to prompt instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from agents.usage.results import money, percent
from agents.usage.sessions import ENDS, KINDS, LONG_CONTEXT

NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Advice:
    """A kind of waste in words; `evidence` is filled with the number of its steps."""

    title: str
    evidence: str
    counted: str
    fix: str
    prompt: str


ADVICE: Final = {
    "failed_steps": Advice(
        "Failed steps and their repetition",
        "{steps:,} steps failed, or asked again what had just failed",
        "low: the failed calls; high: also the same prompt asked again after a failure",
        "Retry with growing pauses, and stop after two failures instead of sending the whole context again.",
        "If a step fails twice for the same reason, stop, say what you tried and ask.",
    ),
    "repeated_prompts": Advice(
        "The same prompt again in one session",
        "{steps:,} steps sent a prompt that had been answered in the same session",
        "low: from the third time on; high: from the second time on",
        "Keep the first answer: cache it by its prompt, or let the agent write down what it found.",
        "Before you ask or search again, look up what you already found in this session.",
    ),
    "cache_misses": Advice(
        "Context sent again and not read from a cache",
        "{steps:,} steps paid the input price for context that the step before had sent already",
        "low: steps within 5 minutes of the one before; high: within an hour; priced as input less cached input",
        "Keep the beginning of the context unchanged (instructions, tools, files first; no clock or random id in it),"
        " set cache breakpoints, and use the one-hour cache where steps pause.",
        "Append to the conversation; do not rewrite or reorder what was said before.",
    ),
    "unread_cache_writes": Advice(
        "Cache writes that nothing read",
        "{steps:,} steps wrote tokens into a cache that no later step of the session read",
        "low: without the last step of each chain of calls, which nothing could read; high: with it; priced as what a"
        " write costs more than plain input",
        "Do not write a cache in single-step sessions, and not for parts that change with each step.",
        "Do related work in one session instead of many short ones.",
    ),
    "long_context": Advice(
        "Very long contexts carried along",
        "{steps:,} steps carried a long context along",
        f"low: what is beyond {LONG_CONTEXT['low']:,} tokens; high: beyond {LONG_CONTEXT['high']:,}; priced as cached"
        " input",
        "Compact or clear the context when a part of the task is done; give long searches to a subagent that returns"
        " a summary.",
        "Work on one task a session; when it is done, summarise it in ten lines and begin anew.",
    ),
    "repeated_reads": Advice(
        "The same file or command read again",
        "{steps:,} steps read what had been read in the same session",
        "low: read again without an edit in between; high: every repetition but edits; its size is what the next"
        " context grew by, priced as input",
        "Read only the lines that are needed, and tell the agent which files matter.",
        "Do not read a file again unless it changed; quote the lines you need and go on from them.",
    ),
}


def describe_kinds(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each kind of waste that occurs, the costliest first."""
    found = [describe_kind(row, kind) for kind in KINDS if row[f"{kind}_steps"]]
    return sorted(found, key=lambda item: (-Decimal(item["cost_high"] or 0), -item["tokens_high"], item["kind"]))


def describe_kind(row: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """One kind with its range, its evidence and what to do."""
    advice, steps = ADVICE[kind], row[f"{kind}_steps"]
    return {
        "kind": kind,
        "title": advice.title,
        "steps": steps,
        **{f"tokens_{end}": row[f"{kind}_{end}"] for end in ENDS},
        **{f"cost_{end}": money(cost_of_kind(row, kind, end)) for end in ENDS},
        **{f"percent_{end}": percent(cost_of_kind(row, kind, end), row["cost"]) for end in ENDS},
        "evidence": advice.evidence.format(steps=steps),
        "counted": advice.counted,
        "fix": advice.fix,
        "prompt": advice.prompt,
    }


def cost_of_kind(row: Mapping[str, Any], kind: str, end: str) -> Decimal | None:
    """What one kind costs; unknown where nothing has a price."""
    if row["cost"] is None:
        return None
    cost: Decimal | None = row[f"{kind}_cost_{end}"]
    return cost or NOTHING


def add_kinds(row: Mapping[str, Any]) -> dict[str, Any]:
    """All kinds together; they do not overlap in money."""
    costs = {
        end: None if row["cost"] is None else sum((cost_of_kind(row, kind, end) or NOTHING for kind in KINDS), NOTHING)
        for end in ENDS
    }
    return {
        **{f"cost_{end}": money(cost) for end, cost in costs.items()},
        **{f"percent_{end}": percent(cost, row["cost"]) for end, cost in costs.items()},
    }
