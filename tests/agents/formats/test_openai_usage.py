"""OpenAI's usage API and its dashboard's exports."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from agents.usage.formats import detect
from agents.usage.formats.openai_usage import FORMAT
from agents.usage.records import Reading, Sample
from tests.agents.formats.reading import document, table, take, told, totals


def results() -> list[dict[str, Any]]:
    return [result for bucket in document("openai_usage.json")["data"] for result in bucket["results"]]


def test_pages_are_known_by_their_results() -> None:
    found = take("openai_usage.json").found
    assert (found.format, "organization.usage" in found.why) == ("openai_usage", True)


def test_the_export_is_known_by_its_columns() -> None:
    found = take("openai_usage.csv").found
    assert (found.format, found.why) == ("openai_usage", "It has the columns of OpenAI's usage export.")


def test_the_rows_add_up_to_the_pages() -> None:
    counted = [result for result in results() if "num_model_requests" in result]
    cached = sum(result.get("input_cached_tokens", 0) for result in counted)
    assert totals(take("openai_usage.json").rows) == {
        "requests": sum(result["num_model_requests"] for result in counted),
        "input_tokens": sum(result["input_tokens"] for result in counted) - cached,
        "cached_read_tokens": cached,
        "output_tokens": sum(result.get("output_tokens", 0) for result in counted),
    }


def test_the_rows_add_up_to_the_export() -> None:
    lines = [line for line in table("openai_usage.csv") if line["input_tokens"]]
    assert totals(take("openai_usage.csv").rows) == {
        "requests": sum(int(line["num_model_requests"]) for line in lines),
        "input_tokens": sum(int(line["input_uncached_tokens"]) for line in lines),
        "cached_read_tokens": sum(int(line["input_cached_tokens"]) for line in lines),
        "output_tokens": sum(int(line["output_tokens"]) for line in lines),
    }


def test_one_row_field_by_field() -> None:
    bucket = document("openai_usage.json")["data"][0]
    result, row = bucket["results"][0], take("openai_usage.json").rows[0]
    assert len(row.request_id or "") == 24
    assert told(row) == {
        "grain": "bucket",
        "request_id": row.request_id,
        "requests": result["num_model_requests"],
        "time": datetime(2026, 9, 1),
        "provider": "openai",
        "model": result["model"],
        "input_tokens": result["input_tokens"] - result["input_cached_tokens"],
        "cached_read_tokens": result["input_cached_tokens"],
        "output_tokens": result["output_tokens"],
        "user_name": result["user_id"],
        "team": result["project_id"],
        "extra": row.extra,
        "source_total": result["input_tokens"] + result["output_tokens"],
    }
    key, batch = result["api_key_id"], result["batch"]
    assert json.loads(row.extra or "") == {"api_key_id": key, "batch": batch, "kind": "completions"}


def test_a_bucket_alone_and_a_whole_page_give_the_same_rows() -> None:
    page = document("openai_usage.json")
    whole = list(FORMAT.open_reader(Reading())(page))
    alone = [row for bucket in page["data"] for row in FORMAT.open_reader(Reading())(bucket)]
    assert whole == alone
    assert len({row.request_id for row in whole}) == len(whole)


def test_cache_writes_are_part_of_the_input() -> None:
    result = {"object": "organization.usage.completions.result", "input_tokens": 100, "input_cached_tokens": 40}
    bucket = {
        "start_time": 1,
        "end_time": 2,
        "results": [{**result, "input_cache_write_tokens": 25, "output_tokens": 5}],
    }
    row = next(iter(FORMAT.open_reader(Reading())(bucket)))
    assert (row.input_tokens, row.cached_read_tokens, row.cache_write_5m_tokens) == (35, 40, 25)


@pytest.mark.parametrize("kind", ["json", "table"])
def test_the_older_activity_export_is_read(kind: str) -> None:
    line = {"timestamp": 1_725_148_800, "model": "gpt-4o", "n_requests": 3, "n_context_tokens_total": 900}
    line |= {"n_generated_tokens_total": 60, "project_name": "Cedar"}
    record = line if kind == "json" else {name: str(value) for name, value in line.items()}
    assert detect(Sample(kind, (record,), tuple(record))).format == "openai_usage"
    row = next(iter(FORMAT.open_reader(Reading())(record)))
    assert (row.requests, row.input_tokens, row.output_tokens, row.team) == (3, 900, 60, "Cedar")
    assert row.time == datetime(2024, 9, 1)
