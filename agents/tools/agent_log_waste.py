"""Where agent sessions waste tokens: context sent again, repeated reads and prompts, failures, unused caches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from agents.engine.blocks import Block, Chart, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool, Needs
from agents.usage.asking import ask_all, require_data
from agents.usage.filters import Filters
from agents.usage.queries import Query
from agents.usage.results import as_number, clip_period, describe_scope, money, name_source, percent, show_cost
from agents.usage.sessions import AGENT_PERCENT, AGENT_STEPS, TOOLS, session_statement
from agents.usage.wastes import add_kinds, describe_kinds

Top = Annotated[int, Field(ge=1, le=50)]
NEEDS = Needs("a question about agent sessions", grains=("call",), columns=("tokens", "session"))
ASSUMPTIONS: Final = (
    "calls of a session are put in order by their time; subagents, models and features have contexts of their own",
    f"an agent's chain of calls is one of {AGENT_STEPS} or more whose context hardly ever shrinks (at least"
    f" {AGENT_PERCENT} % of its steps); only there is context taken to be sent again",
    "the kinds do not overlap in money, so their costs may be added",
    "that a step is counted as waste does not say that it can be left out: the low end is what is nearly certain",
)
BETTER_TOOLS: Final = (
    "No step names the tools it used, so repeated reads of files could not be looked for. Session logs of Claude Code,"
    " Codex or Gemini CLI have them; other agents can log tool names and a hash of the path with each call."
)
BETTER_PROMPTS: Final = (
    "No step has a prompt_hash, so repeated prompts could not be looked for. Log a hash of the messages with each call."
)


async def agent_log_waste(context: RunContext, filters: Filters | None = None, top: Top = 10) -> ToolResult:
    """Finds what agent sessions waste, in tokens and money as a range, with a fix and a way to prompt for each kind.

    Kinds: failed steps, repeated prompts, context sent again without a cache, cache writes nothing read, very long
    contexts, files read again. Also cost and tokens by session, cached share, share of output and growth of context.

    Args:
        filters: Which rows to look at; all rows without it. Rows without a session are left out.
        top: How many sessions to return, those with most waste first.
    """
    data = require_data(context, NEEDS)
    chosen = clip_period(filters or Filters(), data)
    results = await ask_all(
        context, [Query(session_statement(), chosen, {"shown": top + 1}), Query(TOOLS, chosen, priced=False)]
    )
    (whole, *sessions), tools = (result.as_dicts() for result in results)
    facts = describe_scope(data, chosen, results[0].price_version) | describe_whole(whole)
    facts |= {"waste": add_kinds(whole), "kinds": describe_kinds(whole)}
    facts["top_sessions"] = [describe_session(row) for row in sessions]
    facts["tools"] = tools
    facts |= {"better_with": list_missing(whole), "confidence": rate_confidence(whole)}
    facts |= {"note": say_note(whole), "assumptions": list(ASSUMPTIONS)}
    block = Block(
        title="Waste in agent sessions",
        summary=summarise(facts),
        columns=COLUMNS,
        rows=tuple(block_row(item) for item in facts["top_sessions"]),
        source=name_source(data, results),
        chart=Chart("bar", "session", ("cost", "waste_high")) if sessions and whole["cost"] is not None else None,
    )
    return ToolResult(block, facts)


def describe_whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """All sessions together."""
    sessions = row["sessions"]
    return {
        "requests": row["requests"],
        "sessions": sessions,
        "unpriced_requests": row["unpriced_requests"],
        "cost": money(row["cost"]),
        "cost_per_session": money(row["cost"] / sessions) if row["cost"] is not None else None,
        "tokens": row["tokens"],
        "tokens_per_session": round(row["tokens"] / sessions) if sessions else None,
        "cached_percent": percent(row["cached_tokens"], row["context_tokens"]),
        "output_percent": percent(row["output_tokens"], row["tokens"]),
        "repeated_context": {
            "tokens": row["resent_tokens"],
            "percent": percent(row["resent_tokens"], row["context_tokens"]),
        },
        "agent_sessions": row["agent_sessions"],
        "agent_requests": row["agent_requests"],
        "context_drops": row["context_drops"],
        "failed_requests": row["failed_requests"],
        "estimate": False,
        "estimate_reason": None,
    }


def describe_session(row: Mapping[str, Any]) -> dict[str, Any]:
    """One session: its size, the growth of its context, and its waste."""
    kinds = describe_kinds(row)
    return {
        "session": row["session"],
        "day": row["begun"].isoformat(),
        "requests": row["requests"],
        "cost": money(row["cost"]),
        "tokens": row["tokens"],
        "first_context": row["first_context"],
        "last_context": row["last_context"],
        "largest_context": row["largest_context"],
        "cached_percent": percent(row["cached_tokens"], row["context_tokens"]),
        "waste": add_kinds(row),
        "main_kind": kinds[0]["kind"] if kinds else None,
        "main_title": kinds[0]["title"] if kinds else None,
    }


def list_missing(row: Mapping[str, Any]) -> list[str]:
    """What the log lacks that would tell more."""
    lacking = {BETTER_TOOLS: row["requests_with_tools"], BETTER_PROMPTS: row["requests_with_prompt"]}
    return [sentence for sentence, count in lacking.items() if row["requests"] and not count]


def rate_confidence(row: Mapping[str, Any]) -> str:
    """How far the figures can be trusted: as far as the sessions look like those of agents."""
    if not row["agent_requests"]:
        return "low"
    return "high" if 2 * row["agent_requests"] >= row["requests"] else "medium"


def say_note(row: Mapping[str, Any]) -> str | None:
    """Says so where sessions are hardly those of agents."""
    if not row["requests"] or 2 * row["agent_requests"] >= row["requests"]:
        return None
    return (
        f"{row['agent_sessions']:,} of {row['sessions']:,} sessions look like an agent's, with a context that grows"
        " from step to step; in the others only repeated prompts, failures and cache writes were judged."
    )


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["requests"]:
        return "No rows match these filters."
    waste, first = facts["waste"], facts["kinds"][0] if facts["kinds"] else None
    if first is None:
        return f"{facts['sessions']:,} sessions, {show_cost(facts['cost'])}: no waste of the known kinds"
    if waste["cost_high"] is None:
        return f"{facts['sessions']:,} sessions without a known price; most often: {first['title'].lower()}"
    return (
        f"{facts['sessions']:,} sessions, {show_cost(facts['cost'])}: waste of {show_cost(waste['cost_low'])} to"
        f" {show_cost(waste['cost_high'])} ({waste['percent_low']} to {waste['percent_high']} %), most of it:"
        f" {first['title'].lower()}"
    )


COLUMNS: Final = (
    Column("session", "Session"),
    Column("day", "Day"),
    Column("requests", "Steps"),
    Column("cost", "Cost", "USD"),
    Column("waste_low", "Waste, low", "USD"),
    Column("waste_high", "Waste, high", "USD"),
    Column("tokens", "All", "tokens"),
    Column("first_context", "First context", "tokens"),
    Column("largest_context", "Largest context", "tokens"),
    Column("cached_percent", "Cached", "%"),
    Column("main_kind", "Most of the waste"),
)


def block_row(item: dict[str, Any]) -> tuple[Any, ...]:
    """One session as a table row."""
    costs = (as_number(value) for value in (item["cost"], item["waste"]["cost_low"], item["waste"]["cost_high"]))
    sizes = (item["tokens"], item["first_context"], item["largest_context"], as_number(item["cached_percent"]))
    return (item["session"], item["day"], item["requests"], *costs, *sizes, item["main_title"])


TOOL = AgentTool("Find waste in agent sessions", agent_log_waste, NEEDS)
