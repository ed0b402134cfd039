"""Helicone's requests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from agents.usage.formats.helicone import FORMAT
from agents.usage.records import Reading, UsageRow
from tests.agents.formats.reading import lines, table, take, told, total_cost, totals


def read(*, reading: Reading | None = None, **changes: Any) -> UsageRow:
    return next(iter(FORMAT.open_reader(reading or Reading())({**lines("helicone.jsonl")[1], **changes})))


def test_requests_are_known_by_their_fields() -> None:
    for name in ("helicone.jsonl", "helicone.csv"):
        assert take(name).found.why == "It has the fields of Helicone's requests."


def test_the_rows_add_up_to_the_requests() -> None:
    requests, rows = lines("helicone.jsonl"), take("helicone.jsonl").rows
    inside = sum(one["prompt_cache_read_tokens"] for one in requests if one["provider"] == "OPENAI")
    assert totals(rows) == {
        "requests": len(requests),
        "input_tokens": sum(one["prompt_tokens"] for one in requests) - inside,
        "cached_read_tokens": sum(one["prompt_cache_read_tokens"] for one in requests),
        "cache_write_5m_tokens": sum(one["prompt_cache_write_tokens"] for one in requests),
        "output_tokens": sum(one["completion_tokens"] for one in requests),
    }
    assert total_cost(rows) == sum(Decimal(str(one["cost"])) for one in requests)


def test_the_rows_add_up_to_the_table() -> None:
    found, rows = table("helicone.csv"), take("helicone.csv").rows
    assert totals(rows) == {
        "requests": len(found),
        "input_tokens": sum(int(line["prompt_tokens"]) for line in found),
        "output_tokens": sum(int(line["completion_tokens"]) for line in found),
    }
    assert [row.latency_ms for row in rows] == [int(line["latency"]) for line in found]


def test_one_row_field_by_field() -> None:
    one = next(one for one in lines("helicone.jsonl") if one["provider"] == "OPENAI")
    row = next(row for row in take("helicone.jsonl").rows if row.request_id == one["request_id"])
    cached = one["prompt_cache_read_tokens"]
    assert told(row) == {
        "grain": "call",
        "request_id": one["request_id"],
        "requests": 1,
        "time": datetime.fromisoformat(one["request_created_at"]).replace(tzinfo=None),
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "input_tokens": one["prompt_tokens"] - cached,
        **({"cached_read_tokens": cached} if cached else {}),
        "output_tokens": one["completion_tokens"],
        "billed_cost": Decimal(str(one["cost"])),
        "currency": "USD",
        "latency_ms": one["delay_ms"],
        "first_token_ms": one["time_to_first_token"],
        "status": "ok",
        "user_name": one["request_user_id"],
        "team": "Growth",
        "feature": "onboarding",
        "prompt_hash": row.prompt_hash,
        "session": one["request_properties"]["Helicone-Session-Id"],
        "extra": '{"max_tokens":500,"path":"/v1/chat/completions","temperature":0}',
        "source_total": one["total_tokens"],
    }


def test_statuses_without_an_answer_have_names() -> None:
    assert read(response_status=-3).status == "cancelled"
    assert (read(response_status=429).status, read(response_status=429).error) == ("error", "429")


def test_a_person_may_say_that_the_input_is_without_what_was_cached() -> None:
    changes = {
        "provider": "OPENAI",
        "prompt_tokens": 10,
        "prompt_cache_read_tokens": 90,
        "prompt_cache_write_tokens": 0,
    }
    row = read(reading=Reading(options={"input_includes_cached": False}), **changes)
    assert (row.input_tokens, row.cached_read_tokens) == (10, 90)
