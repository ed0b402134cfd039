"""Langfuse's observations: the API's and the UI's exports (camel case), and blob storage exports (snake case)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from agents.usage.naming import (
    clean_name,
    first_name,
    hash_prompt,
    make_extra,
    name_model,
    object_at,
    objects_at,
    snake,
)
from agents.usage.numbers import count_reader, make_disjoint, read_cost, read_count, read_milliseconds
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, Unusable, UsageRow
from agents.usage.times import Clock, count_elapsed, open_clock

# What tells an observation from other things with a start; in snake case.
ALWAYS: Final = frozenset(("id", "trace_id", "start_time"))
TELLING: Final = frozenset(
    (
        *("usage_details", "cost_details", "completion_start_time", "parent_observation_id", "provided_model_name"),
        *("prompt_tokens", "calculated_total_cost", "status_message"),
    )
)
CALLS: Final = ("GENERATION", "EMBEDDING")
CACHED: Final = ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read", "input_cached")
WRITTEN: Final = ("cache_creation_input_tokens", "input_cache_creation", "input_cache_write", "input_cache_creation_5m")
WRITTEN_1H: Final = ("input_cache_creation_1h", "ephemeral_1h_input_tokens")
REASONING: Final = ("output_reasoning_tokens", "reasoning_tokens", "output_reasoning")
PLAIN_INPUT: Final = ("input", "input_tokens", "prompt_tokens")
PLAIN_OUTPUT: Final = ("output", "output_tokens", "completion_tokens")
MILLISECONDS_A_SECOND: Final = 1000.0
read_tokens = count_reader("A number of tokens")
# The same few names come with every observation.
name_field = lru_cache(maxsize=1024)(snake)


def recognise(sample: Sample) -> Match | None:
    """By the fields of an observation."""
    if sample.kind == "table":
        seen = {snake(column) for column in sample.columns}
    else:
        seen = {snake(str(key)) for record in sample.records[:20] for key in list_observations(record)[0]}
    fits = seen >= ALWAYS and len(seen & TELLING) > 1
    return Match(88, "It has the fields of Langfuse's observations.") if fits else None


def list_observations(record: Record) -> list[Mapping[str, Any]]:
    """The observations of a page, or the one the record is."""
    return (objects_at(record, "data") if "trace_id" not in record and "traceId" not in record else []) or [record]


def open_reader(reading: Reading) -> Reader:
    """A row for each generation; spans and events use no model."""
    clock = open_clock(reading.options)

    def read(record: Record) -> list[UsageRow]:
        return [row for one in list_observations(record) if (row := read_observation(one, clock)) is not None]

    return read


def read_observation(record: Mapping[str, Any], clock: Clock) -> UsageRow | None:
    """One generation; None for what used no model."""
    fields = {name_field(str(name)): value for name, value in record.items()}
    usage = find_usage(fields)
    model = first_name(fields, "provided_model_name", "model", "internal_model")
    if (first_name(fields, "type") or "GENERATION").upper() not in {"GENERATION", "EMBEDDING"} and not (
        usage and model
    ):
        return None
    row = UsageRow(Grain.CALL, request_id=first_name(fields, "id"))
    add_times(row, fields, clock)
    add_tokens(row, usage)
    row.provider, row.model = name_model(None, model)
    add_names(row, fields)
    add_cost(row, fields)
    return row


def find_usage(fields: Mapping[str, Any]) -> dict[str, int]:
    """How many units of what were used; a key is a kind of token."""
    usage = object_at(fields, "usage_details") or object_at(fields, "usage")
    unit = first_name(usage, "unit") or first_name(fields, "unit")
    if unit is not None and unit.upper() != "TOKENS":
        raise Unusable(f"The observation counts {unit.lower()}, not tokens.")
    # The older usage holds costs beside the counts.
    names = [name for name in usage if name != "unit" and not name.lower().endswith("cost")]
    found = {name: read_tokens(usage[name]) for name in names}
    if not found:
        flat = {"input": ("input_usage", "prompt_tokens"), "output": ("output_usage", "completion_tokens")}
        for kind, given in {**flat, "total": ("total_usage", "total_tokens")}.items():
            told = [fields[name] for name in given if fields.get(name) not in (None, "")]
            if told:
                found[kind] = read_tokens(told[0])
    return found


def add_tokens(row: UsageRow, usage: Mapping[str, int]) -> None:
    """Langfuse's kinds stand beside each other; where the total shows that parts are inside, they are taken out."""
    row.cached_read_tokens = max(usage.get(name, 0) for name in CACHED)
    row.cache_write_1h_tokens = max(usage.get(name, 0) for name in WRITTEN_1H)
    row.cache_write_5m_tokens = max(usage.get(name, 0) for name in WRITTEN)
    row.reasoning_tokens = max(usage.get(name, 0) for name in REASONING)
    row.input_tokens = max(usage.get(name, 0) for name in PLAIN_INPUT)
    row.output_tokens = max(usage.get(name, 0) for name in PLAIN_OUTPUT)
    row.source_total = read_count(usage.get("total") or usage.get("total_tokens"), "The total of tokens")
    if row.source_total == row.input_tokens + row.output_tokens:
        make_disjoint(row, input_inclusive=True, output_inclusive=True)
        return
    # Audio, images and tools have kinds of their own; prices know only input and output.
    known = {*CACHED, *WRITTEN, *WRITTEN_1H, *REASONING, *PLAIN_INPUT, *PLAIN_OUTPUT}
    more = {name: count for name, count in usage.items() if name not in known}
    row.input_tokens += sum(count for name, count in more.items() if name.startswith("input"))
    row.output_tokens += sum(count for name, count in more.items() if name.startswith("output"))


