"""What a question names becomes the fields tools are called with; nothing is assumed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agents.builtin.asking import ask, named, picked

CUTS: list[tuple[str, str]] = [
    ("Cut cost by 20 %", "20"),
    ("cut our bill by a fifth", "20"),
    ("reduce spend by half", "50"),
    ("halve our LLM cost", "50"),
    ("save 30-50 percent", "30"),
    ("bring cost down 20 to 30%", "20"),
    ("-20% cost", "20"),
    ("reduce our spend by twenty percent", "20"),
    ("twenty-five percent cheaper", "25"),
    ("our LLM cost should be 2x cheaper", "50"),
    ("knock a third off our bill", "33.33"),
]


@pytest.mark.parametrize(("question", "percent"), CUTS)
def test_a_cut_is_read_in_percent(question: str, percent: str) -> None:
    assert named(question)["cost_cut_percent"] == percent


SPEEDS: list[tuple[str, str]] = [
    ("make it 2-3x faster", "2"),
    ("answers twice as fast", "2"),
    ("halve the latency", "2"),
    ("cut response times by 75 %", "4"),
    ("3 times faster please", "3"),
    ("we need answers in half the time", "2"),
]


@pytest.mark.parametrize(("question", "factor"), SPEEDS)
def test_a_speed_is_read_as_a_factor(question: str, factor: str) -> None:
    assert named(question)["speed_factor"] == factor


GROWTHS: list[tuple[str, list[str | None]]] = [
    ("traffic will triple", ["200", None]),
    ("usage grows 3x", ["200", None]),
    ("we will double our users", ["100", None]),
    ("what if usage doubles?", ["100", None]),
    ("usage +30 %", ["30", None]),
    ("usage will grow 30-50 %", ["30", "50"]),
    ("twice the users", ["100", None]),
    ("2-3x the traffic next year", ["100", "200"]),
    ("we are going to new regions, more users", [None, None]),
]


@pytest.mark.parametrize(("question", "percents"), GROWTHS)
def test_growth_is_read_in_percent(question: str, percents: list[str | None]) -> None:
    assert picked(question, fields="growth_percent_low growth_percent_high") == percents


def test_several_goals_keep_apart() -> None:
    goals = named("Several goals at once: -20 % cost, 2x latency, +30 % usage")
    assert goals == {"cost_cut_percent": "20", "speed_factor": "2", "growth_percent_low": "30"}


def test_a_change_that_happened_is_no_goal() -> None:
    found = named("Why did costs jump by 30 % on 2026-09-16?")
    assert found == {"metric": "cost", "around": "2026-09-16"}


def test_money_is_saved_or_may_be_spent() -> None:
    assert named("save $500 a month on LLMs")["saving_amount"] == "500"
    assert named("our budget is $2k a month, cut cost")["budget_amount"] == "2000"


def test_latencies_that_must_hold_go_with_their_features() -> None:
    found = named("Cut cost by 20 %; ticket triage tolerates 500 ms, chat must stay at 200 ms")
    assert found["latency_budgets"] == [
        {"feature": "ticket-triage", "p95_ms": 500},
        {"feature": "chat", "p95_ms": 200},
    ]
    assert "features" not in found
    assert "teams" not in found


def test_a_latency_for_everything_has_no_feature() -> None:
    assert named("cut cost by 20 % but stay under 2 seconds")["latency_limit_ms"] == 2000


def test_limits_a_minute_are_read() -> None:
    found = named("our limit is 500 RPM and 200k TPM, what if usage doubles?")
    assert (found["requests_per_minute"], found["tokens_per_minute"]) == (500, 200_000)


def test_the_sides_of_a_swap_are_no_filter() -> None:
    found = named("Could we move ticket-triage from gpt-5.4 to mini?")
    assert found == {"from_model": "gpt-5.4", "to_model": "gpt-5.4-mini", "features": ["ticket-triage"]}


def test_a_new_model_is_kept_as_written() -> None:
    assert named("Should we switch to gpt-6?") == {"to_model": "gpt-6"}


def test_a_team_called_a_feature_is_that_team() -> None:
    assert named("what does the support feature cost us")["teams"] == ["support"]


JUMPS: list[tuple[str, dict[str, str]]] = [
    ("Why did our costs jump on 2026-09-16?", {"metric": "cost", "around": "2026-09-16"}),
    ("why did latency jump on october 3", {"metric": "latency", "around": "2026-10-03"}),
    ("What caused the errors on 8 October?", {"metric": "errors", "around": "2026-10-08"}),
    ("did requests drop on Oct 12? why?", {"metric": "requests", "around": "2026-10-12"}),
    ("What happened on September 16?", {"around": "2026-09-16"}),
]


@pytest.mark.parametrize(("question", "found"), JUMPS)
def test_a_jump_has_its_day_and_what_jumped(question: str, found: dict[str, str]) -> None:
    assert named(question) == found


def test_a_change_of_model_on_a_day_has_two_weeks_on_either_side() -> None:
    found = named("was the switch to opus on 2026-09-16 worth it?")
    assert (found["before_first_day"], found["before_last_day"]) == ("2026-09-02", "2026-09-15")
    assert (found["after_first_day"], found["after_last_day"]) == ("2026-09-16", "2026-09-29")


def test_two_periods_are_the_sides_of_a_comparison() -> None:
    assert named("Compare September with October by team") == {
        **{"before_first_day": "2026-09-01", "before_last_day": "2026-09-30"},
        **{"after_first_day": "2026-10-01", "after_last_day": "2026-10-31"},
        "by": ["team"],
    }


def test_relative_days_are_counted_from_the_data() -> None:
    found = named("What did we spend last week?")
    assert found["counted_from_data"] is True
    assert (found["first_day"], found["last_day"]) == ("2026-10-25", "2026-10-31")


def test_what_is_planned_for_this_week_is_no_period_of_the_data() -> None:
    assert named("Any quick wins for this week?") == {}


VIEWS: list[tuple[str, dict[str, Any]]] = [
    ("spend by team and model", {"by": ["team", "model"]}),
    ("top three teams by cost", {"by": ["team"], "top": 3}),
    ("weekly trend by provider", {"by": ["provider"], "step": "week"}),
    ("who spends the most?", {"by": ["user"]}),
]


@pytest.mark.parametrize(("question", "view"), VIEWS)
def test_how_the_answer_is_to_be_shown(question: str, view: dict[str, Any]) -> None:
    assert {key: value for key, value in named(question).items() if key != "metric"} == view


def test_a_plural_in_a_wish_is_no_way_to_split() -> None:
    assert ask("which features could move to smaller models for all users?").entities.by in ([], ["feature"])
    assert ask("we expect 40% more users, what will it cost?").entities.by == []


def test_configuration_only_and_a_report_are_noted() -> None:
    assert named("What can we change without touching code?") == {"config_only": True}
    assert named("Write a business case for the board") == {"as_report": True}


def test_a_coming_month_is_when_it_happens_not_which_rows() -> None:
    fields = "growth_percent_low first_day last_day"
    assert picked("We open new regions in January, volume goes up fourfold", fields=fields) == ["300", None, None]
    assert picked("Cut cost by 20 % by the end of October", fields="first_day last_day") == [None, None]


def test_a_month_of_the_data_still_says_which_rows() -> None:
    days = ["2026-09-01", "2026-09-30"]
    assert picked("Where could we save, looking at September?", fields="first_day last_day") == days
    assert picked("What did we spend in January?", fields="first_day last_day") == ["2026-01-01", "2026-01-31"]


def test_the_last_two_weeks_are_set_against_each_other() -> None:
    fields = "counted_from_data after_first_day after_last_day"
    expected = [True, "2026-10-25", "2026-10-31"]
    assert picked("What changed between the last two weeks?", fields=fields) == expected
    assert picked("Compare October with September", fields="counted_from_data") == [False]
