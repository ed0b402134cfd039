"""A figure is tied to the fact it repeats; one that no fact has, or that belongs to another name, is marked."""

from __future__ import annotations

from typing import Any

import pytest

from agents.engine.specs import DoneCall
from agents.figures.facts import list_facts, list_names
from agents.figures.matching import Match, Sources, Status
from agents.figures.reading import find_figures

FACTS: dict[str, Any] = {
    "cost": "1216.823456",
    "requests": 100000,
    "groups": [
        {"model": "gpt-5.4", "cost": "98.684", "share_percent": "8.1", "requests": 15138},
        {"model": "gpt-4o", "cost": "100.951", "share_percent": "8.3", "requests": 16196},
    ],
    "p95_ms": 23088,
    "why": "The 15,138 requests would cost 29.60 USD on gpt-5.4-mini.",
}
CALL = DoneCall("data:1", "data", "spend_breakdown", "Break spend down", {}, {}, FACTS)


def match(text: str) -> list[Match]:
    sources = Sources(text, list_facts(CALL), list_names((CALL,)))
    return [sources.match(figure) for figure in find_figures(text, list_names((CALL,)))]


@pytest.mark.parametrize(
    "text",
    [
        *("$1,216.82", "$1,217", "about $1.2k", "100,000 requests", "0.1 M requests", "23,088 ms", "23.1 s"),
        *("gpt-5.4 costs $98.68, 8.1 % of it", "| gpt-4o | $100.95 | 8.3 % | 16,196 |", "29.60 USD"),
    ],
)
def test_a_figure_may_be_rounded_and_scaled(text: str) -> None:
    assert [item.status for item in match(text)] == [Status.VERIFIED] * len(match(text))
    assert match(text)


@pytest.mark.parametrize("text", ["$999.99", "12.7 %", "5,000 ms", "$1,216.92", "98.68 %", "$8.1"])
def test_a_figure_no_result_has_is_unsourced(text: str) -> None:
    assert [item.status for item in match(text)] == [Status.UNSOURCED]


def test_the_figure_of_another_row_is_a_mismatch_that_says_the_right_one() -> None:
    (found,) = match("gpt-4o cost $98.68.")
    assert found.status is Status.MISMATCH
    assert "100.951" in found.note


def test_a_wrong_figure_beside_a_name_says_what_the_rows_say() -> None:
    (found,) = match("gpt-5.4 cost $77.00.")
    assert found.status is Status.MISMATCH
    assert found.fact is not None
    assert found.fact.call_id == "data:1"
    assert "98.684" in found.note


def test_a_total_may_stand_beside_a_name() -> None:
    assert [item.status for item in match("Without gpt-4o it is less than $1,216.82.")] == [Status.VERIFIED]


def test_the_only_row_with_a_value_is_about_another_kind_of_name() -> None:
    facts = FACTS | {"by_feature": [{"feature": "ticket-triage", "cost": "98.684"}]}
    call = DoneCall("data:1", "data", "spend_breakdown", "Break spend down", {}, {}, facts)
    text = "gpt-4o cost $98.68."
    (found,) = [
        Sources(text, list_facts(call), list_names((call,))).match(figure)
        for figure in find_figures(text, list_names((call,)))
    ]
    assert found.status is Status.MISMATCH


def test_a_day_is_no_name() -> None:
    facts = {
        "days": [{"name": "2026-10-08", "requests": 5}],
        "requests": 179,
        "anomalies": [{"provider": "google", "requests": 179}],
    }
    call = DoneCall("data:1", "data", "anomaly_scan", "Find", {}, {}, facts)
    text = "On 2026-10-08 there were 179 calls."
    (found,) = [Sources(text, list_facts(call), list_names((call,))).match(figure) for figure in find_figures(text)]
    assert found.status is Status.VERIFIED
