"""Rows become one part: ordered by time, each request once, and not again what is there already."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from agents.usage import drafts
from agents.usage.drafts import Draft, Kept
from agents.usage.records import UsageRow

START = datetime(2026, 10, 1)


def row(number: int, **more: object) -> UsageRow:
    values = {"request_id": f"r{number}", "time": START + timedelta(seconds=number), "output_tokens": 1, **more}
    return UsageRow(grain="call", **values)  # type: ignore[arg-type]


def write(folder: Path, rows: list[UsageRow], earlier: tuple[Path, ...] = ()) -> tuple[Kept, Path]:
    folder.mkdir()
    draft = Draft(folder)
    for each in rows:
        draft.add(each)
    kept = draft.finish(earlier, folder / "part-0001.parquet", lambda connection: None)
    return kept, folder / "part-0001.parquet"


def read(part: Path, columns: str = "request_id, output_tokens") -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.read_parquet(str(part)).project(columns).fetchall()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "ROWS_A_PIECE", 7)


def test_rows_of_many_pieces_become_one_part_in_the_order_of_time(tmp_path: Path) -> None:
    rows = [row(number) for number in range(100)]
    random.Random(5).shuffle(rows)
    kept, part = write(tmp_path / "draft", rows)
    assert kept == Kept(100, 0)
    assert read(part, "request_id") == [(f"r{number}",) for number in range(100)]


def test_a_request_counts_once_with_its_most_complete_row(tmp_path: Path) -> None:
    rows = [row(1, output_tokens=count) for count in (3, 9, 5)] + [row(2)] * 20 + [row(3)]
    kept, part = write(tmp_path / "draft", rows)
    assert kept == Kept(3, 21)
    assert read(part) == [("r1", 9), ("r2", 1), ("r3", 1)]


def test_rows_without_an_id_are_all_kept(tmp_path: Path) -> None:
    kept, _ = write(tmp_path / "draft", [row(1, request_id=None)] * 30)
    assert kept == Kept(30, 0)


def test_what_an_earlier_part_holds_is_not_kept_again(tmp_path: Path) -> None:
    _, first = write(tmp_path / "first", [row(number) for number in range(10)] + [row(50, request_id=None)])
    kept, part = write(tmp_path / "second", [row(number) for number in range(5, 15)], (first,))
    assert kept == Kept(5, 5)
    assert read(part, "request_id") == [(f"r{number}",) for number in range(10, 15)]
    kept, _ = write(tmp_path / "third", [row(60, request_id=None)], (first, part))
    assert kept == Kept(1, 0)


def test_text_comes_back_as_it_went_in(tmp_path: Path) -> None:
    hard = ['a "quoted" name', "semi;colon, comma", "ünïcode ✓", "=cmd|' /C calc'!A0", "'; DROP TABLE x --"]
    rows = [row(number, team=text) for number, text in enumerate(hard)]
    _, part = write(tmp_path / "draft", rows)
    assert [team for (team,) in read(part, "team")] == hard
