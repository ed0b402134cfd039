"""Anthropic's cost report, in cents, and its console's export, in dollars."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from agents.usage.formats.anthropic_costs import model_of
from tests.agents.formats.reading import document, table, take, told, total_cost

NANO = Decimal("0.000000001")


def test_costs_are_known_by_their_amounts_and_columns() -> None:
    assert "cents" in take("anthropic_costs.json").found.why
    assert "cost export" in take("anthropic_costs.csv").found.why


def test_the_amounts_are_cents() -> None:
    found = [result for bucket in document("anthropic_costs.json")["data"] for result in bucket["results"]]
    expected = sum((Decimal(result["amount"]) / 100).quantize(NANO) for result in found)
    assert total_cost(take("anthropic_costs.json").rows) == expected


def test_the_export_is_in_dollars() -> None:
    expected = sum(Decimal(line["cost_usd"]) for line in table("anthropic_costs.csv"))
    assert total_cost(take("anthropic_costs.csv").rows) == expected


def test_one_row_field_by_field() -> None:
    result, row = document("anthropic_costs.json")["data"][0]["results"][0], take("anthropic_costs.json").rows[0]
    assert told(row) == {
        "grain": "cost",
        "request_id": row.request_id,
        "time": datetime(2026, 9, 1),
        "provider": "anthropic",
        "model": "claude-sonnet-4-6",
        "billed_cost": (Decimal(result["amount"]) / 100).quantize(NANO),
        "currency": "USD",
        "team": "wrkspc_maple",
        "extra": row.extra,
    }
    assert result["description"] in (row.extra or "")


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("Claude Haiku 4.5", "claude-haiku-4-5"),
        ("Claude 3.5 Sonnet 2024-10-22", "claude-3-5-sonnet-20241022"),
        ("Web search", "Web search"),
        (None, None),
    ],
)
def test_titles_become_names(title: str | None, model: str | None) -> None:
    assert model_of(title) == model
