"""LiteLLM's spend logs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from agents.usage.formats.litellm import FORMAT
from agents.usage.records import Reading, UsageRow
from tests.agents.formats.reading import document, table, take, told, total_cost, totals


def read(**changes: Any) -> UsageRow:
    return next(iter(FORMAT.open_reader(Reading())({**document("litellm.json")[1], **changes})))


def test_spend_logs_are_known_by_their_fields() -> None:
    for name in ("litellm.json", "litellm.csv"):
        assert take(name).found.why == "It has the fields of LiteLLM's spend logs."


def test_the_rows_add_up_to_the_log() -> None:
    entries = document("litellm.json")
    usages = [entry["metadata"]["usage_object"] for entry in entries]
    cached = sum(usage["prompt_tokens_details"]["cached_tokens"] for usage in usages)
    written = sum(usage["prompt_tokens_details"]["cache_creation_tokens"] for usage in usages)
    reasoning = sum(usage["completion_tokens_details"]["reasoning_tokens"] for usage in usages)
    rows = take("litellm.json").rows
    assert totals(rows) == {
        "requests": len(entries),
        "input_tokens": sum(entry["prompt_tokens"] for entry in entries) - cached - written,
        "cached_read_tokens": cached,
        "cache_write_5m_tokens": written,
        "output_tokens": sum(entry["completion_tokens"] for entry in entries) - reasoning,
        "reasoning_tokens": reasoning,
    }
    assert total_cost(rows) == sum(Decimal(str(entry["spend"])) for entry in entries)


def test_a_table_of_the_database_gives_the_same_rows() -> None:
    rows = take("litellm.csv").rows
    assert len(rows) == len(table("litellm.csv"))
    assert [told(row) for row in rows] == [told(row) for row in take("litellm.json").rows[: len(rows)]]


def test_one_row_field_by_field() -> None:
    entry, row = document("litellm.json")[1], take("litellm.json").rows[1]
    start, end, first = (
        datetime.fromisoformat(entry[name]).replace(tzinfo=None)
        for name in ("startTime", "endTime", "completionStartTime")
    )
    assert (row.time, row.latency_ms, row.first_token_ms) == (
        start,
        round((end - start).total_seconds() * 1000),
        round((first - start).total_seconds() * 1000),
    )
    assert (row.request_id, row.session, row.user_name) == (entry["request_id"], entry["session_id"], entry["end_user"])
    assert (row.feature, row.team) == ("reply-drafts", entry["metadata"]["user_api_key_team_alias"])
    assert (row.status, row.currency, row.billed_cost) == ("ok", "USD", Decimal(str(entry["spend"])))
    assert row.source_total == entry["total_tokens"]


def test_models_are_named_as_price_lists_name_them() -> None:
    found = {(row.provider, row.model) for row in take("litellm.json").rows}
    assert found <= {
        ("azure", "gpt-4o"),
        ("anthropic", "claude-sonnet-4-6"),
        ("aws", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
        ("google", "gemini-2.5-pro"),
    }


def test_a_failed_request_says_why() -> None:
    failed = [row for row in take("litellm.json").rows if row.status == "error"]
    assert {row.error for row in failed} == {"RateLimitError"}


def test_an_answer_of_the_gateways_own_cache_is_marked() -> None:
    assert '"cache_hit":true' in (read(cache_hit="True").extra or "")
    assert "cache_hit" not in (read(cache_hit="False").extra or "")


def test_without_streaming_there_is_no_first_token() -> None:
    entry = document("litellm.json")[1]
    assert read(completionStartTime=entry["endTime"]).first_token_ms is None


def test_prompts_are_only_hashed() -> None:
    row = read(messages=[{"role": "user", "content": "secret words"}])
    assert len(row.prompt_hash or "") == 16
    assert "secret" not in repr(row)
