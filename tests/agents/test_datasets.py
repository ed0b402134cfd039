"""Data sets: who may read which, what a conversation is about, and the demo that everybody shares."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from agents.errors import DataSetNotFound, DataSetNotReady
from agents.models import DataSet, DataSetVersion
from agents.serializers import shape_data_set, shape_data_sets
from agents.usage.datasets import (
    choose_dataset,
    dataset_for,
    dataset_of_thread,
    datasets_for,
    pin_data_of_thread,
    pin_version,
    usage_storage,
)
from agents.usage.demo import DEMO_DATA_SET_ID, ensure_demo_dataset, ensure_demo_files
from agents.usage.demo_plan import DemoTruths
from agents.usage.storage import UsageStorage
from chat.models import Thread
from tests.agents.conftest import make_data, make_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_folder(settings: Settings, tmp_path: Path) -> Path:
    """Files of each test lie in its own folder."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def make_data_set(user: User | None, **values: Any) -> DataSet:
    plain = {"title": "Usage", "status": DataSet.Status.READY, "demo": user is None}
    return DataSet.objects.create(user=user, **(plain | values))


def add_version(data_set: DataSet, number: int, rows: int = 1) -> DataSetVersion:
    """A version with its files."""
    with usage_storage().new_version(data_set.user_id, data_set.id, number) as folder:
        make_data(folder, [make_row() for _ in range(rows)])
        (folder / "rows.csv").unlink()
    return DataSetVersion.objects.create(
        data_set=data_set,
        number=number,
        rows=rows,
        first_day=date(2026, 9, 1),
        last_day=date(2026, 9, 1),
        bytes=1,
        profile={"models": [["openai", "gpt-4o"]], "teams": ["support"]},
    )


def test_a_person_sees_the_own_data_sets_and_the_demo(owner: User, stranger: User) -> None:
    own, demo = make_data_set(owner), make_data_set(None)
    make_data_set(stranger)
    assert set(datasets_for(owner.id)) == {own, demo}
    assert dataset_for(owner.id, own.id) == own
    assert dataset_for(owner.id, demo.id) == demo


def test_a_foreign_data_set_is_as_unknown_as_none(owner: User, stranger: User) -> None:
    foreign = make_data_set(stranger)
    for unknown in (foreign.id, uuid.uuid4()):
        with pytest.raises(DataSetNotFound) as caught:
            dataset_for(owner.id, unknown)
        assert caught.value.sentence == DataSetNotFound.message


def test_a_foreign_data_set_cannot_be_chosen(owner: User, stranger: User, thread: Thread) -> None:
    foreign = make_data_set(stranger)
    with pytest.raises(DataSetNotFound):
        choose_dataset(owner.id, thread.id, foreign.id)
    assert dataset_of_thread(owner.id, thread.id) is None


def test_a_data_set_still_being_imported_cannot_be_chosen(owner: User, thread: Thread) -> None:
    importing = make_data_set(owner, status=DataSet.Status.IMPORTING)
    with pytest.raises(DataSetNotReady):
        choose_dataset(owner.id, thread.id, importing.id)


def test_choosing_again_replaces_the_choice(owner: User, thread: Thread) -> None:
    first, second = make_data_set(owner), make_data_set(None)
    choose_dataset(owner.id, thread.id, first.id)
    choose_dataset(owner.id, thread.id, second.id)
    assert dataset_of_thread(owner.id, thread.id) == second


def test_the_choice_in_a_thread_gives_nobody_else_the_data(owner: User, stranger: User, thread: Thread) -> None:
    choose_dataset(owner.id, thread.id, make_data_set(owner).id)
    assert dataset_of_thread(stranger.id, thread.id) is None
    assert pin_data_of_thread(stranger.id, thread.id) is None


def test_a_run_pins_the_newest_version(owner: User, thread: Thread) -> None:
    data_set = make_data_set(owner)
    add_version(data_set, 1)
    choose_dataset(owner.id, thread.id, data_set.id)
    old = pin_data_of_thread(owner.id, thread.id)
    add_version(data_set, 2, rows=3)
    new = pin_data_of_thread(owner.id, thread.id)
    assert old is not None
    assert new is not None
    assert (old.version, old.rows, new.version, new.rows) == (1, 1, 2, 3)
    assert new.profile.model_names == ("gpt-4o",)
    assert all(part.is_file() for part in (*old.parts, *new.parts))
    assert str(owner.id) in str(new.parts[0])


