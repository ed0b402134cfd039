"""What the data agent asks for each question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from agents.handover import Entities, Verdict
from agents.providers.builtin.advice_plans import plan_cache_and_batch, plan_swap
from agents.providers.builtin.arguments import Known, filters_of, filters_of_rows, growth_of, has_names, unique
from agents.providers.builtin.calls import (
    breakdowns,
    compare,
    compare_around,
    days_around,
    errors,
    latency,
    scan,
    trend,
)
from agents.providers.builtin.turns import Call, Result
from agents.usage.causes import Metric
from agents.usage.questions import Question, Sufficiency

MOST_PRICED: Final = 3


def plan_data(verdict: Verdict, known: Known | None) -> tuple[Call, ...]:
    """What the data agent asks first."""
    plan = DATA_PLANS[verdict.question]
    calls = list(plan(verdict.entities, known or {}))
    if verdict.data is Sufficiency.PARTIAL:
        # Nobody will recommend anything, so what can be said of the question is found out here.
        calls += PARTIAL_PLANS.get(verdict.question, no_calls)(verdict.entities, known or {})
    return unique(calls)


def plan_further(verdict: Verdict, known: Known, results: Sequence[Result]) -> tuple[Call, ...]:
    """What follows from the first results: the days and rows around a change that was found."""
    if verdict.question not in (Question.MODEL_CHANGE, Question.JUMP):
        return ()
    scans = [item.facts for item in results if item.tool == "anomaly_scan" and item.facts]
    found = next((anomaly for facts in scans for anomaly in facts["anomalies"]), None)
    if found is None or any(item.tool == "compare_periods" for item in results):
        return ()
    return tuple(compare_around(found, verdict.entities, known))


def no_calls(entities: Entities, known: Known) -> Iterator[Call]:
    """Nothing."""
    return iter(())


def plan_spend(entities: Entities, known: Known) -> Iterator[Call]:
    """On what, and how it trends."""
    yield from breakdowns(entities, known)
    yield trend(entities, known)


def plan_cut(entities: Entities, known: Known) -> Iterator[Call]:
    """Where the money goes, and how fast the features are that must stay so."""
    yield from breakdowns(entities, known)
    yield from latency(entities, known, "feature")


def plan_speed(entities: Entities, known: Known) -> Iterator[Call]:
    """What is slow, and what it costs."""
    yield from latency(entities, known, "feature")
    yield from latency(entities, known, "model")
    if has_names("tokens", known):
        yield from list(breakdowns(entities, known))[:1]


def plan_growth(entities: Entities, known: Known) -> Iterator[Call]:
    """Cost and busiest minutes after growth."""
    low, high = growth_of(entities)
    percents = {"growth_percent_low": low} | ({"growth_percent_high": high} if high != low else {})
    yield Call("growth_forecast", percents | filters_of(entities))
    if known.get("grains", {}).get("call", 1):
        limits = {name: getattr(entities, name) for name in ("requests_per_minute", "tokens_per_minute")}
        given = {name: value for name, value in limits.items() if value}
        yield Call("rate_limit_check", {"growth_percent": high} | given | filters_of(entities))


def plan_choice(entities: Entities, known: Known) -> Iterator[Call]:
    """What runs on which model; a model that was named, with its price."""
    groups = [name for name in ("feature", "model") if has_names(name, known)]
    yield Call("spend_breakdown", {"by": groups} | filters_of_rows(entities))
    if entities.to_model:
        yield Call("price_lookup", {"model": entities.to_model})


def plan_change(entities: Entities, known: Known) -> Iterator[Call]:
    """Where a model was changed, and what that did."""
    if entities.before_first_day and entities.after_first_day:
        yield compare(entities, known)
    yield scan(entities, Metric.COST)


def plan_jump(entities: Entities, known: Known) -> Iterator[Call]:
    """What stands out in the metric, and the metric around that day."""
    metric = entities.metric or Metric.COST
    yield scan(entities, metric)
    around = entities.model_copy(update=days_around(entities, known))
    if metric is Metric.ERRORS:
        yield from errors(around, known)
    elif metric is Metric.LATENCY:
        yield from latency(around, known, "feature")
    else:
        yield trend(around, known)


def plan_caching(entities: Entities, known: Known) -> Iterator[Call]:
    """What there is to be cached or batched."""
    yield from breakdowns(entities, known)


def plan_tradeoff(entities: Entities, known: Known) -> Iterator[Call]:
    """Where cost, time and growth stand."""
    yield from plan_cut(entities, known)
    if entities.growth_percent_low is not None:
        yield next(iter(plan_growth(entities, known)))


def plan_quick(entities: Entities, known: Known) -> Iterator[Call]:
    """Where the money goes, and what fails."""
    yield from breakdowns(entities, known)
    if known.get("grains", {}).get("call", 1) and (has_names("status", known) or has_names("error", known)):
        yield from errors(entities, known)


def plan_waste(entities: Entities, known: Known) -> Iterator[Call]:
    """What sessions spend, and on what they waste it."""
    yield Call("agent_log_waste", filters_of(entities))


def plan_report(entities: Entities, known: Known) -> Iterator[Call]:
    """Everything a report rests on."""
    for by in ("model", "team", "feature"):
        if has_names(by, known):
            yield Call("spend_breakdown", {"by": [by]} | filters_of(entities))
    yield trend(entities, known)
    yield scan(entities, Metric.COST)
    yield from latency(entities, known, "feature")
    if entities.growth_percent_low is not None:
        yield next(iter(plan_growth(entities, known)))


def plan_latency(entities: Entities, known: Known) -> Iterator[Call]:
    """Percentiles by what was asked."""
    yield from latency(entities, known, "model")


def plan_comparison(entities: Entities, known: Known) -> Iterator[Call]:
    """Two periods."""
    yield compare(entities, known)


def plan_prices(entities: Entities, known: Known) -> Iterator[Call]:
    """The price of each model that was named."""
    named = dict.fromkeys([*entities.models, *filter(None, (entities.from_model, entities.to_model))])
    for model in list(named)[:MOST_PRICED]:
        yield Call("price_lookup", {"model": model})
    if not named:
        yield from plan_models(entities, known)


def plan_models(entities: Entities, known: Known) -> Iterator[Call]:
    """The models of the data, or of the price book where there is no data or a provider's offer is asked for."""
    if known and not entities.providers:
        yield Call("model_catalogue", filters_of(entities))
    else:
        yield Call("model_catalogue", {"search": (entities.providers or ["gpt"])[0]})


