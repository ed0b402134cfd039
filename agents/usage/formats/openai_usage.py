"""OpenAI's usage: pages of the organization usage API, and the dashboard's usage exports; totals of a time bucket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from agents.usage.naming import clean_name, first_name, make_extra, make_id, name_model
from agents.usage.numbers import count_reader, make_disjoint
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.reports import list_results
from agents.usage.times import Clock, open_clock

KIND_BEFORE: Final = "organization.usage."
# What a row of the dashboard's exports always has, of today's and of the older activity export.
TABLES: Final = (
    frozenset(("start_time", "end_time", "num_model_requests", "input_tokens")),
    frozenset(("n_context_tokens_total", "n_generated_tokens_total")),
)
# Storage and sessions are billed, but they are no requests to a model.
NO_MODEL_USED: Final = ("vector_stores", "code_interpreter_sessions")
read_requests = count_reader("The number of requests")
read_input = count_reader("The number of input tokens")
read_cached = count_reader("The number of cached input tokens")
read_written = count_reader("The number of cache write tokens")
read_output = count_reader("The number of output tokens")


def recognise(sample: Sample) -> Match | None:
    """By the name OpenAI gives every result, or the columns of its exports."""
    if sample.kind == "table":
        fits = any(columns <= set(sample.columns) for columns in TABLES)
        return Match(92, "It has the columns of OpenAI's usage export.") if fits else None
    if any(is_result(result) for record in sample.records for _, result in list_results(record)):
        return Match(95, "Its results are named “organization.usage…”, as those of OpenAI's usage API.")
    fits = any(TABLES[1] <= set(record) for record in sample.records)
    return Match(90, "It has the keys of OpenAI's activity export.") if fits else None


def is_result(result: Mapping[str, Any]) -> bool:
    """Whether OpenAI names it a usage result."""
    return str(clean_name(result.get("object"))).startswith(KIND_BEFORE)


def open_reader(reading: Reading) -> Reader:
    """A row for each result; in a table, for each line with usage."""
    clock = open_clock(reading.options)

    def read(record: Record) -> list[UsageRow]:
        if "num_model_requests" in record or "n_requests" in record or "n_context_tokens_total" in record:
            found = [(record, record)]
        else:
            found = list(list_results(record))
        return [row for bucket, result in found if (row := read_result(bucket, result, clock)) is not None]

    return read


def read_result(bucket: Mapping[str, Any], result: Mapping[str, Any], clock: Clock) -> UsageRow | None:
    """One total; None for a bucket without usage, and for what is no call of a model."""
    kind = (clean_name(result.get("object")) or "").removeprefix(KIND_BEFORE).removesuffix(".result")
    get = first_given(result)
    requests, tokens = get("num_model_requests", "n_requests"), get("input_tokens", "n_context_tokens_total")
    if kind in NO_MODEL_USED or (requests is None and tokens is None):
        return None
    start = first_given(bucket)("start_time", "start_time_iso", "aggregation_timestamp", "timestamp")
    row = UsageRow(
        Grain.BUCKET,
        requests=read_requests(requests),
        time=None if start is None else clock(start),
        input_tokens=read_input(tokens),
        cached_read_tokens=read_cached(get("input_cached_tokens", "n_cached_context_tokens_total")),
        cache_write_5m_tokens=read_written(get("input_cache_write_tokens")),
        output_tokens=read_output(get("output_tokens", "n_generated_tokens_total")),
    )
    row.source_total = row.input_tokens + row.output_tokens
    name_row(row, bucket, result, kind or "completions")
    return make_disjoint(row, input_inclusive=True, output_inclusive=False)


def name_row(row: UsageRow, bucket: Mapping[str, Any], result: Mapping[str, Any], kind: str) -> None:
    """By what the total is grouped; together with its time that is its identity."""
    row.provider, row.model = name_model("openai", first_name(result, "model", "snapshot_id"))
    row.team = first_name(result, "project_name", "project_id")
    row.user_name = first_name(result, "user_email", "email", "user_id", "user")
    key, tier, batch = (
        first_name(result, "api_key_id", "api_key_name"),
        first_name(result, "service_tier"),
        is_batch(result),
    )
    row.extra = make_extra(kind=kind, api_key_id=key, service_tier=tier, batch=batch)
    end = clean_name(bucket.get("end_time")) or clean_name(bucket.get("end_time_iso"))
    project, user = first_name(result, "project_id", "project_name"), first_name(result, "user_id", "user", "email")
    row.request_id = make_id("openai_usage", kind, row.time, end, row.model, project, user, key, tier, batch)


def is_batch(result: Mapping[str, Any]) -> bool | None:
    """Whether it went through the batch API, where that is told."""
    value = result.get("batch")
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get((clean_name(value) or "").lower())


def first_given(values: Mapping[str, Any]) -> Callable[..., Any]:
    """Finds the first of several keys that has a value."""

    def get(*names: str) -> Any:
        return next((value for name in names if (value := values.get(name)) not in (None, "")), None)

    return get


FORMAT = Format("openai_usage", "OpenAI usage", recognise, open_reader)
