"""Bringing data in a real browser, on everything `make run` starts: from the file to the answer, and away again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, expect

from netra.config import PROJECT_FOLDER
from tests.page.look import is_too_wide, violations
from tests.stack.clients import DEMO_ACCOUNT
from tests.stack.people import database_of, new_person
from tests.stack.visit import Visit as ChatVisit
from tests.stack.visit import as_number, read_table
from tests.stack_process import Stack

PICTURES = PROJECT_FOLDER / "test-results" / "import"
START = datetime(2026, 9, 1)
TEAMS = ("support", "search", "finance")
MODELS = ("gpt-4o", "gpt-4o-mini")
LARGE_ROWS = 400_000
IMPORT_MILLISECONDS = 60_000
DROP = """([name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name));
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""
PASTE = """(node, text) => {
  const transfer = new DataTransfer();
  transfer.setData("text/plain", text);
  node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}"""


class Visit(ChatVisit):
    """One tab of a person of their own."""

    def __init__(self, context: BrowserContext, stack: Stack, email: str) -> None:
        super().__init__(context, stack.url)
        self.stack = stack
        self.email = email

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/accounts/login/?next=/data/")
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password").fill(DEMO_ACCOUNT["password"])
        self.page.get_by_role("button", name="Sign in").click()
        self.wait_live()

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def choose(self, payload: FilePayload | Path, opener: str = "Bring your data") -> Locator:
        """Opens the dialog and gives it a file."""
        self.page.get_by_role("button", name=opener).click()
        self.page.locator("dialog input[type=file]").set_input_files(payload)
        return self.dialog

    def press(self, name: str) -> None:
        self.dialog.get_by_role("button", name=name, exact=True).click()

    def wait_imported(self, words: str) -> None:
        """The dialog's last step."""
        expect(self.dialog.locator(".result")).to_have_text(words, timeout=IMPORT_MILLISECONDS)

    def bring(self, payload: FilePayload, words: str) -> None:
        """A whole import with nothing to correct, up to its last step."""
        self.choose(payload)
        self.press("Import")
        self.wait_imported(words)

    def look(self, name: str) -> None:
        """A picture for people; axe and the width for everybody."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(150)
        self.page.screenshot(path=PICTURES / f"{name}.png", caret="initial")
        assert not is_too_wide(self.page), name
        assert violations(self.page) == [], name


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with database_of(stack) as connection:
        yield connection


@pytest.fixture
def visit(context: BrowserContext, stack: Stack, database: psycopg.Connection[tuple[object, ...]]) -> Iterator[Visit]:
    """Somebody new on the page of their data; nothing on it may complain."""
    visit = Visit(context, stack, new_person(database)[0])
    visit.page.set_viewport_size({"width": 1280, "height": 860})
    visit.sign_in()
    yield visit
    assert visit.complaints == []


def call(number: int) -> dict[str, object]:
    return {
        "request_id": f"req-{number}",
        "time": (START + timedelta(minutes=number)).isoformat() + "Z",
        "provider": "openai",
        "model": MODELS[number % 2],
        "input_tokens": 1_000 + number,
        "output_tokens": 100,
        "latency_ms": 500,
        "team": TEAMS[number % 3],
    }


def as_file(numbers: range, name: str = "calls.jsonl") -> FilePayload:
    """These calls as a log."""
    lines = b"".join(orjson.dumps(call(number), option=orjson.OPT_APPEND_NEWLINE) for number in numbers)
    return {"name": name, "mimeType": "application/jsonl", "buffer": lines}


def as_table(numbers: range) -> str:
    """These calls as a table whose columns nobody could guess."""
    rows = [f"{row['time']};{row['model']};{row['input_tokens']};7;{row['team']}" for row in map(call, numbers)]
    return "\n".join(["started;engine;prompt_size;t_out;cost_centre", *rows])


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large enough to be watched while it is read."""
    path = tmp_path_factory.mktemp("large") / "large calls.jsonl"
    with path.open("wb") as file:
        for number in range(LARGE_ROWS):
            file.write(orjson.dumps(call(number), option=orjson.OPT_APPEND_NEWLINE))
    return path


