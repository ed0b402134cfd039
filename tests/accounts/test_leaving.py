"""Taking one's data along and leaving: everything of a person, nothing of anybody else, whatever runs meanwhile."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings
from django.db import connection
from django.test import AsyncClient, Client

from accounts.audit import Action, record
from accounts.keys import issue_key
from accounts.leaving import delete_account
from accounts.models import AuditEntry, Session, User
from agents import execution
from agents.engine.specs import Outcome, RunStatus
from agents.models import DataSet, DataSetVersion, RunMemory, ThreadData, ToolCall
from agents.usage.datasets import usage_storage
from chat.errors import Fenced
from chat.models import Agent, Blob, Event, Message, Run, Thread
from chat.runs import claim_run
from chat.threads import post_message
from tests.accounts.conftest import is_signed_in, sign_in
from tests.chat.writing import RunningWriter, stream_of
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.usefixtures("quick_hash"), pytest.mark.django_db(transaction=True)]
WORDS = "delete my account"
COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
 WHERE table_schema = 'public' AND data_type IN ('uuid', 'text', 'character varying', 'json', 'jsonb', 'inet')
"""


@pytest.fixture(autouse=True)
def own_files(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def furnish(user: User) -> dict[str, Any]:
    """A person with something in every table, each thing marked as theirs."""
    mark = user.email.split("@", 1)[0]
    run = post_message(user, text=f"What does {mark} spend?", client_id=f"{mark}-1").run
    claimed = claim_run(run.id, "worker")
    assert claimed
    post_message(user, text=f"And {mark} again?", client_id=f"{mark}-2", thread_id=run.thread_id)
    blob = Blob.objects.create(user=user, run=run, content=json.dumps({"of": mark}).encode())
    RunMemory.objects.create(run=run, messages=f"memory of {mark}")
    ToolCall.objects.create(run=run, call_key="k", tool="spend", result={"of": mark}, seconds=0.1)
    data_set = DataSet.objects.create(user=user, title=f"Data of {mark}", status=DataSet.Status.READY)
    DataSetVersion.objects.create(
        data_set=data_set, number=1, rows=1, first_day="2026-01-01", last_day="2026-01-02", bytes=3
    )
    ThreadData.objects.create(thread=run.thread, data_set=data_set)
    with usage_storage().new_version(user.id, data_set.id, 1) as folder:
        (folder / "part-0001.parquet").write_bytes(mark.encode())
    key = issue_key(user, name=f"key of {mark}")
    return {"run": run, "blob": blob, "data_set": data_set, "key": key}


def traces(*needles: str) -> set[str]:
    """The tables in which any of these still stands, whatever the column."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column, _ in cursor.fetchall():
            pattern = "|".join(needles)
            query = f'SELECT 1 FROM "{table}" WHERE "{column}"::text ~ %s LIMIT 1'  # noqa: S608  (names from the catalogue)
            cursor.execute(query, [pattern])
            if cursor.fetchone():
                found.add(f"{table}.{column}")
    return found


def browser(user: User) -> Client:
    client = Client(REMOTE_ADDR="203.0.113.5", headers={"user-agent": "Firefox/128.0 (X11; Linux)"})
    sign_in(client, user.email, PASSWORD)
    return client


def leave(client: Client, password: str = PASSWORD, words: str = WORDS) -> Any:
    return client.post("/account/data/delete/", {"password": password, "words": words})


def unzip(answer: Any) -> dict[str, str]:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_export_holds_everything_of_oneself(owner: User, agent: Agent) -> None:
    things = furnish(owner)
    answer = browser(owner).post("/account/data/export/")
    assert answer["Content-Disposition"] == 'attachment; filename="netra-export.zip"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    files = unzip(answer)
    assert json.loads(files["profile.json"])["email"] == owner.email
    assert [key["name"] for key in json.loads(files["keys.json"])] == ["key of owner"]
    assert json.loads(files["sessions.json"])[0]["device"] == "Firefox on Linux"
    assert {row["action"] for row in json.loads(files["activity.json"])} == {
        "signed_in",
        "key_created",
        "data_exported",
    }
    lines = {name: [json.loads(line) for line in text.splitlines()] for name, text in files.items() if "jsonl" in name}
    assert [row["text"] for row in lines["messages.jsonl"]] == ["What does owner spend?", "And owner again?"]
    assert len(lines["threads.jsonl"]) == 1
    assert len(lines["runs.jsonl"]) == 2
    assert [row["seq"] for row in lines["events.jsonl"]] == list(range(1, Event.objects.count() + 1))
    assert lines["run_memories.jsonl"][0]["messages"] == "memory of owner"
    assert lines["tool_calls.jsonl"][0]["result"] == {"of": "owner"}
    assert lines["data_sets.jsonl"][0]["title"] == "Data of owner"
    assert files[f"data_sets/{things['data_set'].id}/v1/part-0001.parquet"] == "owner"
    assert json.loads(files[f"results/{things['blob'].id}.json"]) == {"of": "owner"}


def test_the_export_holds_no_secret_and_nothing_of_others(owner: User, stranger: User, agent: Agent) -> None:
    things, others = furnish(owner), furnish(stranger)
    DataSet.objects.create(demo=True, title="Shared demo")
    client = browser(owner)
    whole = "\n".join(f"{name}\n{text}" for name, text in unzip(client.post("/account/data/export/")).items())
    session = Session.objects.get(user=owner)
    digest = owner.auth_token_set.get().digest
    for secret in (things["key"], digest, User.objects.get(id=owner.id).password, session.session_key):
        assert secret not in whole
    for foreign in ("stranger", str(stranger.id), str(others["run"].id), str(others["data_set"].id), "Shared demo"):
        assert foreign not in whole


def test_what_an_administrator_did_is_named_without_its_name(owner: User, stranger: User) -> None:
    record(Action.CONTENT_READ, user=owner, actor=stranger, ip="198.51.100.9", reason="stranger looked")
    files = unzip(browser(owner).post("/account/data/export/"))
    entry = next(row for row in json.loads(files["activity.json"]) if row["action"] == "content_read")
    assert (entry["by"], entry["ip"], entry["detail"]) == ("an administrator", None, {})
    page = browser(owner).get("/account/").content.decode()
    assert "What you wrote was read (by an administrator)" in page
    assert "198.51.100.9" not in page


def test_many_events_are_all_there(owner: User, agent: Agent) -> None:
    run = furnish(owner)["run"]
    run.refresh_from_db()
    asyncio.run(write_many(run, 4_500))
    files = unzip(browser(owner).post("/account/data/export/"))
    seqs = [json.loads(line)["seq"] for line in files["events.jsonl"].splitlines()]
    assert seqs == list(range(1, Event.objects.filter(user=owner).count() + 1))
    assert len(seqs) > 4_500


async def write_many(run: Run, number: int) -> None:
    async with RunningWriter() as writer:
        stream = stream_of(writer, run)
        for place in range(number):
            await stream.emit("message_delta", {"delta": str(place), "part": 0}, "netra")
        await stream.drain()


def test_an_asynchronous_server_sends_the_export_in_pieces(owner: User) -> None:
    async def export() -> tuple[Any, bytes]:
        client = AsyncClient()
        await client.aforce_login(owner)
        answer: Any = await client.post("/account/data/export/")
        return answer, b"".join([piece async for piece in answer.streaming_content])

    answer, body = async_to_sync(export)()
    assert answer.is_async
    assert len(body) == int(answer["Content-Length"])
    assert "profile.json" in zipfile.ZipFile(io.BytesIO(body)).namelist()


def test_exports_have_a_limit(owner: User) -> None:
    client = browser(owner)
    answers = [client.post("/account/data/export/") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [302]
    for answer in answers:
        answer.close()


@pytest.mark.parametrize(("password", "words"), [("wrong", WORDS), (PASSWORD, "yes"), ("", WORDS), (PASSWORD, "")])
def test_nothing_is_deleted_by_accident(owner: User, agent: Agent, password: str, words: str) -> None:
    furnish(owner)
    client = browser(owner)
    answer = leave(client, password, words)
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert is_signed_in(client)
    assert Run.objects.filter(user=owner, status="queued").exists()


def test_guessing_the_password_of_a_found_browser_has_a_limit(owner: User) -> None:
    client = browser(owner)
    del client.cookies["netra_browser"]
    for _ in range(5):
        leave(client, "wrong")
    assert "Too many sign-in attempts" in leave(client).content.decode()
    assert User.objects.filter(id=owner.id).exists()


def test_deleting_leaves_nothing_in_any_table_and_no_file(owner: User, stranger: User, agent: Agent) -> None:
    things = furnish(owner)
    others = furnish(stranger)
    client, elsewhere = browser(owner), browser(owner)
    folder = usage_storage().root / "usage" / str(owner.id)
    needles = [str(owner.id), "owner", str(things["run"].id), str(things["run"].thread_id), r"203\.0\.113\.5"]
    Session.objects.filter(user=stranger).delete()
    AuditEntry.objects.filter(user=stranger).delete()
    assert folder.is_dir()
    answer = leave(client)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert traces(*needles) == set()
    assert not folder.exists()
    assert [entry.action for entry in AuditEntry.objects.filter(user=None)] == ["account_deleted"]
    assert not is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert Client(headers={"authorization": f"Bearer {things['key']}"}).get("/api/v1/me/").status_code == 401
    assert "are deleted" in client.get("/accounts/login/").content.decode()
    assert Message.objects.filter(thread__user=stranger).count() == 2
    assert (usage_storage().version_folder(stranger.id, others["data_set"].id, 1) / "part-0001.parquet").exists()


def test_what_staff_did_outlives_the_account_without_its_name(owner: User, stranger: User) -> None:
    record(Action.ACCOUNT_CHANGED, user=owner, actor=stranger, ip="198.51.100.9")
    record(Action.ACCOUNT_CHANGED, user=stranger, actor=owner, ip="203.0.113.5")
    delete_account(owner)
    left = AuditEntry.objects.order_by("id").values_list("action", "user", "actor", "ip")
    assert list(left) == [
        ("account_changed", None, stranger.id, "198.51.100.9"),
        ("account_changed", stranger.id, None, None),
        ("account_deleted", None, None, None),
    ]


def test_a_long_conversation_is_no_obstacle(owner: User, agent: Agent) -> None:
    thread = Thread.objects.create(user=owner)
    messages: list[Message] = []
    runs: list[Run] = []
    for number in range(1_500):
        last = messages[-1] if messages else None
        messages.append(Message(thread=thread, parent=last, role="user", text="again"))
        runs.append(Run(user=owner, thread=thread, question=messages[-1], agent=agent, client_id=f"c{number}"))
    Message.objects.bulk_create(messages)
    Run.objects.bulk_create(runs)
    for message, run in zip(messages, runs, strict=True):
        message.run = run
    Message.objects.bulk_update(messages, ["run"], batch_size=500)
    Run.objects.update(status="completed")
    delete_account(owner)
    assert not Message.objects.exists()
    assert not Run.objects.exists()


class Worker:
    """A worker's loop in a thread of its own, executing one run while the test goes on."""

    def __init__(self, run_id: uuid.UUID) -> None:
        self.run_id = run_id
        self.fault: BaseException | None = None
        self.thread = threading.Thread(target=self.work)

    def __enter__(self) -> Worker:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join(20)
        assert not self.thread.is_alive()
        assert self.fault is None, repr(self.fault)

    def work(self) -> None:
        try:
            asyncio.run(self.execute())
        except BaseException as fault:  # noqa: BLE001  (whatever reaches the worker is what this is about)
            self.fault = fault

    async def execute(self) -> None:
        async with RunningWriter() as writer:
            await execution.execute_run(self.run_id, execution.Desk("worker", writer))


def furnished_and_claimed_by_nobody(user: User) -> Run:
    return post_message(user, text="What do we spend?", client_id=uuid.uuid4().hex).run


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Replaces the engine by one that writes for as long as it may."""
    writing = threading.Event()

    async def write_on(claimed: Any, prepared: Any, stream: Any) -> Any:
        while True:
            await stream.emit("message_delta", {"delta": "word ", "part": 0}, "netra")
            await stream.drain()
            writing.set()

    monkeypatch.setattr(execution, "work", write_on)
    return writing


def test_a_worker_that_is_writing_stops_and_writes_nothing_more(
    owner: User, agent: Agent, streaming: threading.Event
) -> None:
    run = furnished_and_claimed_by_nobody(owner)
    with Worker(run.id):
        assert streaming.wait(10)
        delete_account(owner)
    assert traces(str(owner.id), str(run.id), str(run.thread_id)) == set()


def test_a_worker_that_is_about_to_finish_writes_nothing_more(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, deleted = threading.Event(), threading.Event()

    async def answer_late(claimed: Any, prepared: Any, stream: Any) -> Outcome:
        working.set()
        await asyncio.to_thread(deleted.wait, 20)
        return Outcome(RunStatus.COMPLETED, "The answer of owner.", "[]")

    monkeypatch.setattr(execution, "work", answer_late)
    run = furnished_and_claimed_by_nobody(owner)
    with Worker(run.id):
        assert working.wait(10)
        delete_account(owner)
        deleted.set()
    assert traces(str(owner.id), str(run.id), str(run.thread_id)) == set()


def test_other_people_of_the_same_worker_go_on(owner: User, stranger: User, agent: Agent) -> None:
    runs = [furnished_and_claimed_by_nobody(user) for user in (owner, stranger)]
    for run in runs:
        assert claim_run(run.id, "worker")
        run.refresh_from_db()
    begun = threading.Event()
    lost = []

    async def write(writer: Any, run: Run) -> None:
        stream = stream_of(writer, run)
        try:
            for number in range(300):
                await stream.emit("message_delta", {"delta": str(number), "part": 0}, "netra")
                await stream.drain()
                begun.set()
        except Fenced:
            lost.append(run.id)

    async def write_both() -> None:
        async with RunningWriter() as writer:
            await asyncio.gather(*(write(writer, run) for run in runs))

    thread = threading.Thread(target=lambda: asyncio.run(write_both()))
    thread.start()
    assert begun.wait(10)
    delete_account(owner)
    thread.join(30)
    assert lost == [runs[0].id]
    assert Event.objects.filter(run_id=runs[1].id, type="message_delta").count() == 300
    assert not Event.objects.filter(user_id=owner.id).exists()
