"""OpenTelemetry spans."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from agents.usage.formats import detect
from agents.usage.formats.otel import FORMAT
from agents.usage.records import Reading, Sample, Unusable, UsageRow
from tests.agents.formats.reading import document, take, told, totals

Pair = tuple[dict[str, Any], dict[str, Any]]


def plain(span: dict[str, Any]) -> dict[str, Any]:
    """A span's attributes, read in the sample's own way."""
    values = {item["key"]: next(iter(item["value"].values())) for item in span["attributes"]}
    return {name: int(value) if "tokens" in name else value for name, value in values.items()}


def calls() -> list[Pair]:
    spans = [
        span
        for resource in document("otel.json")["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    return [(span, plain(span)) for span in spans if plain(span).get("gen_ai.operation.name") == "chat"]


def read(record: dict[str, Any], **options: Any) -> list[UsageRow]:
    return list(FORMAT.open_reader(Reading(options=options))(record))


def flat(**attributes: Any) -> dict[str, Any]:
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return {"span_id": "s", "start_time": "2026-09-01T00:00:00Z", "attributes": named}


def test_spans_are_known_by_their_attributes() -> None:
    found = take("otel.json").found
    assert (found.format, found.why) == ("otel", "It has OpenTelemetry spans with “gen_ai…” attributes.")


def test_the_rows_add_up_to_the_calls() -> None:
    found = [attributes for _, attributes in calls()]
    cached = sum(one.get("gen_ai.usage.cache_read.input_tokens", 0) for one in found)
    names = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
    read_in = sum(one.get(name, 0) for one in found for name in names)
    names = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
    written = sum(one.get(name, 0) for one in found for name in names)
    assert totals(take("otel.json").rows) == {
        "requests": len(found),
        "input_tokens": read_in - cached,
        "cached_read_tokens": cached,
        "output_tokens": written,
    }


def test_one_row_field_by_field() -> None:
    span, attributes = calls()[0]
    row = take("otel.json").rows[0]
    nanoseconds = int(span["startTimeUnixNano"])
    cached = attributes["gen_ai.usage.cache_read.input_tokens"]
    assert told(row) == {
        "grain": "call",
        "request_id": attributes["gen_ai.response.id"],
        "requests": 1,
        "time": datetime(1970, 1, 1) + timedelta(microseconds=nanoseconds // 1000),
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "input_tokens": attributes["gen_ai.usage.input_tokens"] - cached,
        **({"cached_read_tokens": cached} if cached else {}),
        "output_tokens": attributes["gen_ai.usage.output_tokens"],
        "latency_ms": (int(span["endTimeUnixNano"]) - nanoseconds) // 10**6,
        "status": "ok",
        "user_name": attributes["user.id"],
        "team": "shop",
        "feature": "help-desk",
        "session": attributes["gen_ai.conversation.id"],
        "extra": '{"finish_reason":["stop"],"max_tokens":800,"operation":"chat","temperature":0.1}',
    }


def test_an_export_and_its_parts_give_the_same_rows() -> None:
    export = document("otel.json")
    assert read(export) == [row for resource in export["resourceSpans"] for row in read(resource)]


def test_spans_around_calls_are_not_counted_again() -> None:
    assert read(flat(gen_ai__operation__name="invoke_agent", gen_ai__usage__input_tokens=5)) == []


def test_a_failed_call_is_a_row_with_its_error() -> None:
    failed = [row for row in take("otel.json").rows if row.status == "error"]
    assert failed
    assert {row.error for row in failed} == {"timeout"}


def test_a_flat_span_with_plain_attributes_is_read() -> None:
    record = flat(gen_ai__usage__input_tokens=9, gen_ai__usage__output_tokens=2)
    assert detect(Sample("json", (record,))).format == "otel"
    assert [(row.input_tokens, row.output_tokens, row.request_id) for row in read(record)] == [(9, 2, ":s")]


def test_libraries_older_than_the_convention_need_a_word() -> None:
    names = ("gen_ai__usage__input_tokens", "gen_ai__usage__cache_read__input_tokens")
    record = {**flat(), "attributes": {names[0].replace("__", "."): 5, "gen_ai.usage.cache_read.input_tokens": 50}}
    with pytest.raises(Unusable, match="50 cached tokens are more than the 5 input tokens"):
        read(record)
    assert read(record, input_includes_cached=False)[0].cached_read_tokens == 50
