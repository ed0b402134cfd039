"""The demo data: the same everywhere, and with the truths that docs/demo-data.md names."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from agents.engine.context import DataHandle
from agents.usage.demo_plan import DemoTruths
from agents.usage.demo_rows import generate_rows, hash_rows
from agents.usage.queries import Query, QueryLimits, QueryResult, run_query
from tests.agents.conftest import SMALL, make_data

DOCUMENT = Path(__file__).parents[2] / "docs" / "demo-data.md"


async def ask(data: DataHandle, select: str) -> QueryResult:
    return await run_query(data, Query(select), QueryLimits())


def test_the_same_truths_give_the_same_rows() -> None:
    assert hash_rows(generate_rows(SMALL)) == hash_rows(generate_rows(SMALL))
    assert hash_rows(generate_rows(SMALL)) != hash_rows(generate_rows(replace(SMALL, seed=1)))


def test_the_rows_of_the_demo_never_change() -> None:
    """A new fingerprint is a new version of the demo: DEMO_VERSION and the docs change with it."""
    fingerprint = hash_rows(generate_rows(SMALL))
    assert f"`{fingerprint}`" in DOCUMENT.read_text(encoding="utf-8")


def test_the_same_rows_give_the_same_file(tmp_path: Path, small_rows: list[tuple[Any, ...]]) -> None:
    files = [make_data(tmp_path / name, small_rows).parts[0].read_bytes() for name in ("one", "two")]
    assert hashlib.sha256(files[0]).digest() == hashlib.sha256(files[1]).digest()


def test_the_whole_demo_is_made_in_seconds(tmp_path: Path) -> None:
    started = time.monotonic()
    make_data(tmp_path, generate_rows(DemoTruths()))
    assert time.monotonic() - started < 10


async def test_every_call_of_the_demo_is_priced(demo_data: DataHandle) -> None:
    result = await ask(demo_data, "SELECT count(*), count(cost), min(cost) FROM calls")
    assert result.rows[0][:2] == (100_000, 100_000)
    assert result.rows[0][2] >= 0


async def test_the_jump_is_one_feature_that_changed_its_model(demo_data: DataHandle) -> None:
    result = await ask(
        demo_data,
        "SELECT model, min(time)::DATE::VARCHAR, max(time)::DATE::VARCHAR FROM calls"
        " WHERE feature = 'reply-drafts' GROUP BY model ORDER BY model",
    )
    assert result.rows == (
        ("claude-haiku-4-5", "2026-08-03", "2026-09-15"),
        ("claude-opus-4-8", "2026-09-16", "2026-10-31"),
    )


async def test_the_oversized_model_does_easy_calls(demo_data: DataHandle) -> None:
    result = await ask(
        demo_data,
        "SELECT any_value(model), count(DISTINCT model), max(output_tokens) FROM calls WHERE feature = 'ticket-triage'",
    )
    model, models, longest = result.rows[0]
    assert (model, models) == ("gpt-5.4", 1)
    assert longest < 60


async def test_one_feature_repeats_its_prompts(demo_data: DataHandle) -> None:
    result = await ask(
        demo_data,
        "SELECT feature, 1 - count(DISTINCT prompt_hash) / count(*) AS repeated FROM calls"
        " GROUP BY feature ORDER BY repeated DESC",
    )
    (name, share), (_, next_share) = result.rows[:2]
    assert name == "help-center-answers"
    assert 0.40 < share < 0.44
    assert next_share < 0.06


async def test_one_provider_fails_for_five_hours(demo_data: DataHandle) -> None:
    burst = "time >= '2026-10-08 09:00' AND time < '2026-10-08 14:00'"
    result = await ask(
        demo_data,
        f"SELECT provider, avg((status = 'error')::INTEGER) FILTER (WHERE {burst}) AS inside,"  # noqa: S608
        f" avg((status = 'error')::INTEGER) FILTER (WHERE NOT ({burst})) AS outside"
        " FROM calls GROUP BY provider ORDER BY provider",
    )
    shares = {provider: (inside, outside) for provider, inside, outside in result.rows}
    assert 0.35 < shares["google"][0] < 0.55
    assert max(shares["openai"][0], shares["anthropic"][0]) < 0.05
    assert max(outside for _, outside in shares.values()) < 0.012


async def test_the_documented_figures_come_out_of_the_documented_queries(demo_data: DataHandle) -> None:
    """Each SQL block of the page is followed by its result as a table."""
    text = DOCUMENT.read_text(encoding="utf-8")
    examples = re.findall(r"```sql\n(.*?)```\n\n((?:\|[^\n]*\|\n)+)", text, flags=re.S)
    assert len(examples) >= 5
    for statement, table in examples:
        result = await ask(demo_data, statement)
        lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()]
        head, _, *rows = lines
        assert head == list(result.columns), statement
        assert rows == [[show(cell) for cell in row] for row in result.rows], statement


def show(cell: Any) -> str:
    """A cell as the page writes it."""
    return f"{cell:.2f}" if isinstance(cell, Decimal | float) else str(cell)
