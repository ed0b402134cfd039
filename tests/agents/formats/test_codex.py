"""Session logs of the Codex CLI."""

from __future__ import annotations

from typing import Any

import orjson

from agents.usage.formats.codex import FORMAT
from agents.usage.records import Reading
from tests.agents.formats.reading import lines, take, told, totals


def last_totals() -> dict[str, int]:
    infos = [line["payload"].get("info") for line in lines("codex.jsonl") if line["type"] == "event_msg"]
    found: dict[str, int] = [info for info in infos if info][-1]["total_token_usage"]
    return found


def test_sessions_are_known_by_their_events() -> None:
    found = take("codex.jsonl").found
    assert (found.format, found.why) == ("codex", "Its lines are events of a Codex session.")


def test_the_rows_add_up_to_the_sessions_last_count() -> None:
    counted = last_totals()
    assert totals(take("codex.jsonl").rows) == {
        "requests": 14,
        "input_tokens": counted["input_tokens"] - counted["cached_input_tokens"],
        "cached_read_tokens": counted["cached_input_tokens"],
        "output_tokens": counted["output_tokens"] - counted["reasoning_output_tokens"],
        "reasoning_tokens": counted["reasoning_output_tokens"],
    }


def test_one_row_field_by_field() -> None:
    event = next(line for line in lines("codex.jsonl") if line["type"] == "event_msg")
    last, row = event["payload"]["info"]["last_token_usage"], take("codex.jsonl").rows[0]
    counts = {
        "input_tokens": last["input_tokens"] - last["cached_input_tokens"],
        "cached_read_tokens": last["cached_input_tokens"],
        "output_tokens": last["output_tokens"] - last["reasoning_output_tokens"],
        "reasoning_tokens": last["reasoning_output_tokens"],
    }
    assert told(row) == {
        "grain": "call",
        "request_id": row.request_id,
        "requests": 1,
        "time": row.time,
        "provider": "openai",
        "model": "gpt-5-codex",
        **{name: count for name, count in counts.items() if count},
        "status": "ok",
        "team": "ledger",
        "feature": "coding-agent",
        "session": "0199-codex-session",
        "extra": row.extra,
        "source_total": last["total_tokens"],
    }
    extra = orjson.loads(row.extra or "")
    assert (extra["tools"], extra["reasoning_effort"]) == (["shell"], "medium")


def test_the_same_count_again_is_no_request() -> None:
    events = [line for line in lines("codex.jsonl") if line["type"] == "event_msg" and line["payload"].get("info")]
    assert len(events) > len(take("codex.jsonl").rows)


def test_counts_that_fell_began_anew() -> None:
    def event(tokens: int) -> dict[str, Any]:
        usage = {"input_tokens": tokens, "total_tokens": tokens}
        return {"type": "event_msg", "payload": {"type": "token_count", "info": {"total_token_usage": usage}}}

    read = FORMAT.open_reader(Reading())
    assert [row.input_tokens for tokens in (100, 150, 30) for row in read(event(tokens))] == [100, 50, 30]


def test_each_file_has_a_state_of_its_own() -> None:
    read = FORMAT.open_reader(Reading())
    rows = [row for line in lines("codex.jsonl") for row in read(line)]
    assert rows == take("codex.jsonl").rows