def add_times(row: UsageRow, fields: Mapping[str, Any], clock: Clock) -> None:
    """When it began, ended, and answered; durations alone are seconds."""
    moments = [clean_name(fields.get(name)) for name in ("start_time", "end_time", "completion_start_time")]
    start, end, first = (clock(moment) if moment else None for moment in moments)
    row.time, row.latency_ms, row.first_token_ms = start, count_elapsed(start, end), count_elapsed(start, first)
    if row.latency_ms is None:
        row.latency_ms = read_milliseconds(fields.get("latency"), "The latency", MILLISECONDS_A_SECOND)
    if row.first_token_ms is None:
        waited = fields.get("time_to_first_token")
        row.first_token_ms = read_milliseconds(waited, "The time to the first token", MILLISECONDS_A_SECOND)


def add_names(row: UsageRow, fields: Mapping[str, Any]) -> None:
    """Whose it was, whether it worked, and under which settings."""
    metadata, settings = object_at(fields, "metadata"), object_at(fields, "model_parameters")
    row.user_name = first_name(fields, "user_id")
    row.session = first_name(fields, "session_id", "trace_id")
    row.feature = first_name(fields, "trace_name", "name")
    row.team = first_name(metadata, "team", "team_name", "project", "customer")
    is_error = first_name(fields, "level") == "ERROR"
    row.status = "error" if is_error else "ok"
    row.error = (first_name(fields, "status_message") or "error") if is_error else None
    row.prompt_hash = hash_prompt(fields.get("input"))
    row.extra = make_extra(
        environment=first_name(fields, "environment"),
        prompt_name=first_name(fields, "prompt_name"),
        max_tokens=settings.get("max_tokens") or settings.get("max_completion_tokens"),
        temperature=settings.get("temperature"),
        service_tier=first_name(settings, "service_tier"),
    )


def add_cost(row: UsageRow, fields: Mapping[str, Any]) -> None:
    """What Langfuse reckons it cost, in US dollars."""
    costs = object_at(fields, "cost_details")
    value = next(
        (
            found
            for found in (costs.get("total"), fields.get("calculated_total_cost"), fields.get("total_cost"))
            if found
        ),
        None,
    )
    cost = read_cost(value, "The cost")
    row.billed_cost, row.currency = (cost[0], cost[1] or "USD") if cost else (None, None)


FORMAT = Format("langfuse", "Langfuse observations", recognise, open_reader)
