"""OpenTelemetry spans of calls to models (gen_ai conventions): whole OTLP exports, parts of them, or single spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from agents.usage.naming import (
    clean_name,
    first_name,
    hash_prompt,
    make_extra,
    name_model,
    object_at,
    objects_at,
    value_at,
)
from agents.usage.numbers import count_reader, make_disjoint, read_count, read_milliseconds
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.times import Clock, count_elapsed, open_clock

Attributes = Mapping[str, Any]
Span = tuple[Mapping[str, Any], Attributes, Attributes]  # the span, its attributes, its resource's
# Spans around calls repeat the sums of the calls inside them.
AROUND_CALLS: Final = ("invoke_agent", "create_agent", "execute_tool", "invoke_workflow")
SCALARS: Final = ("stringValue", "intValue", "doubleValue", "boolValue")
USAGE: Final = "gen_ai.usage."
INPUT: Final = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens")
OUTPUT: Final = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens")
CACHED: Final = (
    *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
    *("gen_ai.usage.input_tokens.cached", "gen_ai.usage.cached_tokens"),
)
WRITTEN: Final = (
    *("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"),
    *("gen_ai.usage.input_tokens.cache_write",),
)
REASONING: Final = (
    *("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.output_tokens.reasoning"),
    *("gen_ai.usage.reasoning_tokens",),
)
TOTAL: Final = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens")
FIRST_CHUNK_SECONDS: Final = "gen_ai.response.time_to_first_chunk"
read_input = count_reader("The number of input tokens")
read_output = count_reader("The number of output tokens")
read_cached = count_reader("The number of tokens read from the cache")
read_written = count_reader("The number of tokens written to the cache")
read_reasoning = count_reader("The number of reasoning tokens")


def recognise(sample: Sample) -> Match | None:
    """By spans with attributes of the gen_ai conventions."""
    if sample.kind != "json":
        return None
    fits = any(is_call(attributes) for record in sample.records for _, attributes, _ in list_spans(record))
    return Match(94, "It has OpenTelemetry spans with “gen_ai…” attributes.") if fits else None


def list_spans(record: Any) -> Iterator[Span]:
    """The spans of an export, of one of its resources, or the one the record is."""
    resources = objects_at(record, "resourceSpans") or objects_at(record, "resource_spans")
    for resource in resources or [record]:
        shared = read_attributes(object_at(resource, "resource").get("attributes"))
        scopes = objects_at(resource, "scopeSpans") or objects_at(resource, "scope_spans")
        scopes = scopes or objects_at(resource, "instrumentationLibrarySpans")
        spans = [span for scope in scopes for span in objects_at(scope, "spans")]
        for span in spans or ([] if scopes else [resource]):
            yield span, read_attributes(span.get("attributes")), shared


def read_attributes(given: Any) -> Attributes:
    """Attributes as an object; OTLP has them as a list of keys and typed values."""
    if isinstance(given, Mapping):
        return given
    pairs = (item for item in given if isinstance(item, Mapping)) if isinstance(given, list) else ()
    return {item["key"]: read_value(item.get("value")) for item in pairs if isinstance(item.get("key"), str)}


def read_value(value: Any) -> Any:
    """A typed value of OTLP, whose whole numbers are text."""
    if not isinstance(value, Mapping):
        return value
    items = objects_at(value, "arrayValue", "values")
    if items:
        return [read_value(item) for item in items]
    found = next((value[kind] for kind in SCALARS if kind in value), None)
    if "intValue" in value and isinstance(found, str) and found.isdecimal() and len(found) < 20:
        return int(found)
    return found


def is_call(attributes: Attributes) -> bool:
    """Whether a span is one call of a model, not something around calls."""
    if attributes.get("gen_ai.operation.name") in AROUND_CALLS:
        return False
    return any(name in attributes for name in (*INPUT, *OUTPUT)) or (
        "gen_ai.request.model" in attributes and "error.type" in attributes
    )


def open_reader(reading: Reading) -> Reader:
    """A row for each span that is a call."""
    clock = open_clock(reading.options)
    # The conventions say the input includes what was cached; some libraries are older than that.
    inclusive = reading.options.get("input_includes_cached") is not False

    def read(record: Record) -> list[UsageRow]:
        return [read_span(span, clock, inclusive) for span in list_spans(record) if is_call(span[1])]

    return read


def read_span(span: Span, clock: Clock, inclusive: bool) -> UsageRow:
    """One call."""
    body, attributes, resource = span
    row = UsageRow(Grain.CALL, request_id=find_id(body, attributes))
    add_times(row, body, attributes, clock)
    row.input_tokens = read_input(first_of(attributes, INPUT))
    row.output_tokens = read_output(first_of(attributes, OUTPUT))
    row.cached_read_tokens = read_cached(first_of(attributes, CACHED))
    row.cache_write_5m_tokens = read_written(first_of(attributes, WRITTEN))
    row.reasoning_tokens = read_reasoning(first_of(attributes, REASONING))
    row.source_total = read_count(first_of(attributes, TOTAL), "The total of tokens")
    make_disjoint(row, input_inclusive=inclusive, output_inclusive=True)
    add_names(row, body, attributes, resource)
    return row


def first_of(attributes: Attributes, names: tuple[str, ...]) -> Any:
    """The value under the first of these names."""
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


def find_id(body: Mapping[str, Any], attributes: Attributes) -> str | None:
    """The provider's id of the answer, which stays one when two libraries trace the same call; else the span's."""
    answer = first_name(attributes, "gen_ai.response.id")
    span = first_name(body, "spanId", "span_id") or first_name(object_at(body, "context"), "span_id")
    return answer or (f"{find_trace(body) or ''}:{span}" if span else None)


def find_trace(body: Mapping[str, Any]) -> str | None:
    """The trace a span belongs to."""
    return first_name(body, "traceId", "trace_id") or first_name(object_at(body, "context"), "trace_id")


def add_times(row: UsageRow, body: Mapping[str, Any], attributes: Attributes, clock: Clock) -> None:
    """When it began, and how long it took."""
    starts = ("startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime")
    ends = ("endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime")
    start, end = first_of(body, starts), first_of(body, ends)
    row.time = None if start is None else clock(start)
    row.latency_ms = count_elapsed(row.time, clock(end)) if end not in (None, "", 0, "0") else None
    row.first_token_ms = read_milliseconds(attributes.get(FIRST_CHUNK_SECONDS), "The time to the first token", 1000.0)


def add_names(row: UsageRow, body: Mapping[str, Any], attributes: Attributes, resource: Attributes) -> None:
    """Which model, on whose behalf, and how it ended."""
    provider = first_name(attributes, "gen_ai.provider.name", "gen_ai.system")
    model = first_name(attributes, "gen_ai.response.model", "gen_ai.request.model")
    row.provider, row.model = name_model(provider, model)
    row.user_name = first_name(attributes, "enduser.id", "user.id", "user.email")
    row.team = first_name(attributes, "team") or first_name(resource, "team", "service.namespace")
    row.feature = first_name(attributes, "gen_ai.agent.name") or first_name(resource, "service.name")
    row.session = first_name(attributes, "gen_ai.conversation.id", "session.id") or find_trace(body)
    row.error = first_name(attributes, "error.type")
    code = clean_name(value_at(body, "status", "code")) or clean_name(value_at(body, "status", "status_code"))
    row.status = "error" if row.error or code in {"2", "STATUS_CODE_ERROR", "ERROR"} else "ok"
    row.prompt_hash = hash_prompt(first_of(attributes, ("gen_ai.input.messages", "gen_ai.prompt.0.content")))
    row.extra = make_extra(
        operation=first_name(attributes, "gen_ai.operation.name"),
        finish_reason=attributes.get("gen_ai.response.finish_reasons"),
        max_tokens=attributes.get("gen_ai.request.max_tokens"),
        temperature=attributes.get("gen_ai.request.temperature"),
        service_tier=first_name(attributes, "openai.response.service_tier", "gen_ai.openai.response.service_tier"),
    )


FORMAT = Format("otel", "OpenTelemetry spans", recognise, open_reader)