def test_a_thread_without_a_choice_has_no_data(owner: User, thread: Thread) -> None:
    assert pin_data_of_thread(owner.id, thread.id) is None


def test_a_data_set_without_version_or_files_says_so(owner: User) -> None:
    data_set = make_data_set(owner)
    with pytest.raises(DataSetNotReady):
        pin_version(data_set)
    DataSetVersion.objects.create(data_set=data_set, number=1, rows=1, first_day=date.min, last_day=date.max, bytes=1)
    with pytest.raises(DataSetNotReady, match="Import it again"):
        pin_version(data_set)


@pytest.mark.parametrize("demo", [True, False])
def test_a_data_set_is_either_the_demo_or_somebodys(owner: User, demo: bool) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_data_set(owner if demo else None, demo=demo)


def test_the_demo_is_made_once_and_found_quickly_afterwards(
    django_assert_num_queries: DjangoAssertNumQueries, thread: Thread, owner: User
) -> None:
    first = ensure_demo_dataset()
    written = [part.stat().st_mtime_ns for part in pin_version(first).parts]
    with django_assert_num_queries(1):
        again = ensure_demo_dataset()
    assert again == first
    assert [part.stat().st_mtime_ns for part in pin_version(again).parts] == written
    choose_dataset(owner.id, thread.id, first.id)
    data = pin_data_of_thread(owner.id, thread.id)
    assert data is not None
    assert (data.demo, data.rows, data.last_day) == (True, 100_000, date(2026, 10, 31))
    assert len(data.profile.features) == 10


def test_lost_demo_files_are_made_again(data_folder: Path) -> None:
    truths = DemoTruths(calls=50)
    storage = UsageStorage(data_folder)
    (part,) = ensure_demo_files(storage, truths)
    content = part.read_bytes()
    part.unlink()
    part.parent.rmdir()
    assert ensure_demo_files(storage, truths)[0].read_bytes() == content


def test_a_version_that_fails_half_way_leaves_nothing(data_folder: Path) -> None:
    storage = UsageStorage(data_folder)

    def fail() -> None:
        with storage.new_version(None, DEMO_DATA_SET_ID, 1) as folder:
            (folder / "part-0001.parquet").write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert storage.find_parts(None, DEMO_DATA_SET_ID, 1) == ()
    assert list(storage.version_folder(None, DEMO_DATA_SET_ID, 1).parent.iterdir()) == []


def test_two_that_make_a_version_at_once_agree(data_folder: Path) -> None:
    storage = UsageStorage(data_folder)
    with storage.new_version(None, DEMO_DATA_SET_ID, 1) as late:
        (late / "part-0001.parquet").write_bytes(b"late")
        with storage.new_version(None, DEMO_DATA_SET_ID, 1) as early:
            (early / "part-0001.parquet").write_bytes(b"early")
    (part,) = storage.find_parts(None, DEMO_DATA_SET_ID, 1)
    assert part.read_bytes() == b"early"


def test_only_ids_become_folders(data_folder: Path) -> None:
    storage = UsageStorage(data_folder)
    evil: Any = "../../etc"
    with pytest.raises(ValueError, match="badly formed"):
        storage.version_folder(evil, DEMO_DATA_SET_ID, 1)
    with pytest.raises(ValueError, match="badly formed"):
        storage.version_folder(None, evil, 1)


@pytest.mark.parametrize(
    "shape", [shape_data_set, lambda data_set: shape_data_sets([data_set])], ids=["one", "several"]
)
def test_an_import_is_read_before_the_version_it_makes(owner: User, shape: Callable[[DataSet], Any]) -> None:
    """The other way round an import that ends between the two would be told as finished, with no rows."""
    data_set = make_data_set(owner)
    with CaptureQueriesContext(connection) as queries:
        shape(data_set)
    asked = [query["sql"] for query in queries]
    tables = ("agents_dataimport", "agents_datasetversion")
    assert [next(table for table in tables if f'FROM "{table}"' in sql) for sql in asked] == list(tables)
