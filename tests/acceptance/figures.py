"""Key figures of tool results, held against what plain Python says of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from agents.usage.questions import Question
from tests.acceptance.asking import Asked
from tests.acceptance.oracle import FEATURE, MODEL, PROVIDER, SESSION, TEAM, Truth, all_tokens, one_request

MICRO = Decimal("0.000002")
Check = Callable[[Asked, Truth], Iterator[str]]
PLACES = {"model": MODEL, "feature": FEATURE, "team": TEAM, "provider": PROVIDER}


def differ(what: str, found: Any, expected: Any, by: Any = MICRO) -> Iterator[str]:
    """A fault where a figure is further away than rounding explains."""
    if found is None or abs(Decimal(str(found)) - Decimal(str(expected))) > Decimal(str(by)):
        yield f"{what} is {found}, the rows say {expected}"


def check_spend(asked: Asked, truth: Truth) -> Iterator[str]:
    """Total, requests, and every group of every breakdown."""
    for facts in asked.all_facts("spend_breakdown"):
        yield from differ("the whole cost", facts["cost"], truth.cost)
        yield from differ("the number of requests", facts["requests"], len(truth))
        if len(facts["by"]) != 1:
            continue
        (by,) = facts["by"]
        costs, counts = truth.cost_by(PLACES[by]), truth.count_by(PLACES[by])
        for group in facts["groups"]:
            yield from differ(f"the cost of {group[by]}", group["cost"], costs[group[by]])
            yield from differ(f"the requests of {group[by]}", group["requests"], counts[group[by]])


def check_savings(asked: Asked, truth: Truth) -> Iterator[str]:
    """No saving is larger than what there is, and moves to another model contain what their rows cost there."""
    strategies = [
        *asked.strategies,
        *(item for facts in asked.all_facts("model_swap_whatif") for item in facts["options"]),
    ]
    for item in strategies:
        own = rows_of(item, truth)
        yield from differ(f"the cost of “{item['title']}”", item["cost"], own.cost)
        low, high = Decimal(item["saving"]["low"]), Decimal(item["saving"]["high"])
        if low > high or high >= own.cost:
            yield f"“{item['title']}” saves {low} to {high} of {own.cost}"
        if item["kind"] == "model_swap":
            saved = saved_by(item, truth)
            if not low - MICRO <= saved <= high + MICRO:
                yield f"“{item['title']}” saves {low} to {high}; at the same tokens it is {saved}"
    for facts in asked.all_facts("savings_plan"):
        yield from differ("the whole cost", facts["cost"], truth.cost)
        combined, single = facts["combined"], facts["sum_of_single"]
        if not Decimal(combined["low"]) <= Decimal(combined["high"]) < truth.cost:
            yield f"together {combined['low']} to {combined['high']} of {truth.cost} are saved"
        if any(Decimal(combined[end]) > Decimal(single[end]) + MICRO for end in ("low", "high")):
            yield f"together {combined} is more than one by one {single}"


def saved_by(item: dict[str, Any], truth: Truth) -> Decimal:
    """What a move to another model saves if it takes the same tokens."""
    used = {call[MODEL]: call[PROVIDER] for call in truth.calls}
    own = rows_of(item, truth)
    target = (used.get(item["to_model"], item["provider"]), item["to_model"])
    return own.cost - own.cost_on(target, truth.last_day)


def rows_of(item: dict[str, Any], truth: Truth) -> Truth:
    """The rows a strategy is about."""
    return truth.where(feature=item["feature"], model=item["model"], provider=item["provider"])


def check_latency(asked: Asked, truth: Truth) -> Iterator[str]:
    """Percentiles of all calls and of each group."""
    for facts in asked.all_facts("latency_profile"):
        yield from check_percentiles("all calls", facts, truth)
        if len(facts["by"]) == 1:
            (by,) = facts["by"]
            for group in facts["groups"]:
                yield from check_percentiles(group[by], group, truth.where(**{by: group[by]}))


def check_percentiles(what: str, facts: dict[str, Any], truth: Truth) -> Iterator[str]:
    """Milliseconds, within one."""
    for name, percentile in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        yield from differ(f"{name} of {what}", facts[name], truth.latency(percentile), 1)
    yield from differ(f"the mean of {what}", facts["mean_ms"], truth.mean_latency(), 1)


def check_growth(asked: Asked, truth: Truth) -> Iterator[str]:
    """The base is what the rows cost, and each scenario is the one without growth times its factor."""
    facts = asked.facts_of("growth_forecast")
    base = facts["base"]
    own = truth.between(date.fromisoformat(base["first_day"]), date.fromisoformat(base["last_day"]))
    yield from differ("the cost of the base", base["cost"], own.cost)
    yield from differ("the requests of the base", base["requests"], len(own))
    yield from differ("the cost of a request", base["cost_per_request"], own.cost / len(own))
    flat = facts["scenarios"][0]
    for item in facts["scenarios"]:
        factor = 1 + Decimal(item["growth_percent"]) / 100
        for name in ("cost_low", "cost", "cost_high"):
            yield from differ(
                f"{name} at {item['growth_percent']} %", item[name], Decimal(flat[name]) * factor, "0.00002"
            )
        if not Decimal(item["cost_low"]) <= Decimal(item["cost"]) <= Decimal(item["cost_high"]):
            yield f"the range of {item['growth_percent']} % is {item}"
    expected = sum(
        weekday_mean(own, date.fromisoformat(facts["forecast_first_day"]) + timedelta(days=day)) for day in range(30)
    )
    yield from differ("the next 30 days", flat["cost"], expected, "0.0001")


def weekday_mean(truth: Truth, day: date) -> Decimal:
    """What this weekday cost on average."""
    costs = [cost for own, cost in truth.daily_cost.items() if own.weekday() == day.weekday()]
    return sum(costs, Decimal(0)) / len(costs)


def check_peaks(asked: Asked, truth: Truth) -> Iterator[str]:
    """The busiest minute of each model."""
    for item in asked.facts_of("rate_limit_check")["models"]:
        own = truth.where(provider=item["provider"], model=item["model"])
        name = item["model"]
        requests, tokens = item["requests_per_minute"]["busiest"], item["tokens_per_minute"]["busiest"]
        yield from differ(f"the most requests a minute of {name}", requests, own.busiest_minute(one_request))
        yield from differ(f"the most tokens a minute of {name}", tokens, own.busiest_minute(all_tokens))


def check_change(asked: Asked, truth: Truth) -> Iterator[str]:
    """Daily cost on both sides of every change that a scan found, and both sides of every comparison."""
    for facts in asked.all_facts("anomaly_scan"):
        if facts["metric"] == "cost":
            for item in facts["anomalies"]:
                yield from check_anomaly(item, truth)
    for facts in asked.all_facts("compare_periods"):
        yield from check_comparison(facts, truth)


def check_anomaly(item: dict[str, Any], truth: Truth) -> Iterator[str]:
    """The four parts add up to the change; a jump's sides are its weeks."""
    change = Decimal(item["after"]) - Decimal(item["before"])
    parts = sum((Decimal(part) for part in item["effects"].values()), Decimal(0))
    yield from differ(f"the parts of the change on {item['day']}", parts, change)
    day = date.fromisoformat(item["day"])
    if item["kind"] == "jump" and item["days_compared"] == {"before": 7, "after": 7}:
        yield from differ(f"a day before {day}", item["before"], truth.week_before(day))
        yield from differ(f"a day from {day} on", item["after"], truth.week_from(day))


