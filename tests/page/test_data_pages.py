"""The data pages in a browser: every one light, dark and on a phone, with axe and without a refused script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Request, Route, WebSocketRoute, expect

from accounts.models import User
from agents.imports import begin_data_set
from agents.models import DataImport, DataSet
from agents.serializers import shape_data_set
from agents.usage.datasets import usage_storage
from agents.usage.demo import ensure_demo_dataset
from netra.config import PROJECT_FOLDER
from tests.agents.bringing import as_lines, bring, incoming, usage
from tests.conftest import make_user
from tests.page.look import is_too_wide, picture, violations
from tests.page.server_log import EPOCH
from tests.page.test_account_pages import DESK, PHONE, TELL_VIOLATIONS
from tests.page.test_account_pages import Visit as AccountVisit

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = PROJECT_FOLDER / "test-results" / "data"
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "our-own-model")
REJECTED = [{"time": "yesterday", "model": "gpt-4o", "input_tokens": 1}, {"model": "gpt-4o", "input_tokens": 3}]


class Visit(AccountVisit):
    """A tab whose socket the test plays; everything else is the site's own."""

    def __init__(self, page: Page, url: str, mails: Path) -> None:
        super().__init__(page, url, mails)
        self.sockets: list[WebSocketRoute] = []
        self.accepts = True
        self.sequence = 0
        self.complaints: list[str] = []
        self.under_way: set[Request] = set()
        page.on("request", self._note_begin)
        page.on("requestfinished", self._note_end)
        page.on("requestfailed", self._note_end)
        page.route_web_socket(re.compile("/ws/$"), self._take_socket)

    def open(self, path: str) -> Page:
        super().open(path)
        if path.startswith(("/data/", "/?", "/t/")):
            expect(self.page.locator("html")).to_have_attribute("data-ready", "true")
        return self.page

    def wait_quiet(self) -> None:
        """Returns when nothing is asked of the site any more: a request in the middle would block the next test."""
        for _ in range(200):
            if not self.under_way:
                break
            self.page.wait_for_timeout(25)
        self.page.goto("about:blank")

    def tell(self, data_set: DataSet, kind: str = "import_progressed") -> None:
        """Sends the data set as it is now, as the server would."""
        self.send(type=kind, data={"dataset": shape_data_set(DataSet.objects.get(id=data_set.id))})

    def send(self, **event: Any) -> None:
        """Sends an event, as the server would."""
        self.sequence += 1
        event = {"v": 1, "seq": self.sequence, "thread_id": None, "run_id": None, "terminal": False, **event}
        frame = {"type": "events", "prev": self.sequence - 1, "to": self.sequence, "events": [event]}
        self.sockets[-1].send(json.dumps(frame))

    def look_at(self, name: str, size: dict[str, int]) -> None:
        self.page.set_viewport_size(size)  # type: ignore[arg-type]
        # A chart takes its new width a frame later.
        self.page.wait_for_timeout(150)
        if self.page.locator("dialog[open], .drop-zone").count():
            # What lies on top of the page is as high as the window.
            self.page.screenshot(path=PICTURES / f"{name}.png", caret="initial")
        else:
            picture(self.page, PICTURES / f"{name}.png")
        assert not is_too_wide(self.page), name
        assert violations(self.page) == [], name

    def _note_begin(self, request: Request) -> None:
        self.under_way.add(request)

    def _note_end(self, request: Request) -> None:
        self.under_way.discard(request)

    def _take_socket(self, socket: WebSocketRoute) -> None:
        if not self.accepts:
            socket.close(code=1012)
            return
        self.sockets.append(socket)
        socket.on_message(lambda text: self._answer(socket, json.loads(text)))

    def _answer(self, socket: WebSocketRoute, frame: dict[str, Any]) -> None:
        if frame["command"] == "hello":
            self.sequence = max(self.sequence, frame["cursor"] or 0)
            epoch = frame["epoch"] or EPOCH
            ready = {"type": "ready", "v": 1, "epoch": epoch, "head": self.sequence, "floor": 0}
            socket.send(json.dumps(ready))


@pytest.fixture
def visit(
    page: Page, context: BrowserContext, live_server: Any, settings: LazySettings, tmp_path: Path
) -> Iterator[Visit]:
    complaints: list[str] = []
    context.add_init_script(TELL_VIOLATIONS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"test-{tmp_path}"}}
    settings.DATA_DIR = tmp_path
    settings.ALLOWED_ORIGINS = [live_server.url]
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    visit = Visit(page, live_server.url, tmp_path / "mail")
    visit.complaints = complaints
    yield visit
    visit.wait_quiet()
    assert complaints == []


