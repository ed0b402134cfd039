"""What is planted in data is found: on the demo and on three companies with other dates, models, names and sizes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from agents.usage.questions import Question
from tests.acceptance.asking import Asked
from tests.acceptance.checking import SUFFICIENT, find_faults
from tests.acceptance.conftest import Known, Once
from tests.acceptance.figures import MICRO, check_change, check_repeats, check_savings, differ, saved_by


def plain(asked: Asked) -> str:
    """The answer as it reads once it is rendered."""
    return asked.text.replace("\\", "")


def show(value: Decimal) -> str:
    """Dollars as people write them."""
    return f"${value:,.2f}"


async def ask_about_the_jump(known: Known, ask_once: Once) -> Asked:
    """Why the bill jumped on that day."""
    return await ask_once(f"Why did the bill jump on {known.company.truths.jump_date}?", known.data)


def find_jump(asked: Asked, known: Known) -> dict[str, Any]:
    """The anomaly of the planted day."""
    found = [item for facts in asked.all_facts("anomaly_scan") for item in facts["anomalies"]]
    return next(item for item in found if item["day"] == known.company.truths.jump_date.isoformat())


async def test_a_jump_is_found_with_its_day_its_feature_and_its_models(known: Known, ask_once: Once) -> None:
    asked, truths = await ask_about_the_jump(known, ask_once), known.company.truths
    assert find_faults(asked, SUFFICIENT) == []
    found = find_jump(asked, known)
    from_model = known.company.model_of(truths.jump_feature)
    assert (found["kind"], found["direction"]) == ("jump", "up")
    assert found["switched"] == {
        "feature": truths.jump_feature,
        "from_model": from_model,
        "to_model": truths.jump_to_model,
    }
    assert list(check_change(asked, known.truth)) == []
    told = (truths.jump_date.isoformat(), truths.jump_feature, from_model, truths.jump_to_model)
    assert [words for words in told if words not in plain(asked)] == []


async def test_a_jump_is_told_in_daily_cost_before_and_after(known: Known, ask_once: Once) -> None:
    asked, day = await ask_about_the_jump(known, ask_once), known.company.truths.jump_date
    found = find_jump(asked, known)
    before, after = known.truth.week_before(day), known.truth.week_from(day)
    assert [*differ("before", found["before"], before), *differ("after", found["after"], after)] == []
    assert show(before) in plain(asked)
    assert show(after) in plain(asked)


async def test_a_jump_is_found_without_its_date(known: Known, ask_once: Once) -> None:
    asked = await ask_once("Our spend suddenly went up, why?", known.data)
    assert asked.verdict.question is Question.JUMP
    assert find_jump(asked, known)["switched"]["feature"] == known.company.truths.jump_feature
    assert known.company.truths.jump_date.isoformat() in plain(asked)


async def test_going_back_is_recommended_after_a_switch_that_cost_more(known: Known, ask_once: Once) -> None:
    truths = known.company.truths
    question = f"We moved {truths.jump_feature} to {truths.jump_to_model}. Was it worth it, or should we roll back?"
    asked = await ask_once(question, known.data)
    assert asked.verdict.question is Question.MODEL_CHANGE
    assert find_faults(asked, SUFFICIENT) == []
    back = next(item for item in asked.strategies if item["kind"] == "rollback")
    assert (back["feature"], back["to_model"]) == (truths.jump_feature, known.company.model_of(truths.jump_feature))
    assert back["title"] in [item["title"] for item in asked.details["recommendations"]]
    own = known.truth.where(feature=truths.jump_feature, model=truths.jump_to_model)
    assert 0 < Decimal(back["saving"]["low"]) <= Decimal(back["saving"]["high"]) < own.cost


async def test_an_oversized_model_is_found_and_a_smaller_one_recommended(known: Known, ask_once: Once) -> None:
    asked = await ask_once("Which calls could move to a smaller model?", known.data)
    assert find_faults(asked, SUFFICIENT) == []
    feature, model = known.company.truths.oversized_feature, known.company.oversized_model
    options = asked.facts_of("model_swap_whatif")["options"]
    found = next(item for item in options if (item["feature"], item["model"]) == (feature, model))
    saved = saved_by(found, known.truth)
    assert found["easy_work"]
    assert Decimal(found["saving"]["low"]) <= saved <= Decimal(found["saving"]["high"])
    assert list(check_savings(asked, known.truth)) == []
    assert found["title"] in [item["title"] for item in asked.details["recommendations"]]
    assert all(words in plain(asked) for words in (feature, model, found["to_model"]))


async def test_the_swap_of_the_oversized_model_is_part_of_a_plan_to_cut_cost(known: Known, ask_once: Once) -> None:
    asked = await ask_once("Cut our LLM bill by 20 % without hurting quality.", known.data)
    assert find_faults(asked, SUFFICIENT) == []
    assert list(check_savings(asked, known.truth)) == []
    swaps = {item["feature"] for item in asked.strategies if item["kind"] in ("model_swap", "rollback")}
    assert {known.company.truths.oversized_feature, known.company.truths.jump_feature} <= swaps
    target = asked.facts_of("savings_plan")["target"]
    assert Decimal(target["percent"]) == 20


async def test_repeated_prompts_are_found_with_their_number_and_their_money(known: Known, ask_once: Once) -> None:
    asked, feature = (
        await ask_once("Where would caching or batching save most?", known.data),
        known.company.truths.repeated_feature,
    )
    assert find_faults(asked, SUFFICIENT) == []
    own = known.truth.where(feature=feature)
    ever, within = own.repeats(), own.repeats(timedelta(days=1))
    found = next(item for item in asked.facts_of("cache_opportunity")["response_cache"] if item["feature"] == feature)
    assert found["repeated_requests"] == {"low": len(within), "high": len(ever)}
    assert abs(Decimal(found["saving"]["low"]) - within.cost) <= MICRO
    assert abs(Decimal(found["saving"]["high"]) - ever.cost) <= MICRO
    assert list(check_repeats(asked, known.truth)) == []
    assert f"{len(ever):,}" in plain(asked)
    assert found["title"] in [item["title"] for item in asked.details["recommendations"]]


async def test_work_at_night_is_found_for_batches(known: Known, ask_once: Once) -> None:
    asked = await ask_once("Where would caching or batching save most?", known.data)
    nightly = [plan.name for plan in known.company.truths.features if plan.at_night]
    assert [item["feature"] for item in asked.facts_of("batch_opportunity")["candidates"]] == nightly
    assert all(name in plain(asked) for name in nightly)


async def test_an_outage_is_found_with_its_provider_its_hours_and_its_share(known: Known, ask_once: Once) -> None:
    truths = known.company.truths
    asked = await ask_once(f"Why were there so many errors on {truths.error_start.date()}?", known.data)
    assert asked.verdict.question is Question.JUMP
    assert find_faults(asked, SUFFICIENT) == []
    found = find_outage(asked, known)
    start, end = (datetime.fromisoformat(found[name]) for name in ("from_hour", "to_hour"))
    own = known.truth.where(provider=truths.error_provider)
    inside = own.only(lambda call: start <= call.moment < end)
    assert found["provider"] == truths.error_provider
    assert (found["requests"], found["failed_requests"]) == (len(inside), inside.failed)
    assert list(differ("the failed share", found["failed_percent_inside"], inside.failed_percent, "0.05")) == []
    told = (truths.error_provider, f"{start:%H:%M}", f"{end:%H:%M}", str(found["failed_percent_inside"]))
    assert [words for words in told if words not in plain(asked)] == []


async def test_the_hours_of_an_outage_are_the_planted_ones(known: Known, ask_once: Once) -> None:
    truths = known.company.truths
    asked = await ask_once(f"Why were there so many errors on {truths.error_start.date()}?", known.data)
    found, end = find_outage(asked, known), truths.error_start + timedelta(hours=truths.error_hours)
    own = known.truth.where(provider=truths.error_provider)
    # An hour with a handful of calls may look like any other one.
    slack = timedelta(hours=len(own.only(lambda call: truths.error_start <= call.moment < end)) < 30)
    assert abs(datetime.fromisoformat(found["from_hour"]) - truths.error_start) <= slack
    assert abs(datetime.fromisoformat(found["to_hour"]) - end) <= slack


def find_outage(asked: Asked, known: Known) -> dict[str, Any]:
    """The anomaly of the planted outage's day."""
    day = f"{known.company.truths.error_start:%Y-%m-%d}"
    (found,) = (item for item in asked.facts_of("anomaly_scan")["anomalies"] if item["day"] == day)
    return dict(found)


async def test_an_outage_is_found_without_its_date(known: Known, ask_once: Once) -> None:
    asked = await ask_once("Was there an outage? When, and whose?", known.data)
    assert asked.verdict.question in {Question.JUMP, Question.ERRORS}
    told = (f"{known.company.truths.error_start:%Y-%m-%d}", known.company.truths.error_provider)
    assert [words for words in told if words not in plain(asked)] == []
