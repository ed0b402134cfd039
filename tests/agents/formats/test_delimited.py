"""Tables of any origin."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tests.agents.formats.reading import table, take, told, total_cost, totals


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_a_table_is_known_by_its_columns() -> None:
    found = take("delimited.csv").found
    assert found.format == "delimited"
    assert "“Timestamp”" in found.why
    assert "“Prompt tokens”" in found.why


def test_the_rows_add_up_to_the_table() -> None:
    lines, taken = table("delimited.csv", ";"), take("delimited.csv")
    cached = sum(int(line["Cached tokens"]) for line in lines)
    assert totals(taken.rows) == {
        "requests": len(lines),
        "input_tokens": sum(number(line["Prompt tokens"]) for line in lines) - cached,
        "cached_read_tokens": cached,
        "output_tokens": sum(int(line["Completion tokens"]) for line in lines),
    }
    assert total_cost(taken.rows) == sum(Decimal(line["Cost"].lstrip("$")) for line in lines)


def test_one_row_field_by_field() -> None:
    line = table("delimited.csv", ";")[3]
    assert told(take("delimited.csv").rows[3]) == {
        "grain": "call",
        "request_id": line["Request ID"],
        "requests": 1,
        "time": datetime.strptime(line["Timestamp"], "%d/%m/%Y %H:%M:%S"),
        "provider": {"gpt": "openai", "cla": "anthropic", "gem": "google"}[line["Model name"][:3]],
        "model": line["Model name"],
        "input_tokens": number(line["Prompt tokens"]) - int(line["Cached tokens"]),
        "cached_read_tokens": int(line["Cached tokens"]),
        "output_tokens": int(line["Completion tokens"]),
        "billed_cost": Decimal(line["Cost"].lstrip("$")),
        "currency": "USD",
        "latency_ms": round(float(line["Latency (s)"]) * 1000),
        "status": "ok",
        "user_name": line["User"],
        "team": line["Team"],
        "feature": line["Application"],
        "source_total": int(line["Total tokens"]),
    }


def test_a_formula_is_only_text() -> None:
    assert "=cmd|calc" in {row.feature for row in take("delimited.csv").rows}


def test_a_refused_call_has_its_status() -> None:
    failed = [row for row in take("delimited.csv").rows if row.status == "error"]
    assert len(failed) == sum(line["HTTP status"] == "429" for line in table("delimited.csv", ";"))
    assert {row.error for row in failed} == {"429"}
