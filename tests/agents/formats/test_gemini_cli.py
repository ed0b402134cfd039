"""Session logs of the Gemini CLI."""

from __future__ import annotations

from datetime import datetime

import pytest

from agents.usage.formats.gemini_cli import read_usage
from tests.agents.formats.reading import document, once, take, told, totals

NAMES = ("gemini_cli.json", "gemini_cli.jsonl")


@pytest.mark.parametrize("name", NAMES)
def test_sessions_are_known_by_their_answers(name: str) -> None:
    found = take(name).found
    assert (found.format, found.why) == ("gemini_cli", "Its messages are those of a Gemini CLI session.")


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_add_up_to_the_answers(name: str) -> None:
    found = [message["tokens"] for message in document("gemini_cli.json")["messages"] if message["type"] == "gemini"]
    cached = sum(tokens["cached"] for tokens in found)
    assert totals(once(take(name).rows)) == {
        "requests": len(found),
        "input_tokens": sum(tokens["input"] + tokens["tool"] for tokens in found) - cached,
        "cached_read_tokens": cached,
        "output_tokens": sum(tokens["output"] for tokens in found),
        "reasoning_tokens": sum(tokens["thoughts"] for tokens in found),
    }


def test_one_row_field_by_field() -> None:
    message = document("gemini_cli.json")["messages"][1]
    row, tokens = take("gemini_cli.jsonl").rows[0], message["tokens"]
    counts = {
        "input_tokens": tokens["input"] + tokens["tool"] - tokens["cached"],
        "cached_read_tokens": tokens["cached"],
        "output_tokens": tokens["output"],
        "reasoning_tokens": tokens["thoughts"],
    }
    assert told(row) == {
        "grain": "call",
        "request_id": message["id"],
        "requests": 1,
        "time": datetime(2026, 9, 1, 0, 1),
        "provider": "google",
        "model": "gemini-2.5-pro",
        **{name: count for name, count in counts.items() if count},
        "status": "ok",
        "team": "atlas",
        "feature": "coding-agent",
        "session": "gem-session-1",
        "extra": row.extra,
        "source_total": tokens["total"],
    }
    assert '"tools":["read_file"]' in (row.extra or "")


def test_the_total_tells_whether_tools_are_within_the_input() -> None:
    inside = read_usage({"input": 100, "output": 5, "tool": 30, "total": 105})
    beside = read_usage({"input": 100, "output": 5, "tool": 30, "total": 135})
    assert (inside.input_tokens, beside.input_tokens) == (100, 130)
