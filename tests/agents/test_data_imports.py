"""An import is one unit: all of it becomes a version, or nothing is kept; whoever may not, finds nothing."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from agents import importing, imports
from agents.belongings import remove_work, stop_imports
from agents.errors import (
    DataSetNotFound,
    DataSetReadOnly,
    ImportAlreadyFinished,
    ImportUnderWay,
    NothingToImport,
    TooManyImports,
    UnknownFormat,
    UploadTooLarge,
)
from agents.importing import perform_import
from agents.imports.ending import ImportFenced
from agents.models import DataImport, DataSet
from agents.usage import intake
from agents.usage.datasets import usage_storage
from agents.usage.rejects import read_rejects
from chat.models import Event
from chat.queue import dispatcher
from tests.agents.bringing import (
    as_lines,
    bring,
    bring_more,
    draft_folders,
    files_of,
    incoming,
    newest_import,
    rows_in,
    usage,
)

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [usage(number) for number in range(20)]
CSV = "when;what;in;out\n" + "".join(f"2026-10-01 10:{n:02};gpt-4o;{n};1\n" for n in range(20))
MAPPING = {"time": "when", "model": "what", "input_tokens": "in", "output_tokens": "out"}


def test_a_file_becomes_a_version_and_its_upload_goes(owner: User) -> None:
    data_set = bring(owner, as_lines(ROWS))
    found = newest_import(data_set)
    assert (found.status, data_set.status) == ("finished", "ready")
    assert (found.rows_read, found.rows_kept, found.rows_rejected, found.rows_repeated) == (20, 20, 0, 0)
    assert files_of(data_set.id, owner) == {"v1/part-0001.parquet", f"imports/{found.id}/rejects.jsonl"}
    version = data_set.versions.get()
    assert (version.rows, version.first_day.isoformat()) == (20, "2026-10-01")
    assert version.summary["tokens"]["input"] == sum(row["input_tokens"] for row in ROWS)
    assert [version.summary[f"rows_{what}"] for what in ("read", "kept", "repeated", "rejected")] == [20, 20, 0, 0]


def test_pages_hear_of_every_state(owner: User) -> None:
    data_set = bring(owner, as_lines(ROWS))
    events = Event.objects.filter(user=owner, type__startswith="import_").order_by("seq")
    datasets = [orjson.loads(event.data)["dataset"] for event in events]
    told = [(event.type, told["import"]["status"]) for event, told in zip(events, datasets, strict=True)]
    assert told[0] == ("import_progressed", "queued")
    assert told[1] == ("import_progressed", "running")
    assert told[-1] == ("import_finished", "finished")
    assert {dataset["id"] for dataset in datasets} == {str(data_set.id)}


def test_more_rows_make_a_new_version_and_the_old_one_stays(owner: User) -> None:
    data_set = bring(owner, as_lines(ROWS[:10]))
    bring_more(owner, data_set, as_lines(ROWS[10:]))
    assert [version.rows for version in data_set.versions.order_by("number")] == [10, 20]
    assert rows_in(data_set) == rows_in(bring(owner, as_lines(ROWS)))


def test_a_request_that_is_there_already_is_not_counted_again(owner: User) -> None:
    data_set = bring(owner, as_lines(ROWS[:15]))
    more = bring_more(owner, data_set, as_lines(ROWS[5:]))
    assert (more.rows_kept, more.rows_repeated) == (5, 10)
    assert len(rows_in(data_set)) == 20
    again = bring_more(owner, data_set, as_lines(reversed(ROWS)))
    assert (again.status, again.rows_kept, again.rows_repeated) == ("finished", 0, 20)
    assert data_set.versions.count() == 2


def test_the_same_file_again_is_the_import_there_was(owner: User) -> None:
    content = as_lines({**row, "request_id": None} for row in ROWS)
    data_set = bring(owner, content)
    before = files_of(data_set.id, owner)
    again = imports.append_to(owner, data_set.id, incoming(content))
    assert again.id == newest_import(data_set).id
    assert data_set.imports.count() == 1
    assert files_of(data_set.id, owner) == before
    assert len(rows_in(data_set)) == 20


def test_bad_rows_are_kept_with_line_reason_and_row(owner: User) -> None:
    bad = usage(99, input_tokens=-5)
    data_set = bring(owner, as_lines([*ROWS[:3], bad, *ROWS[3:]]) + b"nonsense\n")
    found = newest_import(data_set)
    assert (found.rows_kept, found.rows_rejected) == (20, 2)
    rejects = read_rejects(imports.folder_of(found), 0, 10)
    assert [(reject["line"], reject["file"]) for reject in rejects] == [(4, "usage.jsonl"), (22, "usage.jsonl")]
    assert '"req-99"' in rejects[0]["row"]
    assert rejects[1]["row"] == "nonsense"
    assert sum(reason["rows"] for reason in found.reasons) == 2


def test_an_unknown_table_asks_for_a_mapping_and_goes_on_with_it(owner: User) -> None:
    data_set = bring(owner, CSV.replace("when", "c1").replace("what", "c2").encode(), "x.csv")
    found = newest_import(data_set)
    assert (found.status, found.error_code, data_set.status) == ("needs_mapping", "format_unknown", "importing")
    with pytest.raises(ImportUnderWay):
        imports.append_to(owner, data_set.id, incoming(b"x"))
    mapping = {**MAPPING, "time": "c1", "model": "c2"}
    perform_import(imports.remap_import(owner, data_set.id, incoming(b"", mapping=mapping)).id)
    found = newest_import(data_set)
    assert (found.status, found.rows_kept, found.error_code) == ("finished", 20, "")
    assert found.detection["mapping"]["time"] == "c1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PAR1 and more", "upload_unreadable"),
        (as_lines([{"x": 1}, {"x": 2}]), "format_unknown"),
        (as_lines([usage(1, input_tokens=-1)]), "no_usable_rows"),
        (b'[{"a": 1}, {"a"', "upload_unreadable"),
    ],
)
def test_a_file_that_brings_nothing_leaves_nothing(owner: User, content: bytes, code: str) -> None:
    data_set = bring(owner, content)
    found = newest_import(data_set)
    assert found.error_code in {code, "format_unknown"}
    assert found.error_message
    assert data_set.versions.count() == 0
    assert not any(name.endswith(".parquet") for name in files_of(data_set.id, owner))
    assert draft_folders(owner) == []


def test_a_failed_import_can_be_tried_again(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(importing, "take_in", break_down)
        data_set = bring(owner, as_lines(ROWS))
    assert (newest_import(data_set).error_code, data_set.status) == ("storage_full", "failed")
    perform_import(imports.retry_import(owner, data_set.id).id)
    assert len(rows_in(data_set)) == 20
    with pytest.raises(ImportAlreadyFinished):
        imports.retry_import(owner, data_set.id)


def test_a_waiting_import_is_cancelled_at_once(owner: User) -> None:
    begun = imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    imports.cancel_import(owner, begun.data_set_id)
    perform_import(begun.id)
    found = DataImport.objects.select_related("data_set").get(id=begun.id)
    assert (found.status, found.data_set.status) == ("cancelled", "failed")
    assert files_of(begun.data_set_id, owner) == set()


def held_import(monkeypatch: pytest.MonkeyPatch, begun: DataImport, meanwhile: Callable[[], Any]) -> None:
    """Carries out an import that has begun to read when `meanwhile` happens, and goes on until told to stop."""
    reading, go_on = threading.Event(), threading.Event()
    own_look = intake.Taking.look

    def look(taking: intake.Taking) -> None:
        reading.set()
        go_on.wait(10)
        # The next look at the database tells whether to go on.
        for _ in range(100):
            own_look(taking)
            threading.Event().wait(0.02)

    monkeypatch.setattr(importing, "TELL_SECONDS", 0.02)
    monkeypatch.setattr(intake.Taking, "look", look)

    def work() -> None:
        try:
            perform_import(begun.id)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert reading.wait(10)
    try:
        meanwhile()
    finally:
        go_on.set()
        worker.join(20)
    assert not worker.is_alive()


def test_a_running_import_stops_and_keeps_nothing(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    held_import(monkeypatch, begun, lambda: imports.cancel_import(owner, begun.data_set_id))
    assert newest_import(begun.data_set).status == "cancelled"
    assert not any("parquet" in name or "upload" in name for name in files_of(begun.data_set_id, owner))
    assert draft_folders(owner) == []


def test_a_data_set_deleted_during_its_import_leaves_no_file(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    held_import(monkeypatch, begun, lambda: imports.forget_data_set(owner, begun.data_set_id))
    assert not DataSet.objects.filter(id=begun.data_set_id).exists()
    assert files_of(begun.data_set_id, owner) == set()


def test_a_worker_that_was_thought_dead_brings_nothing(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lease ran out, the duties gave the import to another, who finished: the first one finds itself fenced."""
    begun = imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    first = imports.claim_import(begun.id)
    assert first
    result = importing.read_upload(first)
    lose_lease(begun)
    assert imports.reap_lost_imports() == 1
    perform_import(begun.id)
    with pytest.raises(ImportFenced):
        imports.finish_import(first, *result)
    data_set = DataSet.objects.get(id=begun.data_set_id)
    assert (newest_import(data_set).attempt, data_set.versions.count(), len(rows_in(data_set))) == (2, 1, 20)
    assert Event.objects.filter(user=owner, type="import_finished").count() == 1


