"""Anthropic's usage report and its console's export."""

from __future__ import annotations

from datetime import datetime

from agents.usage.formats.anthropic_usage import FORMAT
from agents.usage.records import Reading
from tests.agents.formats.reading import document, table, take, told, totals


def test_reports_are_known_by_what_they_count() -> None:
    assert "uncached_input_tokens" in take("anthropic_usage.json").found.why
    assert "console" in take("anthropic_usage.csv").found.why


def test_the_rows_add_up_to_the_pages() -> None:
    found = [result for bucket in document("anthropic_usage.json")["data"] for result in bucket["results"]]
    written = [result["cache_creation"] for result in found]
    assert totals(take("anthropic_usage.json").rows) == {
        "input_tokens": sum(result["uncached_input_tokens"] for result in found),
        "cached_read_tokens": sum(result["cache_read_input_tokens"] for result in found),
        "cache_write_5m_tokens": sum(one["ephemeral_5m_input_tokens"] for one in written),
        "cache_write_1h_tokens": sum(one["ephemeral_1h_input_tokens"] for one in written),
        "output_tokens": sum(result["output_tokens"] for result in found),
    }


def test_the_rows_add_up_to_the_export() -> None:
    lines = table("anthropic_usage.csv")
    columns = {
        "input_tokens": "usage_input_tokens_no_cache",
        "cached_read_tokens": "usage_input_tokens_cache_read",
        "cache_write_5m_tokens": "usage_input_tokens_cache_write_5m",
        "cache_write_1h_tokens": "usage_input_tokens_cache_write_1h",
        "output_tokens": "usage_output_tokens",
    }
    expected = {field: sum(int(line[column]) for line in lines) for field, column in columns.items()}
    assert totals(take("anthropic_usage.csv").rows) == expected


def test_one_row_field_by_field() -> None:
    result, row = document("anthropic_usage.json")["data"][0]["results"][0], take("anthropic_usage.json").rows[0]
    written = result["cache_creation"]
    counts = {
        "input_tokens": result["uncached_input_tokens"],
        "cached_read_tokens": result["cache_read_input_tokens"],
        "cache_write_5m_tokens": written["ephemeral_5m_input_tokens"],
        "cache_write_1h_tokens": written["ephemeral_1h_input_tokens"],
        "output_tokens": result["output_tokens"],
    }
    assert row.extra
    assert result["api_key_id"] in row.extra
    assert told(row) == {
        "grain": "bucket",
        "request_id": row.request_id,
        "time": datetime(2026, 9, 1),
        "provider": "anthropic",
        "model": result["model"],
        **{name: count for name, count in counts.items() if count},
        "team": result["workspace_id"],
        "extra": row.extra,
    }


def test_the_same_bucket_of_two_exports_has_the_same_id() -> None:
    page = document("anthropic_usage.json")
    first, second = (list(FORMAT.open_reader(Reading())(page)) for _ in range(2))
    assert [row.request_id for row in first] == [row.request_id for row in second]
    assert len({row.request_id for row in first}) == len(first)
