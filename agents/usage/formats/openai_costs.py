"""OpenAI's bill: pages of the organization costs API, and the dashboard's cost export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agents.usage.naming import clean_name, first_name, infer_provider, make_extra, make_id, value_at
from agents.usage.numbers import read_cost
from agents.usage.records import Format, Grain, Match, Reader, Reading, Record, Sample, UsageRow
from agents.usage.reports import list_results
from agents.usage.times import Clock, open_clock

RESULT: Final = "organization.costs.result"
COLUMNS: Final = frozenset(("start_time", "amount_value", "amount_currency"))


def recognise(sample: Sample) -> Match | None:
    """By the name OpenAI gives every result, or the columns of its export."""
    if sample.kind == "table":
        fits = set(sample.columns) >= COLUMNS
        return Match(92, "It has the columns of OpenAI's cost export.") if fits else None
    fits = any(result.get("object") == RESULT for record in sample.records for _, result in list_results(record))
    return Match(95, f"Its results are named “{RESULT}”, as those of OpenAI's costs API.") if fits else None


def open_reader(reading: Reading) -> Reader:
    """A row for each amount."""
    clock = open_clock(reading.options)

    def read(record: Record) -> list[UsageRow]:
        found = [(record, record)] if "amount_value" in record else list(list_results(record))
        return [row for bucket, result in found if (row := read_amount(bucket, result, clock)) is not None]

    return read


def read_amount(bucket: Mapping[str, Any], result: Mapping[str, Any], clock: Clock) -> UsageRow | None:
    """One amount of the bill; None for a day without one."""
    value = result.get("amount_value") if "amount_value" in result else value_at(result, "amount", "value")
    cost = read_cost(value, "The amount")
    if cost is None:
        return None
    start = clean_name(bucket.get("start_time")) or clean_name(bucket.get("start_time_iso"))
    item, project = clean_name(result.get("line_item")), first_name(result, "project_id", "project_name")
    row = UsageRow(Grain.COST, requests=0, time=clock(start) if start else None, billed_cost=cost[0])
    currency = clean_name(result.get("amount_currency")) or clean_name(value_at(result, "amount", "currency"))
    row.currency = (cost[1] or currency or "usd").upper()
    row.provider, row.model = "openai", model_of(item)
    row.team = first_name(result, "project_name", "project_id")
    key = first_name(result, "api_key_id")
    row.extra = make_extra(line_item=item, api_key_id=key)
    organization = first_name(result, "organization_id")
    row.request_id = make_id("openai_costs", row.time, item, project, organization, key, row.currency)
    return row


def model_of(line_item: str | None) -> str | None:
    """The model a line item such as `gpt-4o-2024-08-06, input` is about; None for storage, sessions and the like."""
    name = (line_item or "").split(",")[0].strip().lower()
    return name if name and " " not in name and infer_provider(name) == "openai" else None


FORMAT = Format("openai_costs", "OpenAI costs", recognise, open_reader)
