"""Data the acceptance suite asks about: made once a process, shared by its tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agents.engine.context import DataHandle
from agents.usage.demo_rows import generate_rows
from agents.usage.profile import summarise_parts
from tests.acceptance.asking import Asked, ask_team
from tests.acceptance.companies import COMPANIES, Company
from tests.acceptance.cutting import cut
from tests.acceptance.oracle import Truth
from tests.agents.conftest import SMALL, make_data
from tests.slices import one_in

Lacking = Callable[..., DataHandle]
Once = Callable[[str, DataHandle | None], Awaitable[Asked]]


def open_part(part: Path) -> DataHandle:
    """A data set of this one Parquet part."""
    summary = summarise_parts([part])
    return DataHandle(
        data_set_id="0192f3c4-0000-7000-8000-000000000001",
        title="Small company",
        demo=True,
        version=1,
        parts=(part,),
        rows=summary.rows,
        first_day=summary.first_day,
        last_day=summary.last_day,
        profile=summary.profile,
    )


@pytest.fixture(scope="session")
def small_rows() -> list[tuple[Any, ...]]:
    """The demo company with few calls."""
    return list(generate_rows(SMALL))


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory, small_rows: list[tuple[Any, ...]]) -> DataHandle:
    """A small data set like the demo."""
    return make_data(tmp_path_factory.mktemp("small"), small_rows, title="Small company", demo=True)


@pytest.fixture(scope="session")
def small_truth(small_rows: list[tuple[Any, ...]]) -> Truth:
    """What is true of the small data set."""
    return Truth(small_rows)


@pytest.fixture(scope="session")
def lacking(tmp_path_factory: pytest.TempPathFactory, small_rows: list[tuple[Any, ...]]) -> Lacking:
    """The small data set without some fields; made once for each set of fields."""
    made: dict[frozenset[str], DataHandle] = {}

    def make(*fields: str) -> DataHandle:
        key = frozenset(fields)
        if key not in made:
            rows = cut(small_rows, key)
            made[key] = make_data(tmp_path_factory.mktemp("lacking"), rows, title="Small company")
        return made[key]

    return make


@pytest.fixture(scope="session")
def ask_once() -> Once:
    """Asks each question about each data set once, however many tests look at the answer."""
    answers: dict[tuple[str, str], Asked] = {}

    async def ask(question: str, data: DataHandle | None) -> Asked:
        key = (question, data.data_set_id if data else "")
        if key not in answers:
            answers[key] = await ask_team(question, data)
        return answers[key]

    return ask


@dataclass(frozen=True)
class Known:
    """A company, its data set, and what is true of it."""

    company: Company
    data: DataHandle
    truth: Truth


@pytest.fixture(scope="session")
def open_books(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Company], Known]:
    """Each company's rows are made once, in whatever order the tests come."""
    opened: dict[str, Known] = {}

    def open_book(company: Company) -> Known:
        if company.name not in opened:
            rows = list(generate_rows(company.truths))
            folder: Path = tmp_path_factory.mktemp(company.name)
            data = make_data(folder, rows, title=f"Calls of {company.name}", demo=company.name == "demo")
            opened[company.name] = Known(company, data, Truth(rows))
        return opened[company.name]

    return open_book


@pytest.fixture(params=one_in(4, COMPANIES), ids=lambda company: company.name)
def known(request: pytest.FixtureRequest, open_books: Callable[[Company], Known]) -> Known:
    """Each company whose data hides known truths."""
    return open_books(request.param)
