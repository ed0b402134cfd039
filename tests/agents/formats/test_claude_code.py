"""Session logs of Claude Code."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from tests.agents.formats.reading import lines, once, take, told, totals


def answers() -> dict[str, dict[str, Any]]:
    """The last line of each answer; the sample's last lines are complete."""
    return {
        line["message"]["id"]: line
        for line in lines("claude_code.jsonl")
        if line["type"] == "assistant" and line["message"]["model"] != "<synthetic>"
    }


def test_sessions_are_known_by_their_messages() -> None:
    found = take("claude_code.jsonl").found
    assert (found.format, found.why) == ("claude_code", "Its lines are messages of a Claude Code session.")


def test_an_answer_of_several_lines_counts_once() -> None:
    rows = take("claude_code.jsonl").rows
    usages = [line["message"]["usage"] for line in answers().values()]
    assert len(rows) > len(usages)
    assert totals(once(rows)) == {
        "requests": len(usages),
        "input_tokens": sum(usage["input_tokens"] for usage in usages),
        "cached_read_tokens": sum(usage["cache_read_input_tokens"] for usage in usages),
        "cache_write_5m_tokens": sum(usage["cache_creation"]["ephemeral_5m_input_tokens"] for usage in usages),
        "cache_write_1h_tokens": sum(usage["cache_creation"]["ephemeral_1h_input_tokens"] for usage in usages),
        "output_tokens": sum(usage["output_tokens"] for usage in usages),
    }


def test_one_row_field_by_field() -> None:
    line = next(iter(answers().values()))
    row, usage = take("claude_code.jsonl").rows[0], line["message"]["usage"]
    counts = {
        "input_tokens": usage["input_tokens"],
        "cached_read_tokens": usage["cache_read_input_tokens"],
        "cache_write_5m_tokens": usage["cache_creation"]["ephemeral_5m_input_tokens"],
        "cache_write_1h_tokens": usage["cache_creation"]["ephemeral_1h_input_tokens"],
        "output_tokens": usage["output_tokens"],
    }
    assert told(row) == {
        "grain": "call",
        "request_id": f"{line['message']['id']}:{line['requestId']}",
        "requests": 1,
        "time": row.time,
        "provider": "anthropic",
        "model": "claude-sonnet-4-6",
        **{name: count for name, count in counts.items() if count},
        "status": "ok",
        "team": "storefront",
        "feature": "coding-agent",
        "session": "5e0f-session-a",
        "extra": '{"service_tier":"standard"}',
    }


def test_the_last_line_knows_every_tool_and_no_path() -> None:
    line = next(line for line in answers().values() if line["message"]["content"][0].get("name") == "Bash")
    request = f"{line['message']['id']}:{line['requestId']}"
    row = next(row for row in once(take("claude_code.jsonl").rows) if row.request_id == request)
    extra = orjson.loads(row.extra or "")
    assert extra["tools"] == ["Read", "Bash"]
    paths = {block["message"]["content"][0].get("input", {}).get("file_path") for block in all_lines_of(line)}
    hashes = {hashlib.sha256(path.encode()).hexdigest()[:16] for path in paths if path}
    assert set(extra["paths_hash"]) == hashes
    assert "/home/" not in (row.extra or "")


def all_lines_of(line: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in lines("claude_code.jsonl") if one.get("requestId") == line["requestId"]]
