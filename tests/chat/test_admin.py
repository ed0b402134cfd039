"""The staff pages of threads and runs: what is found, what is linked, what it costs to look."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client

from accounts.models import ApiKey, AuditEntry, User
from agents.models import DataSet
from chat.models import Agent, Heartbeat, Run, Thread
from chat.runs import retry_run
from chat.threads import post_message
from tests.chat.telling import told_run
from tests.staff import LISTS, VIEW, count_queries, make_staff, make_superuser, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = "/admin/chat/run/"
THREADS = "/admin/chat/thread/"


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(make_superuser())


@pytest.fixture
def runs(owner: User, agent: Agent) -> list[Run]:
    return [post_message(owner, text=f"question {number}", client_id=f"c{number}").run for number in range(3)]


def listed(client: Client, path: str) -> str:
    """The rows of a list."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    found = re.search(r'<table id="result_list">.*?</table>', answer.content.decode(), re.DOTALL)
    return found[0] if found else ""


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_fifty_needs_no_more_queries_than_one_of_three(
    admin: Client, runs: list[Run], owner: User, path: str
) -> None:
    few = count_queries(admin, f"/admin/{path}/")
    people = User.objects.bulk_create(User(email=f"person{number}@example.com") for number in range(50))
    for person in people:
        post_message(person, text="question", client_id="p")
        AuditEntry.objects.create(action="signed_in", user=person, actor=owner)
        ApiKey.objects.create(user=person)
        DataSet.objects.create(user=person, title="data")
    assert count_queries(admin, f"/admin/{path}/") == few
    assert few <= 14


def test_the_overview_needs_few_queries_and_says_what_waits(admin: Client, runs: list[Run]) -> None:
    Heartbeat.objects.create(name="worker-1", kind="worker", started_at=runs[0].created_at, seen_at=runs[0].created_at)
    assert count_queries(admin, "/admin/") <= 10
    page = admin.get("/admin/").content.decode()
    assert re.search(r"Queued</span> <strong>3</strong>", page)
    assert "worker-1" in page


def test_every_link_of_the_overview_opens(admin: Client, runs: list[Run]) -> None:
    page = admin.get("/admin/").content.decode()
    for link in re.findall(r'class="figure[^"]*" href="([^"]+)"', page):
        assert admin.get(link.replace("&amp;", "&")).status_code == 200, link


def test_the_overview_shows_only_what_the_viewer_may_see(owner: User, agent: Agent) -> None:
    page = signed_in(make_staff("clerk@example.com", "accounts.view_user")).get("/admin/").content.decode()
    assert "People" in page
    assert "Queued" not in page


@pytest.mark.parametrize("path", LISTS)
def test_strangers_see_no_list(owner: User, path: str) -> None:
    assert Client().get(f"/admin/{path}/").status_code == 302
    assert signed_in(owner).get(f"/admin/{path}/").status_code == 302
    assert signed_in(make_staff("idle@example.com")).get(f"/admin/{path}/").status_code == 403
    assert signed_in(make_staff("viewer@example.com", *VIEW)).get(f"/admin/{path}/").status_code == 200


def test_strangers_see_no_run(owner: User, runs: list[Run]) -> None:
    path = f"{RUNS}{runs[0].id}/change/"
    assert Client().get(path).status_code == 302
    assert signed_in(owner).get(path).status_code == 302
    assert signed_in(make_staff("idle@example.com")).get(path).status_code == 403
    assert signed_in(make_staff("viewer@example.com", *VIEW)).get(path).status_code == 200


def test_a_pasted_id_finds_exactly_its_row(admin: Client, runs: list[Run]) -> None:
    for pasted in (str(runs[1].id), runs[1].id.hex, f"  {runs[1].id} ", str(runs[1].thread_id)):
        rows = listed(admin, f"{RUNS}?q={pasted}")
        assert rows.count(f"/admin/chat/run/{runs[1].id}/") == 1, pasted
        assert str(runs[0].id) not in rows
    for pasted in (str(runs[1].thread_id), str(runs[1].id)):
        rows = listed(admin, f"{THREADS}?q={pasted}")
        assert str(runs[1].thread_id) in rows
        assert str(runs[0].thread_id) not in rows


def test_a_request_id_and_an_address_find_their_runs(admin: Client, runs: list[Run], stranger: User) -> None:
    request_id = uuid.uuid4().hex
    other = post_message(stranger, text="x", client_id="s", request_id=request_id).run
    for term in (request_id, "stranger", "STRANGER@example.com"):
        rows = listed(admin, f"{RUNS}?q={term}")
        assert str(other.id) in rows
        assert str(runs[0].id) not in rows


