"""Usage data and a run's frame for tests of the agents app."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle, RunContext
from agents.prices import PriceBook
from agents.usage.demo_plan import DemoTruths
from agents.usage.demo_rows import generate_rows
from agents.usage.profile import summarise_parts
from agents.usage.rows import COLUMNS, write_part

SMALL = DemoTruths(calls=6000)


def make_data(
    folder: Path, rows: Iterable[tuple[Any, ...]], *, title: str = "Own data", demo: bool = False
) -> DataHandle:
    """A data set version of these rows."""
    folder.mkdir(parents=True, exist_ok=True)
    draft, part = folder / "rows.csv", folder / "part-0001.parquet"
    with draft.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    write_part(draft, part)
    summary = summarise_parts([part])
    return DataHandle(
        data_set_id=str(uuid.uuid4()),
        title=title,
        demo=demo,
        version=1,
        parts=(part,),
        rows=summary.rows,
        first_day=summary.first_day,
        last_day=summary.last_day,
        profile=summary.profile,
    )


def make_row(**values: Any) -> tuple[Any, ...]:
    """One call; what is not given has a plain value."""
    plain = {
        "grain": "call",
        "request_id": str(uuid.uuid4()),
        "requests": 1,
        "time": "2026-09-01 12:00:00",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 0,
        "cached_read_tokens": 0,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": 0,
        "reasoning_tokens": 0,
        "status": "ok",
        "user_name": "user-001",
        "team": "support",
        "feature": "chat",
    }
    return tuple((plain | values).get(name) for name in COLUMNS)


def make_context(data: DataHandle | None, **values: Any) -> RunContext:
    """The frame of one run over this data, at list prices unless said otherwise."""
    plain: dict[str, Any] = {"prices": PriceBook()}
    return RunContext(user_id=uuid.uuid4(), thread_id=uuid.uuid4(), run_id=uuid.uuid4(), data=data, **(plain | values))


@dataclass
class ListSink:
    """Keeps what a run emits."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def emit(self, type: str, data: dict[str, object], agent_name: str) -> None:
        """Keeps one event."""
        assert agent_name
        self.events.append((type, data))

    def of(self, type: str) -> list[dict[str, Any]]:
        """The data of all events of a type."""
        return [data for kind, data in self.events if kind == type]

    @property
    def text(self) -> str:
        """The answer as a page would join it."""
        parts: dict[int, str] = {}
        for data in self.of("message_delta"):
            parts[data["part"]] = parts.get(data["part"], "") + data["delta"]
        return "\n\n".join(parts.values())


@pytest.fixture(scope="session")
def small_rows() -> list[tuple[Any, ...]]:
    """The demo company with few calls."""
    return list(generate_rows(SMALL))


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory, small_rows: list[tuple[Any, ...]]) -> DataHandle:
    """A small data set like the demo."""
    return make_data(tmp_path_factory.mktemp("small"), small_rows, title="Small", demo=True)


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> DataHandle:
    """The demo data set as it ships."""
    rows = generate_rows(DemoTruths())
    return make_data(tmp_path_factory.mktemp("demo"), rows, title="Demo data", demo=True)
