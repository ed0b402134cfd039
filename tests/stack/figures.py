"""The demo's figures straight from its Parquet files and the public price list, past all code of Netra."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from genai_prices import Usage, calc_price

Row = tuple[Any, ...]
TOKENS = ("input_tokens", "cached_read_tokens", "output_tokens", "reasoning_tokens")
SAMPLE = 1_000
LONG_CALL = 100_000


@dataclass(frozen=True)
class Group:
    """One line of a breakdown."""

    requests: int
    input_tokens: int
    output_tokens: int


def read_groups(data_dir: Path, by: str, condition: str = "true") -> dict[str, Group]:
    """Requests and tokens by a column, of the rows that meet the SQL condition."""
    sums = "sum(requests), sum(input_tokens), sum(output_tokens)"
    rows = _query(data_dir, f"SELECT {by}, {sums} FROM rows WHERE {condition} GROUP BY ALL")  # noqa: S608
    return {str(name): Group(int(requests), int(given), int(written)) for name, requests, given, written in rows}


def price_provider(data_dir: Path, provider: str) -> Decimal:
    """What a provider's calls cost at the list price of each day; long calls one by one, for their own tiers."""
    sums = ", ".join(f"sum({name})" for name in TOKENS)
    call = f"(input_tokens + cached_read_tokens > {LONG_CALL})"
    select = f"""SELECT model, time::DATE AS day, if({call}, request_id, '') AS call, {sums}
        FROM rows WHERE provider = '{provider}' GROUP BY ALL"""  # noqa: S608
    return sum((_price_row(provider, row) for row in _query(data_dir, select)), Decimal(0))


def _price_row(provider: str, row: Row) -> Decimal:
    model, day, call, given, cached, written, reasoned = row
    usage = Usage(
        input_tokens=int(given + cached), cache_read_tokens=int(cached), output_tokens=int(written + reasoned)
    )
    noon = datetime.combine(day, time(12), UTC)
    if call:
        return calc_price(usage, model_ref=model, provider_id=provider, genai_request_timestamp=noon).total_price
    return sum((_price_class(provider, model, noon, name, count) for name, count in _classes(row)), Decimal(0))


def _classes(row: Row) -> list[tuple[Usage, int]]:
    """A small call for each token class, priced below every tier, and how many tokens there were of it."""
    *_, given, cached, written, reasoned = row
    return [
        (Usage(input_tokens=SAMPLE), int(given)),
        (Usage(input_tokens=SAMPLE, cache_read_tokens=SAMPLE), int(cached)),
        (Usage(output_tokens=SAMPLE), int(written + reasoned)),
    ]


def _price_class(provider: str, model: str, noon: datetime, sample: Usage, count: int) -> Decimal:
    priced = calc_price(sample, model_ref=model, provider_id=provider, genai_request_timestamp=noon)
    return priced.total_price * count / SAMPLE


def _query(data_dir: Path, select: str) -> list[Row]:
    parts = sorted((data_dir / "usage" / "demo").rglob("part-*.parquet"))
    assert parts, f"no demo data below {data_dir}"
    with duckdb.connect() as connection:
        connection.read_parquet([str(part) for part in parts]).create_view("rows")
        return connection.sql(select).fetchall()
