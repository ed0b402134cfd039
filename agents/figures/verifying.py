"""Checks an answer before its run ends: every figure against its source, every source against the rows, once more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

import structlog

from accounts.errors import NetraError
from agents.engine.context import Consumption, DataHandle, RunContext
from agents.engine.specs import AgentTool, DoneCall
from agents.engine.tools import call_again
from agents.figures.facts import Fact, list_facts, list_names, walk
from agents.figures.matching import Match, Sources, Status
from agents.figures.reading import Figure, Unit, find_figures

log = structlog.get_logger(__name__)
NO_SOURCE: Final = "No result of this run has this figure."
CHANGED: Final = "Computed again, the rows say something else."
NOT_AGAIN: Final = "It could not be computed again."
QUESTION: Final = "question"
DATA: Final = "data_set"
# Sources that are no tool results.
WITHOUT_CALL: Final = {QUESTION: "Your question", DATA: "The data set"}
CHECK: Final = "check"
LONGEST_CHECK_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is checked: a text, the question it answers, and the tool calls it rests on."""

    text: str
    question: str
    calls: tuple[DoneCall, ...]
    tools: Mapping[str, AgentTool]
    # What was understood of the question, in figures: 200 % for a tripling.
    asked: Mapping[str, Any] = field(default_factory=dict)
    data: DataHandle | None = None


async def check_figures(context: RunContext, answer: Answer) -> list[dict[str, Any]]:
    """Each figure of the text with where it stands, where it comes from, and whether it holds."""
    figures, matches = await asyncio.to_thread(match_figures, answer)
    cited = {match.fact.call_id for match in matches if match.fact and match.status is Status.VERIFIED}
    again = await compute_again(context, [call for call in answer.calls if call.call_id in cited], answer.tools)
    by_id = {call.call_id: call for call in answer.calls}
    return [
        describe_figure(figure, confirm(match, again), by_id) for figure, match in zip(figures, matches, strict=True)
    ]


def match_figures(answer: Answer) -> tuple[list[Figure], list[Match]]:
    """The figures and the facts they repeat; off the event loop, because a long answer takes a while."""
    names = list_names(answer.calls)
    figures = find_figures(answer.text, names)
    sources = Sources(answer.text, [fact for call in answer.calls for fact in list_facts(call)], names)
    own = [*walk(QUESTION, answer.asked, (), ()), *read_question(answer.question), *describe_rows(answer.data)]
    asked = Sources("", own, ())
    return figures, [say_asked(figure, sources.match(figure), asked) for figure in figures]


def read_question(question: str) -> list[Fact]:
    """What the person wrote is theirs: a figure of the question may be repeated."""
    return [Fact(QUESTION, (), figure.value, figure.unit, ()) for figure in find_figures(question)]


def say_asked(figure: Figure, match: Match, asked: Sources) -> Match:
    """A figure that no result has, but the question does."""
    if match.status is Status.VERIFIED:
        return match
    found = asked.find_equal(figure)
    return Match(Status.VERIFIED, found[0]) if found else match


def describe_rows(data: DataHandle | None) -> list[Fact]:
    """What every agent is told of the data set: how many rows it has."""
    return [] if data is None else [Fact(DATA, ("rows",), Decimal(data.rows), Unit.COUNT, ())]


async def compute_again(
    context: RunContext, calls: Iterable[DoneCall], tools: Mapping[str, AgentTool]
) -> dict[str, list[Fact] | None]:
    """The facts of these calls, computed from the rows once more; None where that failed."""
    frame = replace(context, consumed=Consumption(), remembered_as=CHECK)
    found: dict[str, list[Fact] | None] = {}
    try:
        async with asyncio.timeout(LONGEST_CHECK_SECONDS):
            for call in calls:
                found[call.call_id] = await repeat_call(frame, call, tools[call.tool])
    except TimeoutError:
        log.warning("figures_not_checked", run_id=str(context.run_id))
    return found


async def repeat_call(context: RunContext, call: DoneCall, tool: AgentTool) -> list[Fact] | None:
    """One call's facts, computed once more."""
    try:
        data = await call_again(tool, context, call.arguments)
    except NetraError as error:
        log.warning("call_not_repeated", tool=call.tool, code=error.code)
        return None
    return list_facts(replace(call, facts=data["facts"]))


def confirm(match: Match, again: Mapping[str, list[Fact] | None]) -> Match:
    """The match, if its fact was computed to the same value again."""
    if match.fact is None or match.status is not Status.VERIFIED or match.fact.call_id in WITHOUT_CALL:
        return match
    facts = again.get(match.fact.call_id)
    if facts is None:
        return replace(match, status=Status.UNCHECKED, note=NOT_AGAIN)
    if any(fact.path == match.fact.path and fact.value == match.fact.value for fact in facts):
        return match
    return replace(match, status=Status.MISMATCH, note=CHANGED)


def describe_figure(figure: Figure, match: Match, calls: Mapping[str, DoneCall]) -> dict[str, Any]:
    """A figure as the end of the run tells it."""
    note = match.note or (NO_SOURCE if match.status is Status.UNSOURCED else "")
    return {
        "start": figure.start,
        "end": figure.end,
        "source": describe_source(match, calls),
        "status": match.status.value,
        "note": note,
    }


def describe_source(match: Match, calls: Mapping[str, DoneCall]) -> dict[str, Any] | None:
    """Which tool result a figure comes from, or that it was in the question."""
    if match.fact is None:
        return None
    if match.fact.call_id in WITHOUT_CALL:
        return {"call_id": "", "tool": match.fact.call_id, "title": WITHOUT_CALL[match.fact.call_id]}
    call = calls[match.fact.call_id]
    return {"call_id": call.call_id, "tool": call.tool, "title": call.title}