NONSENSE = (
    "q=no such thing", "q=%00", "q='; DROP TABLE chat_run; --", "q=%F0%9F%92%A5", "q=00000000-0000-0000-0000",
    f"q={'x' * 3000}", f"q={uuid.UUID(int=1)}", "person=nobody", "p=99999", "p=-1", "p=x", "o=99.-1.x", "all=",
    "status__exact=nonsense", "status__exact=%00", "created_at__gte=nonsense", "person=%00", "thread=nonsense", "e=1",
    "_facets=True", "e=1&p=99999",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_nonsense_is_answered_and_never_a_fault(admin: Client, path: str) -> None:
    for query in NONSENSE:
        answer = admin.get(f"/admin/{path}/?{query}", follow=True)
        assert answer.status_code in (200, 400), query


def test_a_search_that_finds_nothing_says_so(admin: Client, runs: list[Run]) -> None:
    page = admin.get(f"{RUNS}?q=nothing like it").content.decode()
    assert "Nothing was found for “nothing like it”." in page
    assert "Nothing matches these filters." in admin.get(f"{RUNS}?status__exact=failed").content.decode()


@pytest.mark.parametrize("path", [RUNS, THREADS, "/admin/accounts/user/"])
def test_no_other_column_can_be_asked_through_the_address(admin: Client, path: str) -> None:
    for asked in (
        "question__text__startswith", "thread__title__startswith", "title__startswith", "user__password__gt",
        "agent__runs__question__text__contains", "user__email__startswith", "password__startswith",
    ):  # fmt: skip
        assert admin.get(f"{path}?{asked}=a").status_code == 400, asked


def test_filters_keep_what_they_name(admin: Client, runs: list[Run], stranger: User) -> None:
    other = post_message(stranger, text="x", client_id="s").run
    Run.objects.filter(id=other.id).update(status="failed", error_code="worker_lost")
    for query in ("status__exact=failed", "person=stranger", f"person={stranger.id}", f"thread={other.thread_id}"):
        rows = listed(admin, f"{RUNS}?{query}")
        assert str(other.id) in rows, query
        assert str(runs[0].id) not in rows, query
    for query in ("agent__name__exact=netra", "mode__exact=performance", "created_at__gte=2020-01-01 00:00:00%2B00:00"):
        assert str(other.id) in listed(admin, f"{RUNS}?{query}"), query
    assert "worker_lost" in listed(admin, f"{RUNS}?status__exact=failed")


def test_people_threads_and_runs_link_to_each_other(admin: Client, owner: User, agent: Agent) -> None:
    run = told_run(owner)
    retried = retry_run(owner, run.id, "again")
    page = admin.get(f"{RUNS}{retried.id}/change/").content.decode()
    for target in (f"/run/{run.id}/", f"/thread/{run.thread_id}/", f"/user/{owner.id}/"):
        assert target in page, target
    assert f"/run/{retried.id}/" in admin.get(f"{RUNS}{run.id}/change/").content.decode()
    assert f"/run/{run.id}/" in admin.get(f"{THREADS}{run.thread_id}/change/").content.decode()
    person = admin.get(f"/admin/accounts/user/{owner.id}/change/").content.decode()
    assert f'/admin/chat/thread/?person={owner.id}">Threads: 1' in person
    assert f'/admin/chat/run/?person={owner.id}">Runs: 2' in person


def test_a_list_of_runs_says_what_is_wrong(admin: Client, owner: User, agent: Agent) -> None:
    told_run(owner)
    rows = listed(admin, RUNS)
    assert '<span class="badge good">completed</span>' in rows
    assert "1,580" in rows
    assert "unpriced" in rows


@pytest.mark.parametrize("place", ["run", "thread"])
def test_history_cannot_be_edited(admin: Client, runs: list[Run], place: str) -> None:
    key = runs[0].id if place == "run" else runs[0].thread_id
    before = Run.objects.get(id=runs[0].id), Thread.objects.get(id=runs[0].thread_id)
    assert admin.get(f"/admin/chat/{place}/add/").status_code == 403
    assert admin.post(f"/admin/chat/{place}/add/", {"status": "failed"}).status_code == 403
    assert admin.post(f"/admin/chat/{place}/{key}/change/", {"status": "failed", "title": "x"}).status_code == 403
    assert admin.post(f"/admin/chat/{place}/{key}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(key)], "post": "yes"}
    admin.post(f"/admin/chat/{place}/", chosen)
    after = Run.objects.get(id=runs[0].id), Thread.objects.get(id=runs[0].thread_id)
    assert [vars(row) | {"_state": 0} for row in after] == [vars(row) | {"_state": 0} for row in before]


@pytest.mark.parametrize("model", ["message", "event", "blob", "userstream", "heartbeat"])
def test_tables_without_a_page_have_none(admin: Client, model: str) -> None:
    assert admin.get(f"/admin/chat/{model}/").status_code == 404
    assert admin.post(f"/admin/chat/{model}/add/", {}).status_code == 404


def test_an_unknown_or_malformed_id_leads_back(admin: Client) -> None:
    for key in (uuid.uuid4(), "nonsense"):
        assert admin.get(f"{RUNS}{key}/change/").status_code == 302
        assert admin.get(f"{THREADS}{key}/change/").status_code == 302


def test_a_long_list_is_counted_to_a_limit(admin: Client, runs: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.staff.lists.MOST_COUNTED", 2)
    assert "The newest 2 of more runs" in admin.get(RUNS).content.decode()
