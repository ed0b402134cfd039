"""What the data has and what it lacks: for each kind of question the missing fields, and where to get them."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agents.engine.blocks import Block, Column, Source, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool
from agents.usage.asking import ask
from agents.usage.causes import Metric
from agents.usage.filters import Filters
from agents.usage.needs import ANY_OF, FIELDS, GRAIN_WORDS, join_words, label_of
from agents.usage.profile import FILLED, GRAINS
from agents.usage.queries import Query
from agents.usage.questions import DEMANDS, Demand, Question, demand_of
from agents.usage.results import clip_period, describe_scope, name_source, percent

# What is asked besides the questions the team answers as a whole.
FURTHER: Final = (
    Demand("What does a user cost?", ("tokens", "model", "user_name")),
    Demand("Does the bill match the list prices?", ("billed_cost",)),
)
COUNTS: Final = ", ".join(
    [f"count(*) FILTER (WHERE grain = '{grain}') AS grain_{grain}" for grain in GRAINS]
    + [f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in FILLED.items()]
)


async def data_gaps(
    context: RunContext,
    question: Question | None = None,
    metric: Metric | None = None,
    filters: Filters | None = None,
) -> ToolResult:
    """Says which kinds of questions the data can answer, and for the others exactly which fields are missing.

    Each missing field comes with the reason it is needed and where OpenAI, Anthropic, LiteLLM and Langfuse have it.
    It works without a data set, too: then everything is missing.

    Args:
        question: Only what this question needs; every kind of question without it.
        metric: What moved, where the question is why something jumped.
        filters: Which rows to look at; all rows without it.
    """
    demands = list_demands(question, metric)
    if context.data is None:
        nowhere = Source("No data set", demo=False, sql="", rows_scanned=0, price_version="")
        return describe_gaps(context, demands, {}, nowhere)
    chosen = clip_period(filters or Filters(), context.data)
    result = await ask(context, Query(f"SELECT count(*) AS rows, {COUNTS} FROM calls", chosen, priced=False))
    scope = describe_scope(context.data, chosen, result.price_version)
    return describe_gaps(context, demands, scope | result.as_dicts()[0], name_source(context.data, [result]))


def list_demands(question: Question | None, metric: Metric | None) -> tuple[Demand, ...]:
    """What is asked of the data: by one question, or by all that need any."""
    if question is not None:
        essential, useful = demand_of(question, metric)
        return (Demand(DEMANDS[question].title, essential, useful),)
    return (*(demand for demand in DEMANDS.values() if demand.essential), *FURTHER)


def describe_gaps(
    context: RunContext, demands: Sequence[Demand], counted: dict[str, Any], source: Source
) -> ToolResult:
    """The result for these counts; no counts mean that there is no data."""
    counts = {name: counted.pop(name, 0) for name in ("rows", *(f"grain_{grain}" for grain in GRAINS), *FILLED)}
    questions = [describe_question(demand, counts) for demand in demands]
    missing = dict.fromkeys(name for item in questions for name in item["missing"])
    facts = counted | {
        "requests": counts["rows"],
        "rows": counts["rows"],
        "grains": {grain: counts[f"grain_{grain}"] for grain in GRAINS},
        "filled_percent": {name: percent(counts[name], counts["rows"]) for name in FILLED},
        "questions": questions,
        "missing": [describe_field(name) for name in missing],
        "price_version": context.prices.version,
    }
    block = Block(
        title="What the data can answer",
        summary=summarise(facts),
        columns=(Column("question", "Question"), Column("answer", "Can be answered"), Column("missing", "Missing")),
        rows=tuple(block_row(item) for item in questions) if counts["rows"] or context.data is None else (),
        source=source,
    )
    return ToolResult(block, facts)


def describe_question(demand: Demand, counts: dict[str, int]) -> dict[str, Any]:
    """Whether the rows have what the question needs, and in how many of them the rarest field is filled."""
    filled = {name: count_field(name, counts) for name in demand.essential}
    wanting = [name for name in demand.useful if not count_field(name, counts)]
    missing = [name for name, count in filled.items() if not count]
    return {
        "question": demand.title,
        "answerable": not missing,
        "rows_percent": percent(min(filled.values(), default=0), counts["rows"]),
        "essential": list(demand.essential),
        "missing": missing + wanting,
    }


def count_field(name: str, counts: dict[str, int]) -> int:
    """In how many rows a field is filled, or any one of those it may be."""
    if name in GRAIN_WORDS:
        return counts[f"grain_{name}"]
    return max(counts[column] for column in name.split(ANY_OF))


def describe_field(name: str) -> dict[str, Any]:
    """A missing field: why it is needed and where to get it."""
    field = FIELDS[name]
    return {"name": name, "field": field.label, "why": field.why, "sources": dict(field.sources)}


def summarise(facts: dict[str, Any]) -> str:
    """One line above the table."""
    if not facts["rows"] and "dataset" in facts:
        return "No rows match these filters."
    answerable = sum(item["answerable"] for item in facts["questions"])
    missing = join_words(item["field"] for item in facts["missing"])
    lacks = f"missing: {missing}" if missing else "nothing is missing"
    return f"{answerable} of {len(facts['questions'])} kinds of questions can be answered; {lacks}"


def block_row(item: dict[str, Any]) -> tuple[Any, ...]:
    """One question as a table row."""
    answer = f"yes, {item['rows_percent']} % of the rows" if item["answerable"] else "no"
    if item["answerable"] and item["missing"]:
        answer = f"in part, {item['rows_percent']} % of the rows"
    return (item["question"], answer, join_words(map(label_of, item["missing"])) or None)


TOOL = AgentTool("Find what the data lacks", data_gaps)
