"""Helicone's requests: what its export tool writes, and what its query API answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agents.usage.naming import (
    clean_name,
    first_name,
    hash_prompt,
    make_extra,
    name_model,
    object_at,
    objects_at,
    read_status,
)
from agents.usage.numbers import count_reader, make_disjoint, read_cost, read_count, read_milliseconds
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.times import Clock, count_elapsed, open_clock

KEYS: Final = frozenset(("request_created_at", "response_status", "prompt_tokens", "completion_tokens"))
# What Helicone writes where there is no answer and so no HTTP status.
OWN_STATUSES: Final = {"-1": "timeout", "-2": "pending", "-3": "cancelled", "-4": "blocked"}
OWN_PROPERTIES: Final = "helicone-"
read_input = count_reader("The number of prompt tokens")
read_output = count_reader("The number of completion tokens")
read_cached = count_reader("The number of cached tokens")
read_written = count_reader("The number of tokens written to the cache")
read_reasoning = count_reader("The number of reasoning tokens")


def recognise(sample: Sample) -> Match | None:
    """By the names Helicone gives a request and its answer."""
    if sample.kind == "table":
        seen = set(sample.columns)
    else:
        seen = {key for record in sample.records[:20] for one in list_requests(record)[:1] for key in one}
    return Match(91, "It has the fields of Helicone's requests.") if seen >= KEYS else None


def list_requests(record: Record) -> list[Mapping[str, Any]]:
    """The requests of a page, or the one the record is."""
    return ([] if "request_created_at" in record else objects_at(record, "data")) or [record]


def open_reader(reading: Reading) -> Reader:
    """A row for each request."""
    clock = open_clock(reading.options)
    inclusive = reading.options.get("input_includes_cached")

    def read(record: Record) -> list[UsageRow]:
        return [read_request(request, clock, inclusive) for request in list_requests(record)]

    return read


def read_request(record: Mapping[str, Any], clock: Clock, inclusive: bool | None) -> UsageRow:
    """One request."""
    row = UsageRow(Grain.CALL, request_id=first_name(record, "request_id", "response_id"))
    model = first_name(record, "model_override", "response_model", "model", "request_model")
    row.provider, row.model = name_model(provider_of(record), model)
    add_times(row, record, clock)
    add_tokens(row, record, row.provider != "anthropic" if inclusive is None else inclusive)
    add_names(row, record)
    found = next((record[name] for name in ("cost", "costUSD", "cost_usd") if record.get(name) is not None), None)
    cost = read_cost(found, "The cost")
    row.billed_cost, row.currency = (cost[0], cost[1] or "USD") if cost else (None, None)
    return row


def provider_of(record: Mapping[str, Any]) -> str | None:
    """The provider, unless it is one Helicone has no name for."""
    name = first_name(record, "provider")
    return None if name is None or name.upper() == "CUSTOM" else name


def add_times(row: UsageRow, record: Mapping[str, Any], clock: Clock) -> None:
    """When it was asked, how long the answer took, and when it began."""
    asked, answered = (clean_name(record.get(name)) for name in ("request_created_at", "response_created_at"))
    row.time = clock(asked) if asked else None
    delay = record.get("delay_ms") if record.get("delay_ms") is not None else record.get("latency")
    row.latency_ms = read_milliseconds(delay, "The latency")
    if row.latency_ms is None and answered:
        row.latency_ms = count_elapsed(row.time, clock(answered))
    row.first_token_ms = read_milliseconds(record.get("time_to_first_token"), "The time to the first token")


def add_tokens(row: UsageRow, record: Mapping[str, Any], inclusive: bool) -> None:
    """The tokens; Anthropic's prompt tokens are without what was cached, the others' are with it."""
    row.input_tokens = read_input(record.get("prompt_tokens"))
    row.output_tokens = read_output(record.get("completion_tokens"))
    row.cached_read_tokens = read_cached(record.get("prompt_cache_read_tokens"))
    row.cache_write_5m_tokens = read_written(record.get("prompt_cache_write_tokens"))
    row.reasoning_tokens = read_reasoning(record.get("reasoning_tokens"))
    if inclusive:
        row.source_total = read_count(record.get("total_tokens"), "The total of tokens")
    make_disjoint(row, input_inclusive=inclusive, output_inclusive=True)


def add_names(row: UsageRow, record: Mapping[str, Any]) -> None:
    """Whose request it was, for what, and how it ended; properties are the application's own words."""
    given = object_at(record, "request_properties") or object_at(record, "properties")
    properties = {str(name).lower().removeprefix(OWN_PROPERTIES): value for name, value in given.items()}
    row.user_name = first_name(record, "request_user_id", "user_id") or first_name(properties, "user-id", "user")
    row.team = first_name(properties, "team", "department", "customer", "organization")
    row.feature = first_name(properties, "feature", "app", "appname", "session-name", "task", "environment")
    row.session = first_name(properties, "session-id", "session", "conversation")
    status = clean_name(record.get("response_status")) or clean_name(record.get("status"))
    row.status, row.error = read_status(OWN_STATUSES.get(status or "", status))
    body = object_at(record, "request_body")
    row.prompt_hash = hash_prompt(body.get("messages") or body.get("prompt"))
    row.extra = make_extra(
        path=first_name(record, "request_path"),
        prompt_id=first_name(record, "prompt_id"),
        max_tokens=body.get("max_tokens"),
        temperature=body.get("temperature"),
    )


FORMAT = Format("helicone", "Helicone requests", recognise, open_reader)
