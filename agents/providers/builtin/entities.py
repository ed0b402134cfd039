"""What a question names, as the fields of a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from agents.handover import Entities, LatencyBudget
from agents.providers.builtin.aims import Goal, percent_of_factor, speed_of
from agents.providers.builtin.comparisons import find_comparison, surround
from agents.providers.builtin.groups import find_dimensions, find_step, find_top
from agents.providers.builtin.names import collect_names
from agents.providers.builtin.periods import NamedPeriod, find_period, find_spans
from agents.providers.builtin.roles import drop_roles
from agents.providers.builtin.scoring import Meaning
from agents.providers.builtin.sketches import NO_DATA_DAY, Sketch, blank
from agents.providers.builtin.spotting import Reading
from agents.providers.builtin.swaps import find_swap
from agents.providers.builtin.versions import name_versions
from agents.usage.causes import Metric
from agents.usage.questions import Question

LOOKED_UP: Final = frozenset(
    (
        *(Question.SPEND, Question.LATENCY, Question.ERRORS, Question.COMPARISON, Question.JUMP, Question.REPORT),
        Question.GAPS,
    )
)
SWAPPING: Final = frozenset((Question.MODEL_CHOICE, Question.MODEL_CHANGE))
# What is planned lies ahead: `this week` is then no period of the data.
AHEAD: Final = frozenset((Question.QUICK_WINS, Question.GROWTH))
PLANNED: Final = frozenset(
    (*AHEAD, Question.CUT_COST, Question.SPEED_UP, Question.TRADEOFF, Question.CACHING, Question.MODEL_CHOICE)
)
# What grows then, or must be done by then, says nothing about which rows to look at.
PLANNING: Final = re.compile(
    r"\b(?:will|going to|gonna|expect\w*|plan\w*|launch\w*|open|onboard\w*|hir\w+|go live|roll\w* out)"
    r"\b[^.;?!\n]{0,60}\b(?:in|on|from|next|of|this|starting)\s(?:the\s)?(?:end of\s|mid[- ]?|early\s|late\s)?$"
)
DEADLINE: Final = re.compile(r"\b(?:by|until)\s(?:the\s)?(?:end of\s|mid[- ]?|early\s|late\s)?$")
LAST_TWO: Final = re.compile(
    r"\bbetween\s(?:the\s|our\s|these\s)?(?:last|past|previous)\s(?:two|2)\s(week|month|quarter|year)s\b"
)
NOTHING: Final = Entities.model_validate({})
HUNDRED: Final = Decimal(100)


def read_entities(sketch: Sketch, meaning: Meaning, known: dict[str, Any] | None) -> Entities:
    """Everything the question names that a tool can use."""
    if meaning.question in (Question.GREETING, Question.OTHER):
        return NOTHING
    fields: dict[str, Any] = {}
    fields |= read_goals(sketch.goals) | read_money(sketch) | read_limits(sketch)
    fields |= read_names(sketch, meaning.question, known or {})
    fields |= read_days(sketch, meaning.question, known)
    fields |= read_view(sketch, meaning, fields)
    return Entities.model_validate(fields)


def read_goals(goals: Iterable[Goal]) -> dict[str, Any]:
    """A cut, a speed and a growth; of each kind the first."""
    fields: dict[str, Any] = {}
    for goal in goals:
        for name, value in name_goal(goal).items():
            fields.setdefault(name, value)
    return fields


def name_goal(goal: Goal) -> dict[str, Any]:
    """One goal as fields."""
    low, high = goal.amount.low, goal.amount.high
    if goal.kind == "cut" and 0 < low <= HUNDRED:
        return {"cost_cut_percent": low}
    if goal.kind == "cheaper" and low > 1:
        return {"cost_cut_percent": (HUNDRED - HUNDRED / low).quantize(Decimal("0.01")).normalize() + 0}
    if goal.kind == "speed" and (factor := speed_of(goal)):
        return {"speed_factor": factor}
    if goal.kind == "growth":
        if goal.amount.kind == "factor":
            low, high = percent_of_factor(low), percent_of_factor(high)
        return {"growth_percent_low": low} | ({"growth_percent_high": high} if high != low else {}) if low > 0 else {}
    return {}


def read_money(sketch: Sketch) -> dict[str, Any]:
    """What is to be saved, and what may be spent."""
    names = {"saving": "saving_amount", "budget": "budget_amount"}
    found = {names[item.kind]: item.amount for item in reversed(sketch.money) if item.kind and item.amount > 0}
    return dict(found)


def read_limits(sketch: Sketch) -> dict[str, Any]:
    """Latencies that must hold, and what is allowed a minute."""
    budgets = {item.name: item.p95_ms for item in reversed(sketch.budgets)}
    limit = budgets.pop("", None)
    fields: dict[str, Any] = {"latency_limit_ms": limit} if limit else {}
    if budgets:
        ordered = dict.fromkeys(item.name for item in sketch.budgets if item.name)
        fields["latency_budgets"] = [LatencyBudget(feature=name, p95_ms=budgets[name]) for name in ordered]
    names = {"requests": "requests_per_minute", "tokens": "tokens_per_minute"}
    return fields | {names[item.kind]: item.a_minute for item in reversed(sketch.rates)}


def read_names(sketch: Sketch, question: Question, known: dict[str, Any]) -> dict[str, Any]:
    """Models, teams, features, providers, users and statuses; a change of models with its two sides."""
    text = blank(sketch.text, sketch.frames)
    mentions = list(drop_roles(text, name_versions(text, sketch.mentions)))
    names: dict[str, Any] = dict(collect_names(text, mentions, known))
    if question in SWAPPING:
        swap = find_swap(text, mentions, known)
        names |= {name: getattr(swap, name) for name in ("from_model", "to_model") if getattr(swap, name)}
        # They are the two sides of a change, not the only rows to look at.
        if swap.from_model or swap.to_model:
            names.pop("models", None)
    return names


def read_days(sketch: Sketch, question: Question, known: dict[str, Any] | None) -> dict[str, Any]:
    """The period, the day something happened on, or the two sides of a comparison."""
    if known is not None:
        days = find_days(sketch, question, date.fromisoformat(known["last_day"]))
        return {} if lies_ahead(days, question, known) else days
    days = find_days(sketch, question, NO_DATA_DAY)
    return {name: day for name, day in days.items() if isinstance(day, date) and day.year < NO_DATA_DAY.year - 2}


def lies_ahead(days: dict[str, Any], question: Question, known: dict[str, Any]) -> bool:
    """Whether a plan names a month before all of the data: it then means the coming one, not rows to look at."""
    last_day = days.get("last_day")
    return question in PLANNED and last_day is not None and last_day < date.fromisoformat(known["first_day"])


def find_days(sketch: Sketch, question: Question, last_day: date) -> dict[str, Any]:
    """The days, counted from the last one of the data."""
    text = blank(sketch.text, [*sketch.frames, *sketch.rates])
    if question is Question.COMPARISON:
        return compare_days(text, last_day)
    period = find_period(text, last_day)
    if period is None or (question in AHEAD and period.counted) or is_planned(text, sketch, question):
        return {}
    if question in (Question.JUMP, Question.MODEL_CHANGE):
        return name_event(period, sketch, question, last_day)
    return name_period(period)


def is_planned(text: str, sketch: Sketch, question: Question) -> bool:
    """Whether the only date is when something is to happen, not one of the rows."""
    if question not in PLANNED or len(sketch.spans) != 1:
        return False
    before = text[: sketch.spans[0].start]
    return DEADLINE.search(before) is not None or (question in AHEAD and PLANNING.search(before) is not None)


def compare_days(text: str, last_day: date) -> dict[str, Any]:
    """The two sides of a comparison; `between the last two weeks` sets the last one against the one before."""
    plain = LAST_TWO.sub(r"last \1", text)
    days: dict[str, Any] = dict(find_comparison(plain, last_day))
    return days | ({"counted_from_data": True} if days and not find_spans(plain, last_day) else {})


def name_event(period: NamedPeriod, sketch: Sketch, question: Question, last_day: date) -> dict[str, Any]:
    """The day of an event, with the weeks around it for a change of model; a longer period stays one."""
    days = [span for span in sketch.spans if span.first_day == span.last_day]
    day = days[0].first_day if days else None
    if day is None and period.first_day and period.first_day == period.last_day:
        day = period.first_day
    if day is None:
        return name_period(period)
    counted = {"counted_from_data": True} if period.counted else {}
    if question is Question.MODEL_CHANGE:
        return {"around": day} | counted | surround(day, last_day)
    return {"around": day} | counted


def name_period(period: NamedPeriod) -> dict[str, Any]:
    """The period as fields."""
    fields = {"first_day": period.first_day, "last_day": period.last_day}
    found: dict[str, Any] = {name: day for name, day in fields.items() if day}
    return found | ({"counted_from_data": True} if period.counted else {})


def read_view(sketch: Sketch, meaning: Meaning, names: dict[str, Any]) -> dict[str, Any]:
    """How the answer is to be shown, and what it is about."""
    text, reading, question = sketch.text, meaning.whole, meaning.question
    kinds = {kind: names[kind] for kind in ("models", "providers", "teams", "features", "users") if names.get(kind)}
    fields: dict[str, Any] = {"by": find_dimensions(text, kinds, is_look_up=question in LOOKED_UP)}
    if question in LOOKED_UP:
        fields |= {"step": find_step(text), "top": find_top(text)}
    if metric := choose_metric(reading, question):
        fields["metric"] = metric
    fields["config_only"] = reading.has("config") and question not in LOOKED_UP
    fields["as_report"] = question is Question.REPORT or (reading.has("report") and reading.has("write"))
    return fields


def choose_metric(reading: Reading, question: Question) -> Metric | None:
    """What moved, where the question says it."""
    if question is Question.ERRORS:
        return Metric.ERRORS
    if question in (Question.LATENCY, Question.SPEED_UP):
        return Metric.LATENCY
    if question not in (Question.JUMP, Question.COMPARISON, Question.SPEND):
        return None
    if reading.has("cost") and not reading.near("jump", "errors", 4) and not reading.near("jump", "latency", 3):
        return Metric.COST
    concepts = {Metric.ERRORS: "errors", Metric.LATENCY: "latency", Metric.REQUESTS: "requests"}
    if question is Question.JUMP and (reading.has("slow") or reading.has("slowed")):
        return Metric.LATENCY
    return next((metric for metric, concept in concepts.items() if reading.has(concept)), None)
