"""LiteLLM's spend logs: one entry a request, as `/spend/logs` gives them or the SpendLogs table holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from agents.usage.naming import (
    clean_name,
    first_name,
    hash_prompt,
    make_extra,
    name_model,
    object_at,
    read_error,
    read_status,
    value_at,
)
from agents.usage.numbers import count_reader, make_disjoint, read_cost, read_count
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.times import Clock, count_elapsed, open_clock

KEYS: Final = frozenset(("request_id", "call_type", "spend", "startTime", "model"))
read_input = count_reader("The number of prompt tokens")
read_output = count_reader("The number of completion tokens")
read_cached = count_reader("The number of cached tokens")
read_written = count_reader("The number of tokens written to the cache")
read_reasoning = count_reader("The number of reasoning tokens")


def recognise(sample: Sample) -> Match | None:
    """By the columns of the SpendLogs table."""
    seen = set(sample.columns) if sample.kind == "table" else {key for record in sample.records[:20] for key in record}
    return Match(93, "It has the fields of LiteLLM's spend logs.") if seen >= KEYS else None


def open_reader(reading: Reading) -> Reader:
    """A row for each entry."""
    clock = open_clock(reading.options)

    def read(record: Record) -> tuple[UsageRow]:
        return (read_entry(record, clock),)

    return read


def read_entry(record: Record, clock: Clock) -> UsageRow:
    """One request; its prompt tokens include what was read from and written to the provider's cache."""
    metadata = object_at(record, "metadata")
    row = UsageRow(Grain.CALL, request_id=first_name(record, "request_id"))
    add_times(row, record, clock)
    add_tokens(row, record, metadata)
    add_names(row, record, metadata)
    cost = read_cost(record.get("spend"), "The spend")
    row.billed_cost, row.currency = (cost[0], cost[1] or "USD") if cost else (None, None)
    add_outcome(row, record, metadata)
    return row


def add_times(row: UsageRow, record: Record, clock: Clock) -> None:
    """When it began, how long it took, and when the answer began."""
    moments = [clean_name(record.get(name)) for name in ("startTime", "endTime", "completionStartTime")]
    start, end, first = (clock(moment) if moment else None for moment in moments)
    row.time = start
    row.latency_ms = count_elapsed(start, end)
    # Without streaming LiteLLM repeats the end.
    row.first_token_ms = None if first == end else count_elapsed(start, first)


def add_tokens(row: UsageRow, record: Record, metadata: Mapping[str, Any]) -> None:
    """The tokens; their parts are told by the provider's own usage, where it was kept."""
    usage = object_at(metadata, "usage_object")
    more = object_at(metadata, "additional_usage_values")
    details = object_at(usage, "prompt_tokens_details") or object_at(more, "prompt_tokens_details")
    parts = object_at(usage, "completion_tokens_details") or object_at(more, "completion_tokens_details")
    row.input_tokens = read_input(record.get("prompt_tokens"))
    row.output_tokens = read_output(record.get("completion_tokens"))
    cached = (details.get("cached_tokens"), usage.get("cache_read_input_tokens"), more.get("cache_read_input_tokens"))
    written = (
        details.get("cache_creation_tokens"),
        usage.get("cache_creation_input_tokens"),
        more.get("cache_creation_input_tokens"),
    )
    row.cached_read_tokens = max(map(read_cached, cached))
    row.cache_write_5m_tokens = max(map(read_written, written))
    row.reasoning_tokens = read_reasoning(parts.get("reasoning_tokens"))
    row.source_total = read_count(record.get("total_tokens"), "The total of tokens")
    make_disjoint(row, input_inclusive=True, output_inclusive=True)


def add_names(row: UsageRow, record: Record, metadata: Mapping[str, Any]) -> None:
    """Whose request it was, and to which model."""
    row.provider, row.model = name_model(first_name(record, "custom_llm_provider"), first_name(record, "model"))
    row.user_name = first_name(record, "end_user", "user") or first_name(metadata, "user_api_key_user_id")
    row.team = first_name(metadata, "user_api_key_team_alias") or first_name(record, "team_id")
    row.feature = first_tag(record.get("request_tags")) or first_name(metadata, "user_api_key_alias")
    row.session = first_name(record, "session_id")
    row.prompt_hash = hash_prompt(record.get("messages"))


def first_tag(tags: Any) -> str | None:
    """The first tag somebody chose; LiteLLM adds the user agent as one."""
    if isinstance(tags, str) and tags.startswith("["):
        try:
            tags = orjson.loads(tags)
        except ValueError:
            return None
    names = map(clean_name, tags) if isinstance(tags, list) else ()
    return next((name for name in names if name and not name.startswith("User-Agent")), None)


def add_outcome(row: UsageRow, record: Record, metadata: Mapping[str, Any]) -> None:
    """Whether it worked, and what else tells of it."""
    information = object_at(metadata, "error_information")
    row.status, number = read_status(record.get("status") or metadata.get("status"))
    error = first_name(information, "error_class", "error_code") or number
    row.error = read_error(error) if row.status == "error" else None
    row.extra = make_extra(
        call_type=first_name(record, "call_type"),
        model_group=first_name(record, "model_group"),
        api_key_id=first_name(metadata, "user_api_key_alias"),
        # Answered by the gateway: no provider was asked.
        cache_hit=True if (clean_name(record.get("cache_hit")) or "").lower() == "true" else None,
        service_tier=clean_name(value_at(metadata, "usage_object", "service_tier")),
    )


FORMAT = Format("litellm", "LiteLLM spend logs", recognise, open_reader)
