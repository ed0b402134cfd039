"""The questions the team answers, and what each of them needs of the data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agents.engine.context import DataProfile
from agents.usage.causes import Metric
from agents.usage.needs import has_field


class Question(StrEnum):
    """What a person wants to know: one of the twelve, a look-up, or nothing about usage data."""

    CUT_COST = "cut_cost"
    SPEED_UP = "speed_up"
    GROWTH = "growth"
    SPEND = "spend"
    MODEL_CHOICE = "model_choice"
    MODEL_CHANGE = "model_change"
    CACHING = "caching"
    TRADEOFF = "tradeoff"
    QUICK_WINS = "quick_wins"
    JUMP = "jump"
    AGENT_WASTE = "agent_waste"
    REPORT = "report"
    LATENCY = "latency"
    ERRORS = "errors"
    COMPARISON = "comparison"
    PRICES = "prices"
    MODELS = "models"
    GAPS = "gaps"
    GREETING = "greeting"
    OTHER = "other"


class Sufficiency(StrEnum):
    """How much of what a question needs the data has; a question may need none."""

    SUFFICIENT = "sufficient"
    PARTIAL = "partial"
    NONE = "none"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class Demand:
    """A question in words, the fields without which there is no answer, and those that make it a full one."""

    title: str
    essential: tuple[str, ...] = ()
    useful: tuple[str, ...] = ()


PRICED: Final = ("tokens", "model")
DEMANDS: Final[dict[Question, Demand]] = {
    Question.CUT_COST: Demand("Where can we cut cost?", PRICED, ("feature", "call", "latency_ms", "prompt_hash")),
    Question.SPEED_UP: Demand(
        "How do answers get faster?", ("call", "latency_ms"), ("tokens", "model", "feature", "first_token_ms")
    ),
    Question.GROWTH: Demand("What does growth do to cost and rate limits?", PRICED, ("call", "feature")),
    Question.SPEND: Demand("What do we spend, on which models, and how does it trend?", PRICED, ("team", "feature")),
    Question.MODEL_CHOICE: Demand(
        "Which calls could move to another model?", PRICED, ("feature", "call", "latency_ms")
    ),
    Question.MODEL_CHANGE: Demand(
        "Was a change of model worth it?", PRICED, ("feature", "call", "latency_ms", "status|error")
    ),
    Question.CACHING: Demand("Where would caching or batching save most?", PRICED, ("call", "prompt_hash", "feature")),
    Question.TRADEOFF: Demand("What is the trade-off of several goals?", PRICED, ("call", "latency_ms", "feature")),
    Question.QUICK_WINS: Demand(
        "What can be changed this week?", PRICED, ("call", "feature", "prompt_hash", "status|error")
    ),
    Question.JUMP: Demand("Why did the bill jump on a day?", PRICED, ("feature", "team")),
    Question.AGENT_WASTE: Demand(
        "Why do agent runs waste tokens?", ("call", "tokens", "session"), ("model", "prompt_hash")
    ),
    Question.REPORT: Demand(
        "A report for management", PRICED, ("feature", "team", "call", "latency_ms", "prompt_hash")
    ),
    Question.LATENCY: Demand("How fast are answers (p50, p95, p99)?", ("call", "latency_ms"), ("first_token_ms",)),
    Question.ERRORS: Demand("Which calls fail, and what does that cost?", ("call", "status|error"), ("tokens",)),
    Question.COMPARISON: Demand("What changed between two periods?", PRICED),
    Question.PRICES: Demand("What does a model cost?"),
    Question.MODELS: Demand("Which models are there?"),
    Question.GAPS: Demand("What does the data lack?"),
    Question.GREETING: Demand("A greeting"),
    Question.OTHER: Demand("Something else"),
}
# Why a metric jumped needs that metric, whatever the question usually needs.
OF_METRIC: Final[dict[Metric, tuple[str, ...]]] = {
    Metric.LATENCY: ("call", "latency_ms"),
    Metric.ERRORS: ("call", "status|error"),
    Metric.REQUESTS: (),
}
LOOK_UPS: Final = frozenset(
    (Question.LATENCY, Question.ERRORS, Question.COMPARISON, Question.PRICES, Question.MODELS, Question.GAPS)
)
TALK: Final = frozenset((Question.GREETING, Question.OTHER))
TWELVE: Final = tuple(question for question in Question if question not in LOOK_UPS | TALK)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the data suffices for a question, and which fields it lacks, the essential ones first."""

    data: Sufficiency
    missing: tuple[str, ...] = ()


def judge_data(question: Question, metric: Metric | None, profile: DataProfile | None) -> Judgement:
    """What this data is good for; None stands for no data at all."""
    if not DEMANDS[question].essential:
        return Judgement(Sufficiency.NOT_NEEDED)
    essential, useful = demand_of(question, metric)
    if profile is None:
        return Judgement(Sufficiency.NONE, (*(essential or DEMANDS[question].essential), *useful))
    lacking = tuple(name for name in essential if not has_field(profile, name))
    wanting = tuple(name for name in useful if not has_field(profile, name))
    if lacking:
        return Judgement(Sufficiency.NONE, lacking + wanting)
    return Judgement(Sufficiency.PARTIAL if wanting else Sufficiency.SUFFICIENT, wanting)


def demand_of(question: Question, metric: Metric | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Essential and useful fields; a jump of another metric than cost needs that metric."""
    demand = DEMANDS[question]
    essential = demand.essential
    if question is Question.JUMP and metric in OF_METRIC:
        essential = OF_METRIC[metric]
    return essential, tuple(name for name in demand.useful if name not in essential)
