"""How long each tool takes on a data set of a million calls: `python -m bench.tools`."""

# ruff: noqa: S608 - statements are built from names in this code

from __future__ import annotations

import asyncio
import csv
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from agents.engine.context import DataHandle, RunContext
from agents.prices import PriceBook
from agents.tools import tool_named, tool_names
from agents.usage.demo_plan import DemoTruths
from agents.usage.demo_rows import generate_rows
from agents.usage.profile import summarise_parts
from agents.usage.rows import write_part
from bench.calibration import Neighbours, count_spins

ROWS = 1_000_000
ROUNDS = 5
MEBIBYTE = 1024 * 1024
MUST_SECONDS = {"spend_breakdown": 0.3}
MUST_OF_OTHERS = 2.0
# What a tool cannot be called without.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "price_lookup": {"model": "gpt-5.4"},
    "run_sql": {"sql": "SELECT team, model, sum(cost) AS cost, count(*) AS calls FROM calls GROUP BY ALL ORDER BY ALL"},
}


@dataclass(frozen=True, slots=True)
class ToolLine:
    """One tool's times, and the most memory one of its queries held."""

    name: str
    seconds: tuple[float, ...]
    peak_bytes: int
    rows_scanned: int

    @property
    def p50(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)

    @property
    def must(self) -> float:
        """What it may take."""
        return MUST_SECONDS.get(self.name, MUST_OF_OTHERS)


def measure_tools(parts: Sequence[Path], rows: int) -> list[ToolLine]:
    """Every tool, called as an agent calls it: opening, prices, queries, and the finished result."""
    data = open_data(parts)
    assert data.rows == rows
    return [asyncio.run(measure_tool(name, data)) for name in tool_names()]


async def measure_tool(name: str, data: DataHandle) -> ToolLine:
    """One tool, several times; the first call in a process also loads what it needs, so one is not counted."""
    seconds: list[float] = []
    context = make_context(data)
    for number in range(ROUNDS + 1):
        context = make_context(data)
        started = time.perf_counter()
        await tool_named(name).function(context, **ARGUMENTS.get(name, {}))
        if number:
            seconds.append(time.perf_counter() - started)
    used = context.consumed
    return ToolLine(name, tuple(seconds), used.peak_bytes, used.rows_scanned)


def make_context(data: DataHandle) -> RunContext:
    """The frame of one run."""
    return RunContext(uuid.uuid4(), uuid.uuid4(), uuid.uuid4(), PriceBook(), data=data)


def open_data(parts: Sequence[Path]) -> DataHandle:
    """A version of these parts."""
    summary = summarise_parts(parts)
    days = (summary.first_day, summary.last_day)
    return DataHandle("bench", "Bench", False, 1, tuple(parts), summary.rows, *days, summary.profile)


def build_parts(folder: Path, rows: int) -> list[Path]:
    """A Parquet version of so many rows: the demo company's calls, each repeated with other sizes and times."""
    draft, demo, grown = folder / "demo.csv", folder / "demo.parquet", folder / "part-0001.parquet"
    with draft.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(generate_rows(replace(DemoTruths(), calls=min(rows, 100_000))))
    write_part(draft, demo)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"COPY ({grow(demo, rows)}) TO '{grown}' ({PARQUET})")
    return [grown]


PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"


def grow(demo: Path, rows: int) -> str:
    """The statement for the repeated rows, the same ones every time."""
    varied = ", ".join(
        f"({name} * (80 + hash(request_id, n, {number}) % 41) // 100)::{kind} AS {name}"
        for number, (name, kind) in enumerate(VARIED.items())
    )
    return f"""SELECT d.* REPLACE (request_id || '-' || n AS request_id,
           time + to_milliseconds((hash(request_id, n) % 3600000)::BIGINT) AS time, {varied})
    FROM '{demo}' d, range({max(1, rows // 100_000)}) t(n)
    ORDER BY time, request_id"""


VARIED = {"input_tokens": "BIGINT", "output_tokens": "BIGINT", "latency_ms": "INTEGER"}


def main() -> int:
    """The table; fails when a tool takes longer than it may."""
    spins, neighbours = count_spins(), Neighbours()
    with tempfile.TemporaryDirectory(prefix="netra-bench-") as folder:
        lines = measure_tools(build_parts(Path(folder), ROWS), ROWS)
    print(f"{'tool, 1,000,000 rows':<24}{'p50 s':>9}{'max s':>9}{'must s':>9}{'peak MiB':>10}{'rows read':>12}")
    for line in lines:
        print(
            f"{line.name:<24}{line.p50:>9.3f}{max(line.seconds):>9.3f}{line.must:>9.1f}"
            f"{line.peak_bytes / MEBIBYTE:>10.1f}{line.rows_scanned:>12,}"
        )
    print(f"\n{spins:.1f} M loops/s a core, {neighbours.stolen():.1f} % of the processors taken by others meanwhile")
    return 0 if all(line.p50 <= line.must for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