def check_comparison(facts: dict[str, Any], truth: Truth) -> Iterator[str]:
    """Cost and requests of both periods, over the rows of its filters."""
    own = filtered(facts, truth)
    for side in ("before", "after"):
        days = facts[side]
        part = own.between(date.fromisoformat(days["first_day"]), date.fromisoformat(days["last_day"]))
        yield from differ(f"the cost {side}", days["cost"] or 0, part.cost)
        yield from differ(f"the requests {side}", days["requests"], len(part))


def filtered(facts: dict[str, Any], truth: Truth) -> Truth:
    """The rows a result is about."""
    wanted = {name: set(values) for name, values in facts["filters"].items()}
    return truth.only(
        lambda call: all(call[PLACES[name]] in values for name, values in wanted.items() if name in PLACES)
    )


def check_repeats(asked: Asked, truth: Truth) -> Iterator[str]:
    """How many prompts came again, within a day and at all, and what they cost."""
    found = asked.facts_of("cache_opportunity")["repeated"]
    within, ever = truth.repeats(timedelta(days=1)), truth.repeats()
    yield from differ("the repeats within a day", found["requests"]["low"], len(within))
    yield from differ("all repeats", found["requests"]["high"], len(ever))
    yield from differ("the cost of repeats within a day", found["cost"]["low"], within.cost)
    yield from differ("the cost of all repeats", found["cost"]["high"], ever.cost)
    for item in asked.all_facts("batch_opportunity"):
        for each in [*item["candidates"], *item["not_qualified"]]:
            night = rows_of(each, truth).night_percent
            yield from differ(f"the night share of {each['feature']}", each["night_percent"], night, "0.06")


