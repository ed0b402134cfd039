"""Latencies that are allowed are told from those that were seen; limits a minute are read."""

from __future__ import annotations

import pytest

from agents.providers.builtin.latencies import find_budgets, find_rates

FEATURES = ("code-review", "reply-drafts", "ticket-triage")
BUDGETS: list[tuple[str, list[tuple[str, int]]]] = [
    ("chat tolerates 500 ms, search must stay at 200 ms", [("chat", 500), ("search", 200)]),
    ("feature a tolerates 500 ms, b must stay at 200 ms", [("a", 500), ("b", 200)]),
    ("under two seconds", [("", 2000)]),
    ("everything must stay under 300ms", [("", 300)]),
    ("reply drafts can take 2 s but ticket triage needs to stay below 0.4 s",
     [("reply-drafts", 2000), ("ticket-triage", 400)]),
    ("200 ms is fine for search", [("search", 200)]),
    ("p95 must not exceed 800ms for code review", [("code-review", 800)]),
    ("latency budget: chat 500 ms, search 200 ms", [("chat", 500), ("search", 200)]),
    ("autocomplete at most 150ms; summaries up to 3 s", [("autocomplete", 150), ("summaries", 3000)]),
    ("responses take 5 seconds", []),
    ("which calls took over 5 seconds", []),
    ("we need fewer 429s", []),
    ("we need to shave two seconds off our answers", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "budgets"), BUDGETS)
def test_what_must_hold_is_read(text: str, budgets: list[tuple[str, int]]) -> None:
    assert [(item.name, item.p95_ms) for item in find_budgets(text, FEATURES)] == budgets


def test_a_latency_to_be_reached_is_a_goal() -> None:
    assert [item.is_goal for item in find_budgets("get code review under 2 s; chat must stay at 1 s", FEATURES)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("our limit is 500 rpm and 200k tpm", [("requests", 500), ("tokens", 200_000)]),
        ("200,000 tokens a minute", [("tokens", 200_000)]),
        ("2m tokens/min", [("tokens", 2_000_000)]),
        ("rpm limit of 1000", [("requests", 1000)]),
        ("10 requests per second", [("requests", 600)]),
        ("500 requests a day", []),
    ],
)
def test_limits_a_minute_are_read(text: str, rates: list[tuple[str, int]]) -> None:
    assert [(item.kind, item.a_minute) for item in find_rates(text)] == rates
