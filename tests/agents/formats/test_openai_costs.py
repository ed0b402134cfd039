"""OpenAI's costs API and its dashboard's export."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tests.agents.formats.reading import document, table, take, told, total_cost, totals

NANO = Decimal("0.000000001")


def test_costs_are_known_by_their_results_and_columns() -> None:
    assert "organization.costs.result" in take("openai_costs.json").found.why
    assert take("openai_costs.csv").found.why == "It has the columns of OpenAI's cost export."


def test_the_rows_add_up_to_the_pages() -> None:
    found = [result for bucket in document("openai_costs.json")["data"] for result in bucket["results"]]
    rows = take("openai_costs.json").rows
    assert total_cost(rows) == sum(Decimal(str(result["amount"]["value"])).quantize(NANO) for result in found)
    assert totals(rows) == {}


def test_the_rows_add_up_to_the_export_and_days_without_a_bill_are_none() -> None:
    amounts = [Decimal(line["amount_value"]) for line in table("openai_costs.csv") if line["amount_value"]]
    rows = take("openai_costs.csv").rows
    assert len(rows) == len(amounts)
    assert total_cost(rows) == sum(amount.quantize(NANO) for amount in amounts)


def test_one_row_field_by_field() -> None:
    result, row = document("openai_costs.json")["data"][0]["results"][0], take("openai_costs.json").rows[0]
    assert told(row) == {
        "grain": "cost",
        "request_id": row.request_id,
        "time": datetime(2026, 9, 1),
        "provider": "openai",
        "model": result["line_item"].split(",")[0],
        "billed_cost": Decimal(str(result["amount"]["value"])).quantize(NANO),
        "currency": "USD",
        "team": result["project_id"],
        "extra": f'{{"line_item":"{result["line_item"]}"}}',
    }


def test_storage_is_no_model() -> None:
    rows = [row for row in take("openai_costs.json").rows if "storage" in (row.extra or "")]
    assert rows
    assert {row.model for row in rows} == {None}