@pytest.fixture
def person(visit: Visit) -> User:
    """Somebody who is signed in."""
    user = make_user("owner@example.com")
    visit.sign_in(user.email, then="/data/")
    return user


def calls(number: int = 400) -> bytes:
    """Sixty days of calls on four models, one of which nobody has a price for; two lines are of no use."""
    start = datetime(2026, 9, 1, tzinfo=UTC)
    rows = [
        usage(
            place,
            time=(start + timedelta(hours=place * 60 * 24 / number)).isoformat(),
            provider="anthropic" if "claude" in MODELS[place % 4] else "openai",
            model=MODELS[place % 4],
            input_tokens=2_000 + place * 7,
            output_tokens=300 + place % 50,
            feature=("answers", "search", "summaries")[place % 3],
            latency_ms=400 + place % 900,
        )
        for place in range(number)
    ]
    return as_lines([*rows, *REJECTED])


def begin(user: User, title: str, status: str = "queued", **more: Any) -> DataSet:
    """A data set whose import is as far as that."""
    begun = begin_data_set(user, title, incoming(calls(40), f"{title}.jsonl"))
    DataImport.objects.filter(id=begun.id).update(status=status, **more)
    return begun.data_set


def test_somebody_without_data_is_told_what_to_bring_and_where_it_is(visit: Visit, person: User) -> None:
    ensure_demo_dataset()
    page = visit.open("/data/")
    expect(page.get_by_role("heading", name="No data of your own yet")).to_be_visible()
    for source in ("OpenAI", "Anthropic", "LiteLLM", "Langfuse"):
        expect(page.get_by_role("heading", name=source)).to_be_visible()
    row = page.locator("#data-sets li")
    expect(row).to_have_count(1)
    expect(row.locator(".badge.demo")).to_have_text("Demo data")
    visit.look("empty")
    page.get_by_role("link", name="Look at the demo data").click()
    expect(page.locator("h1")).to_contain_text("Demo data")
    expect(page.get_by_role("button", name="Rename")).to_have_count(0)
    expect(page.locator("#data-delete")).to_be_hidden()
    expect(page.locator(".spend-block")).to_have_count(4)
    expect(page.locator(".line-place canvas")).to_be_visible()
    visit.look("demo")


def test_the_list_shows_every_state_live(visit: Visit, person: User) -> None:
    bring(person, calls(), "support.jsonl")
    running = begin(person, "October calls", "running", rows_read=120, bytes_read=2_000)
    begin(person, "From the proxy with a rather long name that goes on", "needs_mapping", error_message="Which column?")
    page = visit.open("/data/")
    expect(page.locator("#data-sets li")).to_have_count(3)
    expect(page.locator("#no-data")).to_be_hidden()
    row = page.locator("#data-sets li", has_text="October calls")
    expect(row.locator(".badge")).to_have_text("Importing")
    expect(page.locator("#data-sets li", has_text="From the proxy").locator(".badge")).to_have_text("Needs your help")
    visit.look("list")
    running.imports.update(status="cancelled", finished_at=datetime.now(UTC))
    running.delete()
    other = bring(person, as_lines([usage(1)]), "november.jsonl")
    visit.tell(other, "import_finished")
    expect(page.locator("#data-sets li", has_text="november.jsonl").locator(".badge")).to_have_text("Ready")


@pytest.mark.long
def test_before_any_script_runs_the_list_and_the_summary_are_there(visit: Visit, person: User, client: Client) -> None:
    data_set = bring(person, calls(), "support.jsonl")
    client.force_login(person)
    listed = client.get("/data/").content.decode()
    assert f'href="/data/{data_set.id}/"' in listed
    assert "400" in listed
    assert "2026-09-01 to 2026-10-30" in listed
    shown = client.get(f"/data/{data_set.id}/").content.decode()
    assert "<h1" in shown
    assert "2026-09-01 to 2026-10-30" in shown
    for html in (listed, shown):
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)