def test_a_file_is_followed_from_the_upload_to_its_figures(visit: Visit, large_file: Path) -> None:
    visit.look("empty")
    visit.choose(large_file)
    expect(visit.dialog.locator(".looks")).to_contain_text("Looks like")
    expect(visit.dialog.locator(".sample tbody tr")).to_have_count(8)
    visit.look("check")
    visit.press("Import")
    expect(visit.dialog.get_by_role("heading")).to_have_text("Importing large calls", timeout=IMPORT_MILLISECONDS)
    expect(visit.dialog.locator(".progress-words")).to_have_text(
        re.compile(r"Reading: [\d.]+ MB of [\d.]+ MB \(\d+ %\), [\d,]+ rows"), timeout=IMPORT_MILLISECONDS
    )
    visit.look("progress")
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#data-sets li", has_text="large calls").locator("progress")).to_be_visible()
    visit.look("list-importing")
    toast = visit.page.locator(".toast")
    expect(toast).to_contain_text(f"large calls is imported: {LARGE_ROWS:,} rows kept.", timeout=IMPORT_MILLISECONDS)
    shares = [event["data"]["dataset"]["import"] for event in visit.events if event["type"] == "import_progressed"]
    assert any(0 < share["bytes_read"] < share["file_bytes"] for share in shares)
    visit.page.locator("#data-sets").get_by_role("link", name="large calls").click()
    expect(visit.page.locator("#data-facts")).to_contain_text(f"{LARGE_ROWS:,}")
    expect(visit.page.locator(".line-place canvas")).to_be_visible()


@pytest.mark.long
def test_a_cancelled_import_keeps_nothing(visit: Visit, large_file: Path) -> None:
    visit.choose(large_file)
    visit.press("Import")
    expect(visit.dialog.get_by_role("heading")).to_have_text("Importing large calls", timeout=IMPORT_MILLISECONDS)
    visit.press("Cancel the import")
    expect(visit.dialog.get_by_role("heading")).to_have_text("Import cancelled", timeout=IMPORT_MILLISECONDS)
    visit.page.keyboard.press("Escape")
    row = visit.page.locator("#data-sets li", has_text="large calls")
    expect(row.locator(".badge")).to_have_text("Cancelled")
    expect(row.locator(".data-cell.number").first).not_to_contain_text(re.compile(r"\d"))


def test_a_mapping_is_corrected_in_view_of_the_rows(visit: Visit) -> None:
    table = as_table(range(60)).encode()
    visit.choose({"name": "export.csv", "mimeType": "text/csv", "buffer": table})
    mapping = visit.dialog.get_by_role("group", name="Which column is what")
    expect(mapping).to_be_visible()
    for field, column in {
        "time": "started", "model": "engine", "input_tokens": "prompt_size", "output_tokens": "t_out",
    }.items():  # fmt: skip
        mapping.locator(f"#map-{field}").select_option(column)
    mapping.locator("summary").click()
    mapping.locator("#map-team").select_option("cost_centre")
    mapping.locator("#map-provider").select_option(label="Always the same value…")
    mapping.get_by_label("Value of Provider for every row").fill("openai")
    sample = visit.dialog.locator(".sample tbody tr").first
    expect(sample).to_contain_text("support")
    expect(sample).to_contain_text("openai")
    visit.look("mapping")
    visit.press("Import")
    visit.wait_imported("60 rows kept.")
    visit.dialog.get_by_role("link", name="Look at the data").click()
    expect(visit.page.locator("#data-models tbody")).to_contain_text("openai/gpt-4o-mini")
    expect(visit.page.locator(".spend-block h2")).to_contain_text(["Spend by team"])
    visit.look("mapped")


def test_what_cannot_be_used_is_listed_with_its_reason(visit: Visit) -> None:
    good = as_file(range(30))
    bad = b'{"time": "yesterday", "model": "gpt-4o", "input_tokens": 1, "output_tokens": 1}\nnot JSON at all\n'
    visit.bring(good | {"buffer": good["buffer"] + bad}, "30 rows kept, 2 rejected.")
    visit.dialog.get_by_role("link", name="See the rejected rows and why").click()
    rejects = visit.page.locator("#data-rejects")
    expect(rejects.locator("tbody tr")).to_have_count(2)
    expect(rejects).to_contain_text("not JSON at all")
    with visit.page.expect_download() as download:
        rejects.get_by_role("link", name="Download them as JSON lines").click()
    lines = Path(download.value.path()).read_bytes().splitlines()
    assert [orjson.loads(line)["line"] for line in lines] == [31, 32]
    visit.look("rejects")


