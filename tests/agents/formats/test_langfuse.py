"""Langfuse's observations."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from agents.usage.formats.langfuse import FORMAT
from agents.usage.records import Reading, Unusable, UsageRow
from tests.agents.formats.reading import document, take, told, total_cost, totals


def generations() -> list[dict[str, Any]]:
    return [one for one in document("langfuse.json")["data"] if one["type"] == "GENERATION"]


def read(usage: dict[str, Any], **more: Any) -> UsageRow:
    record = {"id": "o", "traceId": "t", "type": "GENERATION", "startTime": "2026-09-01T00:00:00Z", **usage, **more}
    return next(iter(FORMAT.open_reader(Reading())(record)))


def test_observations_are_known_by_their_fields() -> None:
    for name in ("langfuse.json", "langfuse.csv"):
        assert take(name).found.why == "It has the fields of Langfuse's observations."


def test_the_rows_add_up_to_the_generations() -> None:
    usages = [one["usageDetails"] for one in generations()]
    rows = take("langfuse.json").rows
    assert totals(rows) == {
        "requests": len(usages),
        "input_tokens": sum(usage["input"] for usage in usages),
        "cached_read_tokens": sum(usage.get("input_cached_tokens", 0) for usage in usages),
        "output_tokens": sum(usage["output"] for usage in usages),
        "reasoning_tokens": sum(usage.get("output_reasoning_tokens", 0) for usage in usages),
    }
    assert total_cost(rows) == sum(Decimal(str(one["costDetails"]["total"])) for one in generations())


def test_the_snake_case_table_gives_the_same_rows() -> None:
    rows = take("langfuse.csv").rows
    expected = take("langfuse.json").rows[: len(rows)]
    # Objects are text in a table, and so is the hash of another text.
    unlike = ("prompt_hash",)
    assert [{k: v for k, v in told(row).items() if k not in unlike} for row in rows] == [
        {k: v for k, v in told(row).items() if k not in unlike} for row in expected
    ]


def test_one_row_field_by_field() -> None:
    one, row = generations()[0], take("langfuse.json").rows[0]
    usage = one["usageDetails"]
    start, end = (datetime.fromisoformat(one[name]).replace(tzinfo=None) for name in ("startTime", "endTime"))
    assert (row.time, row.latency_ms) == (start, round((end - start).total_seconds() * 1000))
    assert (row.request_id, row.session, row.user_name) == (one["id"], one["sessionId"], one["userId"])
    assert (row.feature, row.team, row.status) == ("help-center", "Support", "ok")
    assert (row.first_token_ms, row.source_total) == (210, usage["total"])
    assert row.extra == '{"environment":"production","max_tokens":600,"temperature":0.2}'


def test_errors_say_why() -> None:
    failed = [row for row in take("langfuse.json").rows if row.status == "error"]
    assert {row.error for row in failed} == {"rate_limited"}


def test_the_older_usage_is_read() -> None:
    row = read({"usage": {"input": 10, "output": 4, "total": 14, "unit": "TOKENS", "totalCost": 0.1}})
    assert (row.input_tokens, row.output_tokens, row.source_total) == (10, 4, 14)
    row = read({"promptTokens": 7, "completionTokens": 2, "totalTokens": 9})
    assert (row.input_tokens, row.output_tokens, row.source_total) == (7, 2, 9)


def test_the_total_tells_that_the_input_includes_what_was_cached() -> None:
    row = read({"usageDetails": {"input": 100, "input_cached_tokens": 60, "output": 5, "total": 105}})
    assert (row.input_tokens, row.cached_read_tokens) == (40, 60)


def test_other_units_are_refused() -> None:
    with pytest.raises(Unusable, match="characters, not tokens"):
        read({"usage": {"input": 10, "unit": "CHARACTERS"}})


def test_durations_alone_are_seconds() -> None:
    row = read({"usageDetails": {"input": 1}}, latency=1.5, timeToFirstToken=0.25)
    assert (row.latency_ms, row.first_token_ms) == (1500, 250)
