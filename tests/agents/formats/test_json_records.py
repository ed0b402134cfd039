"""JSON objects of any origin."""

from __future__ import annotations

from datetime import UTC, datetime

from agents.usage.formats.json_records import key_getter, list_keys
from tests.agents.formats.reading import lines, take, told, totals


def test_objects_are_known_by_their_keys() -> None:
    found = take("json_records.jsonl").found
    assert found.format == "json_records"
    assert "“usage.prompt_tokens”" in found.why


def test_the_rows_add_up_to_the_objects() -> None:
    usages = [record["usage"] for record in lines("json_records.jsonl")]
    cached = sum(usage["prompt_tokens_details"]["cached_tokens"] for usage in usages)
    reasoning = sum(usage["completion_tokens_details"]["reasoning_tokens"] for usage in usages)
    assert totals(take("json_records.jsonl").rows) == {
        "requests": len(usages),
        "input_tokens": sum(usage["prompt_tokens"] for usage in usages) - cached,
        "cached_read_tokens": cached,
        "output_tokens": sum(usage["completion_tokens"] for usage in usages) - reasoning,
        "reasoning_tokens": reasoning,
    }


def test_one_row_field_by_field() -> None:
    record = next(record for record in lines("json_records.jsonl") if record["model"].startswith("azure/"))
    row = next(row for row in take("json_records.jsonl").rows if row.request_id == record["id"])
    usage = record["usage"]
    cached, reasoning = (
        usage["prompt_tokens_details"]["cached_tokens"],
        usage["completion_tokens_details"]["reasoning_tokens"],
    )
    classes = {
        "input_tokens": usage["prompt_tokens"] - cached,
        "cached_read_tokens": cached,
        "output_tokens": usage["completion_tokens"] - reasoning,
        "reasoning_tokens": reasoning,
    }
    assert told(row) == {
        "grain": "call",
        "request_id": record["id"],
        "requests": 1,
        "time": datetime.fromtimestamp(record["created"], UTC).replace(tzinfo=None),
        "provider": "azure",
        "model": "gpt-4o-2024-08-06",
        **{name: count for name, count in classes.items() if count},
        "latency_ms": record["latency_ms"],
        "user_name": record["metadata"]["user_id"],
        "team": record["metadata"]["team"],
        "source_total": usage["total_tokens"],
    }


def test_keys_lead_into_objects_and_may_have_dots_themselves() -> None:
    record = {"a": {"b": 1}, "c.d": 2}
    assert set(list_keys([record])) == {"a", "a.b", "c.d"}
    assert (key_getter("a.b")(record), key_getter("c.d")(record), key_getter("a.x")(record)) == (1, 2, None)