def check_goals(asked: Asked, truth: Truth) -> Iterator[str]:
    """Where things stand now, and that no option after growth costs less than nothing."""
    now = asked.facts_of("tradeoff")["now"]
    last = truth.between(truth.last_day - timedelta(days=29), truth.last_day)
    yield from differ("the cost of 30 days", now["cost_30_days"], last.cost, "0.0001")
    yield from differ("the requests of 30 days", now["requests_30_days"], len(last), 1)
    for item in asked.facts_of("tradeoff")["options"]:
        cost = item["cost_30_days"]
        if not 0 < Decimal(cost["low"]) <= Decimal(cost["high"]):
            yield f"“{item['name']}” costs {cost}"


def check_sessions(asked: Asked, truth: Truth) -> Iterator[str]:
    """Sessions, their cost and their tokens."""
    facts = asked.facts_of("agent_log_waste")
    yield from differ("the number of sessions", facts["sessions"], len(truth.count_by(SESSION)))
    yield from differ("the cost of sessions", facts["cost"], truth.cost)
    yield from differ("the tokens of sessions", facts["tokens"], sum(map(all_tokens, truth.calls)))
    waste = facts["waste"]
    if not Decimal(waste["cost_low"]) <= Decimal(waste["cost_high"]) < truth.cost:
        yield f"the waste is {waste}"


def check_configuration(asked: Asked, truth: Truth) -> Iterator[str]:
    """Quick wins are changes of configuration."""
    by_title = {item["title"]: item for item in asked.strategies}
    for item in asked.details["recommendations"]:
        if not by_title[item["title"]]["config_only"]:
            yield f"“{item['title']}” takes more than configuration"


KEY_FIGURES: dict[Question, tuple[Check, ...]] = {
    Question.CUT_COST: (check_spend, check_savings),
    Question.SPEED_UP: (check_latency,),
    Question.GROWTH: (check_growth, check_peaks),
    Question.SPEND: (check_spend,),
    Question.MODEL_CHOICE: (check_savings,),
    Question.MODEL_CHANGE: (check_change,),
    Question.CACHING: (check_repeats,),
    Question.TRADEOFF: (check_goals, check_savings),
    Question.QUICK_WINS: (check_savings, check_configuration),
    Question.JUMP: (check_change,),
    Question.AGENT_WASTE: (check_sessions,),
    Question.REPORT: (check_spend, check_savings, check_latency, check_change),
}