def lose_lease(begun: DataImport) -> None:
    """Its worker is gone; nobody notes its dispatch any more, which would hide its row from the reaper for a moment."""
    dispatcher.drain()
    DataImport.objects.filter(id=begun.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_an_import_that_was_lost_three_times_fails_and_says_so(owner: User) -> None:
    begun = imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    for attempt in range(3):
        claimed = imports.claim_import(begun.id)
        assert claimed
        assert claimed.attempt == attempt + 1
        lose_lease(begun)
        assert imports.reap_lost_imports() == 1
    found = newest_import(begun.data_set)
    assert (found.status, found.error_code) == ("failed", "worker_lost")
    perform_import(imports.retry_import(owner, begun.data_set_id).id)
    assert newest_import(begun.data_set).status == "finished"


def test_files_of_an_import_killed_before_its_commit_are_replaced(owner: User) -> None:
    """Killed between the rename of the folder and the commit: the version is not there, and the next one is whole."""
    begun = imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    folder = imports.folder_of(begun).parents[1] / "v1"
    folder.mkdir()
    (folder / "part-0001.parquet").write_bytes(b"half")
    (folder / "part-0002.parquet").write_bytes(b"half")
    perform_import(begun.id)
    assert len(rows_in(begun.data_set)) == 20


def test_one_import_a_person_runs_and_the_others_wait(owner: User, stranger: User) -> None:
    first, second = (imports.begin_data_set(owner, "", incoming(as_lines(ROWS))) for _ in range(2))
    other = imports.begin_data_set(stranger, "", incoming(as_lines(ROWS)))
    assert imports.claim_import(first.id)
    assert imports.claim_import(first.id) is None
    assert imports.claim_import(second.id) is None
    assert imports.claim_import(other.id)


def test_forgotten_imports_are_sent_again(owner: User) -> None:
    begun = imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    # What was sent just now is noted in the background.
    dispatcher.drain()
    importing_soon = timezone.now() - timedelta(seconds=30)
    DataImport.objects.filter(id=begun.id).update(dispatched_at=None, created_at=importing_soon)
    assert imports.redispatch_forgotten_imports() == 1
    assert imports.redispatch_forgotten_imports() == 0


def test_more_than_the_account_may_keep_is_refused(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    data_set = bring(owner, as_lines(ROWS[:10]))
    monkeypatch.setattr(imports.carrying, "rows_kept_by", lambda user_id: owner.limits.data_rows - 5)
    more = bring_more(owner, data_set, as_lines(ROWS))
    assert (more.status, more.error_code) == ("failed", "data_limit_reached")
    assert len(rows_in(data_set)) == 10
    assert DataSet.objects.get(id=data_set.id).status == "ready"


def test_an_upload_over_the_limit_leaves_nothing(owner: User) -> None:
    def endless() -> Any:
        piece = bytes(1024 * 1024)
        while True:
            yield piece

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(owner), "limits", replace(owner.limits, upload_bytes=3 * 1024 * 1024))
        with pytest.raises(UploadTooLarge):
            imports.begin_data_set(owner, "", imports.Incoming(pieces=endless(), file_name="x.csv"))
    assert DataSet.objects.filter(user=owner).count() == 0


def test_nothing_and_unknown_formats_are_refused_before_anything_is_stored(owner: User) -> None:
    with pytest.raises(NothingToImport):
        imports.begin_data_set(owner, "", incoming(b""))
    with pytest.raises(UnknownFormat):
        imports.begin_data_set(owner, "", incoming(b"x", format="excel"))
    assert DataSet.objects.filter(user=owner).count() == 0


@pytest.mark.parametrize(
    "attempt",
    [
        lambda user, id: imports.append_to(user, id, incoming(b"x")),
        lambda user, id: imports.remap_import(user, id, incoming(b"x")),
        imports.retry_import,
        imports.cancel_import,
        imports.forget_data_set,
    ],
    ids=["append", "remap", "retry", "cancel", "delete"],
)
def test_a_stranger_finds_nothing_and_the_demo_is_not_changed(
    owner: User, stranger: User, attempt: Callable[[User, uuid.UUID], Any]
) -> None:
    data_set = bring(owner, as_lines(ROWS))
    before = files_of(data_set.id, owner)
    with pytest.raises(DataSetNotFound):
        attempt(stranger, data_set.id)
    assert files_of(data_set.id, owner) == before
    demo = DataSet.objects.create(title="Demo", demo=True, status="ready")
    with pytest.raises(DataSetReadOnly):
        attempt(owner, demo.id)


def test_files_without_a_row_are_removed_once_nobody_can_be_writing_them(owner: User) -> None:
    data_set, gone, fresh = (bring(owner, as_lines(ROWS)) for _ in range(3))
    DataSet.objects.filter(id__in=[gone.id, fresh.id]).delete()
    for known in (data_set, gone):
        folder = imports.folder_of(newest_import(data_set)).parents[2] / str(known.id)
        os.utime(folder, (1, 1))
    assert imports.forget_orphaned_files() == 1
    assert [bool(files_of(each.id, owner)) for each in (data_set, gone, fresh)] == [True, False, True]


def test_a_person_has_a_bounded_number_of_uploads_waiting(owner: User, stranger: User) -> None:
    for _ in range(10):
        imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    with pytest.raises(TooManyImports):
        imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    assert DataSet.objects.filter(user=owner).count() == 10
    assert imports.begin_data_set(stranger, "", incoming(as_lines(ROWS)))
    perform_import(DataImport.objects.filter(user=owner).order_by("id")[0].id)
    assert imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))


