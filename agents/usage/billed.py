"""What was really paid, where the data says so: beside the cost at list prices, each currency for itself."""

# ruff: noqa: S608 - statements are built from names in this code; values travel as parameters

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from agents.engine.context import DataHandle
from agents.usage.filters import Dimension, Filters
from agents.usage.queries import Query, QueryResult
from agents.usage.results import money, name_group

UNKNOWN_CURRENCY = "(unknown currency)"
Billed = list[dict[str, Any]]


def billed_queries(data: DataHandle, by: Sequence[Dimension], filters: Filters) -> list[Query]:
    """The query for billed cost; none where no row was billed."""
    return [Query(billed_statement(by), filters, priced=False)] if data.profile.has_column("billed_cost") else []


def billed_statement(by: Sequence[Dimension]) -> str:
    """Billed cost by currency: of the whole, and of each group."""
    columns = ", ".join(dimension.column for dimension in by)
    return f"""SELECT {columns}, currency, grouping({by[0].column}) AS whole, sum(billed_cost) AS billed
FROM calls
WHERE billed_cost IS NOT NULL
GROUP BY GROUPING SETS (({columns}, currency), (currency))
ORDER BY whole DESC, currency, {columns}"""


def read_billed(results: Sequence[QueryResult], by: Sequence[Dimension]) -> dict[tuple[str, ...], Billed]:
    """What was billed for each group by its values; the whole under the empty key."""
    found: dict[tuple[str, ...], Billed] = defaultdict(list)
    for row in (row for result in results for row in result.as_dicts()):
        key = () if row["whole"] else tuple(name_group(row, by).values())
        found[key].append({"currency": row["currency"] or UNKNOWN_CURRENCY, "cost": money(row["billed"])})
    return found


def show_billed(billed: Billed) -> str | None:
    """The amounts in words; None where nothing was billed."""
    return ", ".join(f"{item['cost']} {item['currency']}" for item in billed) or None