def plan_gaps(entities: Entities, known: Known) -> Iterator[Call]:
    """What the data lacks."""
    yield Call("data_gaps")


Plan = Callable[[Entities, Known], Iterator[Call]]
DATA_PLANS: Final[dict[Question, Plan]] = {
    Question.CUT_COST: plan_cut,
    Question.SPEED_UP: plan_speed,
    Question.GROWTH: plan_growth,
    Question.SPEND: plan_spend,
    Question.MODEL_CHOICE: plan_choice,
    Question.MODEL_CHANGE: plan_change,
    Question.CACHING: plan_caching,
    Question.TRADEOFF: plan_tradeoff,
    Question.QUICK_WINS: plan_quick,
    Question.JUMP: plan_jump,
    Question.AGENT_WASTE: plan_waste,
    Question.REPORT: plan_report,
    Question.LATENCY: plan_latency,
    Question.ERRORS: errors,
    Question.COMPARISON: plan_comparison,
    Question.PRICES: plan_prices,
    Question.MODELS: plan_models,
    Question.GAPS: plan_gaps,
    Question.GREETING: no_calls,
    Question.OTHER: no_calls,
}
PARTIAL_PLANS: Final[dict[Question, Plan]] = {
    Question.CUT_COST: plan_swap,
    Question.MODEL_CHOICE: plan_swap,
    Question.CACHING: plan_cache_and_batch,
    Question.QUICK_WINS: plan_swap,
    Question.TRADEOFF: plan_swap,
}
