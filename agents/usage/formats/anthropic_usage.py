"""Anthropic's usage: pages of the messages usage report, and the console's usage export; totals of a time bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agents.usage.naming import clean_name, first_name, make_extra, make_id, object_at
from agents.usage.numbers import count_reader
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.reports import list_results
from agents.usage.times import Clock, open_clock

COLUMNS: Final = frozenset(("usage_date_utc", "usage_input_tokens_no_cache", "usage_output_tokens"))
GROUPS: Final = (
    *("model", "workspace_id", "api_key_id", "account_id", "service_account_id"),
    *("service_tier", "context_window", "inference_geo", "speed"),
)
read_uncached = count_reader("The number of uncached input tokens")
read_cached = count_reader("The number of tokens read from the cache")
read_written = count_reader("The number of tokens written to the cache")
read_output = count_reader("The number of output tokens")
read_searches = count_reader("The number of web searches")


def recognise(sample: Sample) -> Match | None:
    """By what only Anthropic counts."""
    if sample.kind == "table":
        fits = set(sample.columns) >= COLUMNS
        return Match(94, "It has the columns of the usage export of Anthropic's console.") if fits else None
    fits = any("uncached_input_tokens" in result for record in sample.records for _, result in list_results(record))
    return Match(95, "Its results count “uncached_input_tokens”, as Anthropic's usage report does.") if fits else None


def open_reader(reading: Reading) -> Reader:
    """A row for each result, or for each line of the console's export."""
    clock = open_clock(reading.options)

    def read(record: Record) -> list[UsageRow]:
        if "usage_date_utc" in record:
            return [read_line(record, clock)]
        return [read_result(bucket, result, clock) for bucket, result in list_results(record)]

    return read


def read_result(bucket: Mapping[str, Any], result: Mapping[str, Any], clock: Clock) -> UsageRow:
    """One total of the report; it says nothing of the number of requests."""
    start, end = clean_name(bucket.get("starting_at")), clean_name(bucket.get("ending_at"))
    written = object_at(result, "cache_creation")
    row = UsageRow(
        Grain.BUCKET,
        requests=0,
        time=clock(start) if start else None,
        provider="anthropic",
        model=first_name(result, "model"),
        input_tokens=read_uncached(result.get("uncached_input_tokens")),
        cached_read_tokens=read_cached(result.get("cache_read_input_tokens")),
        cache_write_5m_tokens=read_written(written.get("ephemeral_5m_input_tokens")),
        cache_write_1h_tokens=read_written(written.get("ephemeral_1h_input_tokens")),
        output_tokens=read_output(result.get("output_tokens")),
        team=first_name(result, "workspace_id"),
        user_name=first_name(result, "account_id", "service_account_id"),
    )
    row.request_id = make_id("anthropic_usage", row.time, end, *(first_name(result, name) for name in GROUPS))
    row.extra = make_extra(
        api_key_id=first_name(result, "api_key_id"),
        service_tier=first_name(result, "service_tier"),
        context_window=first_name(result, "context_window"),
        web_searches=read_searches(object_at(result, "server_tool_use").get("web_search_requests")) or None,
    )
    return row


def read_line(record: Record, clock: Clock) -> UsageRow:
    """One day's total of the console's export, whose keys are named, not shown."""
    day = clean_name(record.get("usage_date_utc"))
    names = ("model_version", "api_key", "workspace", "usage_type", "context_window", "inference_geo", "speed")
    row = UsageRow(
        Grain.BUCKET,
        requests=0,
        time=clock(day) if day else None,
        provider="anthropic",
        model=first_name(record, "model_version", "model"),
        input_tokens=read_uncached(record.get("usage_input_tokens_no_cache")),
        cached_read_tokens=read_cached(record.get("usage_input_tokens_cache_read")),
        # Before there were two lifetimes, one column had the writes.
        cache_write_5m_tokens=read_written(record.get("usage_input_tokens_cache_write_5m"))
        + read_written(record.get("usage_input_tokens_cache_write")),
        cache_write_1h_tokens=read_written(record.get("usage_input_tokens_cache_write_1h")),
        output_tokens=read_output(record.get("usage_output_tokens")),
        team=first_name(record, "workspace"),
    )
    row.request_id = make_id("anthropic_usage", "console", row.time, *(first_name(record, name) for name in names))
    row.extra = make_extra(
        api_key_id=first_name(record, "api_key"),
        service_tier=first_name(record, "usage_type"),
        context_window=first_name(record, "context_window"),
        web_searches=read_searches(record.get("web_search_count")) or None,
    )
    return row


FORMAT = Format("anthropic_usage", "Anthropic usage report", recognise, open_reader)