def test_the_upload_of_a_failed_import_is_kept_for_two_weeks(owner: User) -> None:
    old, fresh = (bring(owner, as_lines([usage(1, input_tokens=-1)])) for _ in range(2))
    old.imports.update(finished_at=timezone.now() - timedelta(days=15))
    assert imports.forget_old_uploads() == 1
    assert [any(name.endswith("/upload") for name in files_of(each.id, owner)) for each in (old, fresh)] == [
        False,
        True,
    ]


def test_an_account_that_ends_takes_its_imports_and_files_along(owner: User) -> None:
    bring(owner, as_lines(ROWS))
    begun = imports.begin_data_set(owner, "", incoming(as_lines(ROWS)))
    claimed = imports.claim_import(begun.id)
    assert claimed
    stop_imports(owner)
    with transaction.atomic():
        remove_work(owner)
    assert not DataImport.objects.filter(user=owner).exists()
    assert list(usage_storage().root.glob(f"usage/{owner.id}/**/*.parquet")) == []
    with pytest.raises(FileNotFoundError):
        importing.read_upload(claimed)


def test_deleting_takes_every_file_along(owner: User) -> None:
    data_set = bring(owner, as_lines(ROWS))
    imports.forget_data_set(owner, data_set.id)
    assert files_of(data_set.id, owner) == set()
    assert not DataImport.objects.filter(user=owner).exists()