def test_a_stranger_finds_nothing_and_nobody_looks_without_signing_in(
    client: Client, owner: User, stranger: User, settings: LazySettings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    data_set = begin(owner, "Secret")
    for path in ("/data/", f"/data/{data_set.id}/"):
        assert client.get(path).headers["Location"].startswith("/accounts/login/")
    client.force_login(stranger)
    assert client.get(f"/data/{data_set.id}/").status_code == 404
    assert "Secret" not in client.get("/data/").content.decode()


def test_a_data_set_shows_what_came_in_what_it_costs_and_what_is_not_known(visit: Visit, person: User) -> None:
    data_set = bring(person, calls(), "support.jsonl")
    version = data_set.versions.get()
    # A bill over some of the rows, as a provider's export has it.
    compared = {"rows": 120, "billed": "31.5", "priced": "30", "difference": "1.5"}
    version.summary |= {"estimate": True, "billed_cost": {"USD": "31.5"}, "compared": compared}
    version.save()
    page = visit.open(f"/data/{data_set.id}/")
    facts = page.locator("#data-facts")
    for words in ("Rows read402", "Rows kept400", "Rejected2", "2026-09-01 to 2026-10-30", "Cost at list prices"):
        expect(facts).to_contain_text(words)
    expect(facts.locator(".note", has_text="Estimate.")).to_contain_text("stand for many requests")
    expect(facts.locator(".note", has_text="Unpriced.")).to_contain_text("openai/our-own-model")
    expect(facts.locator(".note", has_text="Bill and prices.")).to_contain_text("$1.50 (5 %) more than the $30.00")
    expect(page.locator("#data-title .badge.estimate")).to_have_text("Estimate")
    expect(page.locator("#data-models tbody tr")).to_have_count(4)
    expect(page.locator("#data-models tbody tr", has_text="our-own-model")).to_contain_text("unpriced")
    expect(page.locator("#data-rows tbody tr")).to_have_count(50)
    page.locator("#data-rows").get_by_role("button", name="Show 50 more").click()
    expect(page.locator("#data-rows tbody tr")).to_have_count(100)
    expect(page.locator("#data-rejects tbody tr")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them as JSON lines").click()
    assert len(Path(download.value.path()).read_text().splitlines()) == 2
    visit.look("detail")


@pytest.mark.long
def test_each_chart_has_its_figures_as_a_table(visit: Visit, person: User) -> None:
    data_set = bring(person, calls(), "support.jsonl")
    page = visit.open(f"/data/{data_set.id}/")
    blocks = page.locator(".spend-block")
    expect(blocks.locator("h2")).to_have_text(["Spend by day", "Spend by model", "Spend by team", "Spend by feature"])
    plot = blocks.first.locator(".line-place")
    expect(plot.locator("canvas")).to_be_visible()
    plot.hover(position={"x": 300, "y": 90})
    expect(blocks.first.locator(".chart-readout")).to_contain_text(re.compile(r"2026-\d\d-\d\d: Cost \$"))
    for block in blocks.all():
        block.get_by_text("Show as a table").click()
        expect(block.locator("table")).to_be_visible()
    shown = blocks.nth(1).locator("tbody tr", has_text="gpt-4o-mini").locator("td").nth(1).inner_text()
    models = data_set.versions.get().summary["models"]
    cost = next(model["cost"] for model in models if model["name"] == "openai/gpt-4o-mini")
    assert Decimal(shown.removeprefix("$").replace(",", "")) == pytest.approx(Decimal(cost), abs=Decimal("0.005"))


@pytest.mark.long
def test_a_name_is_changed_in_place(visit: Visit, person: User) -> None:
    data_set = bring(person, as_lines([usage(1)]), "usage.jsonl")
    page = visit.open(f"/data/{data_set.id}/")
    page.get_by_role("button", name="Rename").click()
    field = page.get_by_label("Name of this data")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    page.keyboard.press("Enter")
    field.fill("Support, autumn")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Support, autumn")
    expect(page).to_have_title("Support, autumn · Data · Netra")
    data_set.refresh_from_db()
    assert data_set.title == "Support, autumn"


@pytest.mark.long
def test_news_of_the_data_leave_the_focus_where_it_is(visit: Visit, person: User) -> None:
    data_set = bring(person, as_lines([usage(1)]), "usage.jsonl")
    page = visit.open("/data/")
    held: list[Route] = []
    page.route(f"**/api/v1/datasets/{data_set.id}/", lambda route: held.append(route))  # noqa: PLW0108  (needs a signature)
    page = visit.open(f"/data/{data_set.id}/")
    rename = page.get_by_role("button", name="Rename")
    rename.focus()
    DataSet.objects.filter(id=data_set.id).update(title="Support, autumn")
    held[0].continue_()
    expect(page.locator("h1")).to_have_text("Support, autumn")
    expect(rename).to_be_focused()


@pytest.mark.long
def test_the_end_of_a_run_is_told_where_it_is_acknowledged(visit: Visit, person: User) -> None:
    data_set = bring(person, as_lines([usage(1)]), "usage.jsonl")
    page = visit.open(f"/data/{data_set.id}/")
    visit.send(type="agent_completed", thread_id="t1", run_id="r1", data={"parent": "netra", "title": "Triage"})
    visit.send(type="agent_completed", thread_id="t1", run_id="r1", terminal=True, data={})
    told = page.locator(".toast")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("An answer is ready.")
    expect(told.get_by_role("link", name="Open the chat")).to_have_attribute("href", "/t/t1/")
    visit.send(type="agent_failed", thread_id="t2", run_id="r2", terminal=True, data={"message": "Retry in a moment."})
    expect(told).to_have_count(2)
    expect(told.last).to_contain_text("A run failed. Retry in a moment.")


def test_deleting_asks_first_and_takes_the_files(visit: Visit, person: User) -> None:
    data_set = bring(person, calls(40), "usage.jsonl")
    folder = usage_storage().data_set_folder(person.id, data_set.id)
    assert folder.exists()
    page = visit.open(f"/data/{data_set.id}/")
    page.get_by_role("button", name="Delete this data").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("cannot be brought back")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    visit.look("delete")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Delete this data")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Delete it for good").click()
    expect(page).to_have_url(f"{visit.url}/data/")
    expect(page.locator("#data-sets li")).to_have_count(0)
    assert not folder.exists()


@pytest.mark.long
def test_progress_comes_by_polling_while_the_socket_is_down(visit: Visit, person: User) -> None:
    data_set = begin(person, "October", "running", rows_read=10, bytes_read=1_000)
    visit.accepts = False
    page = visit.open(f"/data/{data_set.id}/")
    panel = page.locator("#data-import")
    expect(panel).to_contain_text("10 rows")
    visit.look("importing")
    DataImport.objects.filter(data_set=data_set).update(rows_read=1_000, bytes_read=3_000)
    expect(panel).to_contain_text("1,000 rows")
    panel.get_by_role("button", name="Cancel the import").click()
    expect(panel).to_contain_text("Cancelling…")
    DataImport.objects.filter(data_set=data_set).update(status="cancelled", finished_at=datetime.now(UTC))
    expect(panel).to_contain_text("Nothing of it was kept")


@pytest.mark.long
def test_an_import_that_failed_says_why_and_what_can_be_done(visit: Visit, person: User) -> None:
    data_set = begin(
        person, "Broken", "failed", error_code="upload_unreadable", error_message="usage.jsonl is no text file.",
        finished_at=datetime.now(UTC),
    )  # fmt: skip
    page = visit.open(f"/data/{data_set.id}/")
    panel = page.locator("#data-import")
    expect(panel).to_contain_text("usage.jsonl is no text file.")
    visit.look("failed")
    panel.get_by_role("button", name="Try again").click()
    expect(panel).to_contain_text("Waiting for its turn")


def test_asking_about_data_opens_a_new_chat_with_it(visit: Visit, person: User) -> None:
    data_set = bring(person, as_lines([usage(1)]), "usage.jsonl")
    page = visit.open(f"/data/{data_set.id}/")
    page.get_by_role("link", name="Ask about this data").click()
    expect(page).to_have_url(f"{visit.url}/")
    expect(page.locator("#dataset")).to_contain_text("usage.jsonl")
    page.locator("#sidebar").get_by_role("link", name="Data", exact=True).click()
    expect(page).to_have_url(f"{visit.url}/data/")


@pytest.mark.long
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_chat_page_offers_to_bring_data(visit: Visit, person: User, size: dict[str, int]) -> None:
    visit.page.set_viewport_size(size)  # type: ignore[arg-type]
    page = visit.open("/?")
    page.get_by_role("button", name="Bring your data").click()
    expect(page.get_by_role("dialog")).to_contain_text("Drop a file here")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Bring your data")).to_be_focused()
    assert not is_too_wide(page)
    assert violations(page) == []