def test_a_file_nobody_understands_is_mapped_after_the_upload(visit: Visit) -> None:
    lines = ["alpha;beta;gamma;delta"]
    lines += [f"{call(number)['time']};gpt-4o;{number + 10};3" for number in range(40)]
    content = "\n".join(lines).encode()
    page = visit.page
    # As a script would send it: nobody looks at it before.
    sent = """async (text) => {
      const form = new FormData();
      form.append("title", "Letters");
      form.append("file", new Blob([text]), "letters.csv");
      const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
      await fetch("/api/v1/datasets/", { method: "POST", body: form, headers: { "X-CSRFToken": token } });
    }"""
    page.evaluate(sent, content.decode())
    row = page.locator("#data-sets li", has_text="Letters")
    expect(row.locator(".badge")).to_have_text("Needs your help", timeout=IMPORT_MILLISECONDS)
    row.get_by_role("link").click()
    page.locator("#data-import").get_by_role("button", name="Say how to read it").click()
    for field, column in {"time": "alpha", "model": "beta", "input_tokens": "gamma", "output_tokens": "delta"}.items():
        # By keyboard, which chooses in a list and writes where the server could not say what there is.
        visit.dialog.locator(f"#map-{field}").press_sequentially(column)
    visit.look("mapping-afterwards")
    visit.press("Read it this way")
    visit.wait_imported("40 rows kept.")
    expect(page.locator("#data-facts")).to_contain_text("40")


def test_a_dropped_file_adds_rows_and_those_that_are_there_are_not_doubled(visit: Visit) -> None:
    visit.bring(as_file(range(100)), "100 rows kept.")
    visit.dialog.get_by_role("link", name="Look at the data").click()
    visit.wait_live()
    visit.page.evaluate(DROP, ["more.jsonl", as_file(range(50, 150))["buffer"].decode()])
    expect(visit.dialog.get_by_role("heading")).to_have_text("Add rows to calls")
    visit.press("Add the rows")
    visit.wait_imported("50 rows kept, 50 already there.")
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#data-facts .cards")).to_contain_text("Rows150")


def test_a_table_pasted_into_a_chat_is_asked_about_there(visit: Visit) -> None:
    visit.open("/")
    box = visit.page.get_by_role("textbox", name="Your question")
    box.evaluate(PASTE, as_file(range(90))["buffer"].decode())
    visit.look("paste-offer")
    visit.page.get_by_role("button", name="Import this as data").click()
    visit.press("Import")
    visit.wait_imported("90 rows kept.")
    visit.press("Ask about this data")
    expect(visit.page.locator("#dataset")).to_contain_text("pasted data")
    visit.ask("Where does the money go, by team?")
    table = read_table(visit.wait_answer(), "Spend by team")
    assert set(table) == set(TEAMS)
    assert sum(as_number(row["Requests"]) for row in table.values()) == 90


@pytest.mark.long
def test_data_is_asked_about_and_deleted_with_its_files(visit: Visit, stack: Stack) -> None:
    visit.bring(as_file(range(30)), "30 rows kept.")
    visit.dialog.get_by_role("link", name="Look at the data").click()
    expect(visit.page.locator("h1")).to_have_text("calls")
    data_set_id = visit.page.url.rstrip("/").rsplit("/", 1)[1]
    assert find_files(stack, data_set_id)
    visit.page.get_by_role("link", name="Ask about this data").click()
    visit.wait_live()
    visit.ask("What did we spend, by model?")
    assert set(read_table(visit.wait_answer(), "Spend by model")) == set(MODELS)
    visit.open(f"/data/{data_set_id}/")
    visit.page.get_by_role("button", name="Delete this data").click()
    visit.look("delete")
    visit.press("Delete it for good")
    expect(visit.page).to_have_url(f"{visit.url}/data/")
    expect(visit.page.get_by_role("heading", name="No data of your own yet")).to_be_visible()
    assert find_files(stack, data_set_id) == []


def find_files(stack: Stack, data_set_id: str) -> list[Path]:
    """Every file below a data set's folder."""
    return [path for path in stack.data_dir.rglob(f"*{data_set_id}*/**/*") if path.is_file()]


@pytest.mark.long
def test_the_pages_look_as_they_should(
    browser: Browser, stack: Stack, database: psycopg.Connection[tuple[object, ...]]
) -> None:
    """Light, dark and phone; the pictures are for people."""
    email = new_person(database)[0]
    for name, scheme, width in (("light", "light", 1280), ("dark", "dark", 1280), ("phone", "light", 390)):
        context = browser.new_context(viewport={"width": width, "height": 860})
        visit = Visit(context, stack, email)
        visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        visit.sign_in()
        visit.look(f"data-{name}")
        visit.page.locator("#data-sets").get_by_role("link", name="Demo data").click()
        expect(visit.page.locator(".line-place canvas")).to_be_visible()
        visit.look(f"demo-{name}")
        assert visit.complaints == []
        context.close()
